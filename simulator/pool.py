"""The pool of templates of a simulated day: its shape, and the file that keeps it where Scapy is not.

Scapy (GPL-2.0-only) is in no package that serves (ADR 2): `make deb` builds the pool once and ships it
as a file, so that an installed `jauge selftest` sends the same packets. Read without Scapy, and without
anything that could be executed.

Destinations are documentation and benchmark ranges (RFC 5737, RFC 2544, RFC 3849).
"""

import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

KEPT: Final = Path(__file__).parent / "pool.npz"
"""Made by `python -m simulator pool`; not in the repository."""
VERSIONS: Final = (4, 6)
MSS: Final = 1448
"""Payload of a full segment on Ethernet with time stamps."""
SNAP_BYTES: Final = 96
"""Octets kept of a data packet: every header and the start of the payload."""
QUIC_VARIANTS: Final = 6
"""Initials with different connection ids per name."""
RESOLVER4: Final = ipaddress.IPv4Address("192.0.2.53")
RESOLVER6: Final = ipaddress.IPv6Address("2001:db8:53::53")


def server4(host: int) -> int:
    """Return the IPv4 address that stands for a host (198.18.0.0/15, RFC 2544)."""
    return int(ipaddress.IPv4Address("198.18.1.1")) + host


def server6(host: int) -> ipaddress.IPv6Address:
    """Return the IPv6 address that stands for a host (2001:db8::/32)."""
    return ipaddress.IPv6Address("2001:db8:1::1") + host


@dataclass(frozen=True, slots=True)
class Pool:
    """All templates end to end, and where each begins."""

    octets: NDArray[np.uint8]
    offset: NDArray[np.int64]
    length: NDArray[np.int64]
    ipv6: NDArray[np.bool_]
    udp: NDArray[np.bool_]
    number: dict[tuple[object, ...], int]
    """(kind, …, IP version) → template number."""

    def find(self, *key: object) -> int:
        """Return a template's number.

        Raises:
            KeyError: no such template.
        """
        return self.number[key]


def keep(pool: Pool, path: Path = KEPT) -> None:
    """Write a pool.

    Raises:
        OSError: the file cannot be written.
    """
    names = json.dumps([[list(key), number] for key, number in pool.number.items()])
    parts = {name: getattr(pool, name) for name in ("octets", "offset", "length", "ipv6", "udp")}
    np.savez_compressed(path, names=np.frombuffer(names.encode(), np.uint8), **parts)


def kept(path: Path = KEPT) -> Pool | None:
    """Return the pool that was kept; None where there is none."""
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as parts:
        names = json.loads(parts["names"].tobytes())
        return Pool(
            *(parts[name] for name in ("octets", "offset", "length", "ipv6", "udp")),
            number={tuple(key): number for key, number in names},
        )
