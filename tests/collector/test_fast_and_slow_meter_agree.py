"""The compiled meter and its slow twin give the same flows: packets, octets, features, endings."""

from collections import Counter, defaultdict
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.placement import UNDECLARED, place_zones
from collector.sources.files import NotACapture
from school.declared import Label
from school.words import ZoneKind
from school.zones import Zone, Zones
from tests.captures.foreign import CAPTURES, needs_captures
from tests.collector import frames as f
from tests.oracles.captures import records
from tests.oracles.slow_meter import Slice, SlowMeter, SlowZone, as_multiset
from tests.support.metering import meter_file

COLUMNS = Slice.__slots__


def fast_flows(metered) -> Counter:
    flows = defaultdict(list)
    for row in metered.slices.to_pylist():
        row["minute"] = int(row["minute"].timestamp())
        flows[row["flow"]].append(Slice(**{name: row[name] for name in COLUMNS}))
    return as_multiset(flows.values())


def assert_agree(path: Path, slow: SlowMeter, placement=UNDECLARED) -> None:
    for record in records(path):
        slow.offer(record)
    fast = meter_file(path, placement=placement)
    assert fast.totals.packets_offered == slow.offered
    assert fast.totals.rejected == dict(slow.rejected)
    assert fast.totals.gap() == 0
    assert fast.totals.ip_bytes == slow.octets
    assert fast.totals.flows == slow.started
    assert sum(fast.links["local_bytes"].to_pylist()) == slow.local_octets
    mine, twin = fast_flows(fast), slow.finish()
    assert mine - twin == Counter()
    assert twin - mine == Counter()


ZONES = (
    SlowZone("salles", (ip_network("10.1.0.0/16"), ip_network("2001:db8:1::/48"))),
    SlowZone("direction", (ip_network("10.1.9.0/24"),)),
    SlowZone("invites", (), (30,)),
)
INSIDE = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


def placement_of(zones, inside):
    label = Label(fr="Zone", en="Zone")
    declared = tuple(
        Zone(zone.name, label, ZoneKind.CLASSROOM, zone.subnets, zone.vlans, 100, True, None)
        for zone in zones
    )
    return place_zones(Zones(inside=inside, zones=declared))


PLACEMENT = placement_of(ZONES, INSIDE)

V4 = ["10.1.2.3", "10.1.9.4", "10.200.0.5", "203.0.113.9", "198.51.100.7", "224.0.0.251"]
V6 = ["2001:db8:1::5", "2001:db8:2::6", "2600::9", "fe80::1", "ff02::fb"]
GAPS_US = [0, 1, 300_000, 1_000_000, 4_999_999, 5_000_001, 29_000_000, 60_000_000, 60_000_001]
GAPS_US += [119_000_000, 120_000_001, -2_000_000, -599_000_000, -700_000_000]
BODY = b"\x17" * 1_200  # application data: nobody looks for names in it


@st.composite
def ip_packets(draw):
    """One IP packet as (EtherType, octets)."""
    family = draw(st.sampled_from([V4, V4, V6]))
    source, target = draw(st.sampled_from(family)), draw(st.sampled_from(family))
    sport, dport = draw(st.sampled_from([(40_000, 443), (443, 40_000), (5_000, 6_000), (53, 80)]))
    payload = BODY[: draw(st.sampled_from([0, 1, 40, 700]))]
    protocol = draw(st.sampled_from([6, 6, 6, 17, 1, 47, 132]))
    flags = draw(st.sampled_from([f.ACK, f.ACK, f.SYN, f.SYN | f.ACK, f.FIN | f.ACK, f.RST]))
    body = {
        6: f.tcp(payload, sport, dport, flags=flags),
        17: f.udp(payload, sport, dport),
    }.get(protocol, b"\x00\x07\x00\x09" + payload)
    part = draw(st.sampled_from(["whole", "whole", "whole", "first", "later"]))
    if family is V6:
        if part != "whole":
            offset = 1 if part == "first" else 185 << 3
            body = bytes([protocol, 0]) + offset.to_bytes(2, "big") + b"\0\0\0\x09" + body
        chain = draw(st.sampled_from([(), (0,), (0, 60), (51,)]))
        following = protocol if part == "whole" else 44
        for kind in reversed(chain):
            body = (
                bytes([following, 1 if kind == 51 else 0])
                + b"\0" * (10 if kind == 51 else 6)
                + body
            )
            following = kind
        return 0x86DD, f.ipv6(body, source, target, following)
    fragment = {"whole": 0x4000, "first": 0x2000, "later": 185}[part]
    options = b"\x01" * draw(st.sampled_from([0, 0, 8]))
    return 0x0800, f.ipv4(
        body, source, target, protocol, fragment=fragment, number=9, options=options
    )


@st.composite
def captured(draw):
    """One frame as (octets, length on the wire): tags, padding, snap length, damage."""
    kind, packet = draw(ip_packets())
    vlans = draw(st.sampled_from([(), (), (), (30,), (12, 30)]))
    frame = f.ethernet(packet, kind, vlans=vlans)
    what = draw(st.sampled_from(["", "", "", "", "padded", "cut", "damaged", "arp"]))
    wire = len(frame)
    if what == "padded":
        frame, wire = frame.ljust(60, b"\0"), max(60, wire)
    if what == "cut":
        frame = frame[: draw(st.integers(0, 90))]
    if what == "damaged":
        at = draw(st.integers(0, min(len(frame), 80) - 1))
        frame = frame[:at] + draw(st.binary(min_size=1, max_size=1)) + frame[at + 1 :]
    if what == "arp":
        frame = f.ethernet(b"\0" * 46, 0x0806)
        wire = len(frame)
    return frame, wire


@pytest.mark.slow
@pytest.mark.parametrize("declared", [False, True], ids=["no zones", "zones"])
@given(steps=st.lists(st.tuples(st.sampled_from(GAPS_US), captured()), max_size=40))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_on_generated_packets(tmp_path_factory, declared, steps):
    now, packets = f.NOON_US, []
    for gap, (frame, wire) in steps:
        now += gap
        packets.append((now, frame, wire))
    path = tmp_path_factory.getbasetemp() / "generated.pcap"
    f.write(path, packets)
    if declared:
        assert_agree(path, SlowMeter(ZONES, INSIDE), PLACEMENT)
    else:
        assert_agree(path, SlowMeter())


@pytest.mark.slow
@needs_captures
def test_on_every_capture_of_ndpi():
    compared = 0
    for path in sorted(CAPTURES.iterdir()):
        if next(records(path), None) is None:
            continue
        try:
            assert_agree(path, SlowMeter())
        except NotACapture:  # pragma: no cover - records() had packets, so this is a finding
            pytest.fail(f"{path.name} has packets and was refused")
        except AssertionError as difference:
            raise AssertionError(f"{path.name}: {difference}") from None
        compared += 1
    assert compared >= 270
