"""The device pseudonym: what stands in the flow slice where a MAC address stood on the wire.

Pure. Who holds the key, for how long and where it dies is the collector's business; this function
neither keeps nor derives anything.
"""

import hashlib
from typing import Final

KEY_BYTES: Final = 32
MAC_BYTES: Final = 6
_PERSON: Final = b"dev/v1"
"""Domain separation (RFC 7693 section 2.8): the same key used elsewhere gives other values."""


def device_pseudonym(key: bytes | memoryview, mac: bytes) -> int:
    """Return the pseudonym of a device for the life of a key.

    Keyed because a plain hash of a vendor's whole MAC range takes seconds (privacy.md section 4.1).

    Args:
        key: 32 random bytes, one per local day, never stored with the data.
        mac: the 6 octets of the hardware address; or the 4 or 16 octets of the address where many
            addresses sit behind one MAC.

    Returns:
        A signed 64-bit number, as the `device` column stores it.

    Raises:
        ValueError: the key is not 32 bytes long, or the address has no known length.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"the day's key has {KEY_BYTES} bytes")
    if len(mac) not in (MAC_BYTES, 4, 16):
        raise ValueError("a MAC address has 6 octets, an IP address 4 or 16")
    digest = hashlib.blake2b(mac, digest_size=8, key=key, person=_PERSON).digest()
    return int.from_bytes(digest, "big", signed=True)
