"""Packets of one simulated day: the flows of `simulator.day` as a capture file. Does I/O.

Bulk data travels as super-packets of up to 60,000 octets, as a kernel hands over merged segments.
Hellos, DNS, QUIC Initials and requests are captured whole, data packets up to `SNAP_BYTES`; each
record keeps its original length. IPv4 header checksums are right, TCP and UDP checksums are zero.

The octets of a slice are sent exactly to the school; the many small acknowledgements are merged, so
fewer octets leave it than in the slices. Handshakes and DNS come on top.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from simulator.capture_file import Stamper, write_capture
from simulator.day import Day, draw_day
from simulator.declared import PACKET_DAY, midnight_utc
from simulator.people import Roster, make_roster
from simulator.pool import Pool, kept
from simulator.services import SOURCE, all_hosts
from simulator.weeks import SEED
from simulator.wire import Flags, Ints, Packets, day_packets


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What the capture holds, for tests and for the demo's last sentence."""

    packets: int
    ip_bytes: int
    down_bytes: int
    up_bytes: int
    flows: int
    """Five-tuples, DNS exchanges included."""
    names: dict[str, int]
    """Flows whose name the wire shows, by the best source."""
    flow_down_bytes: Ints
    """IP octets to the school of each flow of `draw_day`, without its DNS exchange."""
    flow_up_bytes: Ints
    day: Day


def _plan(day: Day, packets: Packets) -> DayPlan:
    count = len(day.flows.device)
    own = ~packets.dns

    def by_flow(chosen: Flags) -> Ints:
        octets = np.bincount(packets.flow[chosen], packets.ip_bytes[chosen], minlength=count)
        return octets.astype(np.int64)

    named = [(number, host) for number, host in enumerate(all_hosts()) if host.name is not None]
    uses = np.bincount(day.flows.host, minlength=len(all_hosts()))
    names: dict[str, int] = {}
    for number, host in named:
        names[SOURCE[host.wire]] = names.get(SOURCE[host.wire], 0) + int(uses[number])
    return DayPlan(
        packets=len(packets.flow),
        ip_bytes=int(packets.ip_bytes.sum()),
        down_bytes=int(packets.ip_bytes[~packets.up].sum()),
        up_bytes=int(packets.ip_bytes[packets.up].sum()),
        flows=count + int((packets.dns & packets.up).sum()),
        names=names,
        flow_down_bytes=by_flow(own & ~packets.up),
        flow_up_bytes=by_flow(own & packets.up),
        day=day,
    )


def _pool() -> Pool:
    """Return the templates: those that the package keeps, else as Scapy builds them."""
    found = kept()
    if found is None:
        from simulator.templates import build_pool

        found = build_pool()
    return found


def write_day(
    path: Path,
    *,
    day: date = PACKET_DAY,
    seed: int = SEED,
    roster: Roster | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> DayPlan:
    """Write one day's packets as a nanosecond pcap and return what it holds.

    Args:
        path: the capture file to write.
        day: local day of the packets.
        seed: the same seed and day give the same file, octet for octet.
        roster: the devices; the school's when left out.
        progress: called with (packets written, packets in all).

    Raises:
        OSError: the file cannot be written.
    """
    devices = make_roster(seed) if roster is None else roster
    drawn = draw_day(devices, seed, day)
    pool = _pool()
    packets = day_packets(drawn, pool, seed)
    stamper = Stamper(drawn.flows, devices, pool, midnight_utc(day))
    write_capture(path, packets, stamper, progress)
    return _plan(drawn, packets)
