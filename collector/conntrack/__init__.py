"""Linux conntrack on a NAT gateway: the kernel's own table of connections in, flow slices out.

House rules of this folder:
- Only `kernel.py` does I/O. Everything else is given bytes and the time, and is bounded.
- One entry of the kernel is one flow: it holds the inside addresses (original direction) and the outside
  ones (reply direction) together, so a connection cannot be counted once on each side of the NAT.
- Counters are the kernel's (nf_conntrack_acct) and only ever read, never set to zero: other readers
  of the table are not disturbed. What a slice gets is the difference to the reading before.
- Addresses live in memory until their slices are written (a minute); rows carry pseudonyms.

From kernel to store: `netlink` (messages, attributes) → `entry` (one connection) → `table` (differences,
minutes) → `gateway` (zone, device, rows: what exports use) → the store.
"""
