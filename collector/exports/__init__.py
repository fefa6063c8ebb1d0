"""Flow exports in, flow slices out: NetFlow v5 and v9, IPFIX and sFlow v5 over UDP.

House rules of this folder:
- Only `receiver.py` does I/O. Everything else is given bytes and the time, and is bounded.
- A parser has three outcomes: a value, `NeedTemplate` (may succeed once a template comes) or
  `Rejected` with a reason. No exception leaves a parser, whatever the bytes are.
- UDP has no sender: the address is looked up in the allow-list before any state is touched.
- Strangers fill nothing without a bound; each bound is a constant with its reason. At a bound the
  new is refused and the old, which is in use, stays.
- Addresses live in memory until their flow is written (a minute or two); rows carry pseudonyms.
- Octets are never lost because a time makes no sense: they are placed at their arrival, and the
  file's footer says that `minute` was not known.

From wire to store: `datagram` (what the bytes say) → `exporter` (templates, sampling, sequence)
→ `joining` (two directions become one flow) → `places` (zone, device) → `tables` (Arrow).
"""
