"""Zones, inside and outside, devices of the day, the school's local day."""

from datetime import UTC, date, datetime
from ipaddress import ip_network

import pyarrow as pa
import pytest

from collector.meter import layout as lay
from collector.placement import place_zones
from collector.run import MANY_FLOWS, run_replay
from collector.sources.files import replay
from school.declared import Label
from school.words import ZoneKind
from school.zones import Zone, Zones
from tests.collector import frames as f
from tests.support.metering import Memory, collected, meter_file, new_meter

LABEL = Label(fr="Zone", en="Zone")
OUTSIDE = "203.0.113.9"


def zone(name, *subnets, vlans=(), counts=True):
    networks = tuple(ip_network(subnet) for subnet in subnets)
    return Zone(name, LABEL, ZoneKind.CLASSROOM, networks, vlans, 100, counts, None)


PLACEMENT = place_zones(
    Zones(
        inside=(ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")),
        zones=(
            zone("salles", "10.1.0.0/16", "2001:db8:1::/48"),
            zone("direction", "10.1.9.0/24"),
            zone("serveurs", "10.9.0.0/16", counts=False),
            zone("invites", vlans=(30,)),
        ),
    )
)


def metered(tmp_path, frames, placement=PLACEMENT, step_us=1):
    packets = [(f.NOON_US + i * step_us, frame) for i, frame in enumerate(frames)]
    return meter_file(f.write(tmp_path / "x.pcap", packets), placement=placement)


def syn(source, target=OUTSIDE, **rest):
    return f.tcp_frame(flags=f.SYN, source=source, target=target, **rest)


NEIGHBOURS_PORT = 9
NEIGHBOUR = syn("10.1.200.200", mac=b"\x02\0\0\0\0\x99", dport=NEIGHBOURS_PORT)
"""A second device: of a single one nothing is said."""


class _Store(Memory):
    def open(self):
        """Nothing to make."""

    def flush(self):
        """Nothing waits."""

    def close(self):
        """Nothing to end."""


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (syn("10.1.2.3"), ("salles", True)),
        (syn("10.1.9.3"), ("direction", True)),
        (syn("2001:db8:1::7", "2600::9"), ("salles", True)),
        (syn("10.200.0.1"), ("unmatched", True)),
        (syn("2001:db8:77::7", "2600::9"), ("unmatched", True)),
        (syn("10.200.0.1", vlans=(30,)), ("invites", True)),
        (syn("192.168.7.7", vlans=(30,)), ("invites", True)),
        (syn("10.9.0.1"), ("serveurs", False)),
        (syn("192.168.7.7"), ("unmatched", False)),
        (syn("198.51.100.1", "10.1.2.3"), ("salles", True)),
    ],
    ids=["a subnet", "the longest subnet", "IPv6", "inside, no zone", "IPv6 inside, no zone",
         "VLAN, inside", "VLAN, outside of the subnets", "a zone that counts no devices",
         "outside to outside", "from outside"],
)  # fmt: skip
def test_zone_and_whether_a_device_is_counted(tmp_path, frame, expected):
    rows = metered(tmp_path, [frame, NEIGHBOUR]).slices.to_pylist()
    (row,) = [row for row in rows if row["server_port"] != NEIGHBOURS_PORT]
    assert (row["zone"], row["device"] is not None) == expected


@pytest.mark.parametrize(
    ("source", "target"),
    [("10.1.2.3", "10.200.0.9"), ("10.1.2.3", "224.0.0.251"), ("10.1.2.3", "255.255.255.255"),
     ("2001:db8:1::7", "ff02::fb"), ("fe80::1", "2001:db8:1::7"), ("169.254.1.1", "10.1.2.3"),
     ("::1", "2001:db8:1::7"), ("127.0.0.1", "10.1.0.1")],
)  # fmt: skip
def test_what_never_crosses_the_line_is_counted_as_local_and_leaves_no_slice(
    tmp_path, source, target
):
    frame = f.udp_frame(b"x", source=source, target=target)
    result = metered(tmp_path, [frame])
    assert len(result.slices) == 0
    (link,) = result.links.to_pylist()
    assert link["local_bytes"] == result.totals.ip_bytes == len(frame) - 14
    assert (link["up_bytes"], link["down_bytes"]) == (0, 0)


def test_up_counts_from_the_school_whoever_began(tmp_path):
    asked = f.tcp_frame(b"u" * 10, flags=f.SYN, source=OUTSIDE, target="10.1.2.3", dport=22)
    answer = f.tcp_frame(b"d" * 100, source="10.1.2.3", target=OUTSIDE, sport=22, dport=40_000)
    result = metered(tmp_path, [asked, answer])
    (row,) = result.slices.to_pylist()
    assert (row["up_bytes"], row["down_bytes"], row["server_port"]) == (140, 50, 22)
    (link,) = result.links.to_pylist()
    assert (link["up_bytes"], link["down_bytes"], link["local_bytes"]) == (140, 50, 0)


def test_one_single_inside_address_for_everybody_is_no_device_at_all(tmp_path):
    """A collector outside of the NAT: a pseudonym of the school would pass for a person's."""
    flows = [syn("10.1.2.3", sport=1_024 + n) for n in range(MANY_FLOWS + 1)]
    path = f.write(tmp_path / "nat.pcap", [(f.NOON_US + i, x) for i, x in enumerate(flows)])
    sink = _Store()
    result = run_replay([path], new_meter(sink, placement=PLACEMENT), sink)
    rows = pa.concat_tables(sink.slice_parts)
    assert len(rows) == MANY_FLOWS + 1
    assert set(rows["device"].to_pylist()) == {None}
    assert any("one single inside address" in note for note in result.totals.as_dict()["notes"])


def test_with_a_second_inside_address_both_are_devices(tmp_path):
    assert None not in devices(metered(tmp_path, [syn("10.1.2.3"), NEIGHBOUR]))


def devices(result):
    return {row["device"] for row in result.slices.to_pylist()}


def test_one_mac_is_one_device_over_its_addresses(tmp_path):
    mac = b"\x02\0\0\0\0\x55"
    frames = [syn(f"10.1.0.{i}", mac=mac) for i in range(1, lay.DEVICE_ADDRESSES + 1)]
    frames += [syn(f"2001:db8:1::{i}", "2600::9", mac=mac) for i in range(1, 5)]
    assert len(devices(metered(tmp_path, frames))) == 1


def test_more_than_four_addresses_behind_one_mac_are_devices_themselves(tmp_path):
    mac = b"\x02\0\0\0\0\x66"
    frames = [syn(f"10.1.0.{i}", mac=mac, sport=50_000 + i) for i in range(1, 21)]
    found = metered(tmp_path, [*frames, syn("10.1.0.3", mac=mac, sport=60000)])
    rows = found.slices.to_pylist()
    assert len({row["device"] for row in rows}) == 1 + 16 + 1
    known_late = next(r["device"] for r in rows if r["server_port"] == 443)
    assert known_late is not None


def test_the_same_address_behind_a_router_stays_the_same_device(tmp_path):
    mac = b"\x02\0\0\0\0\x66"
    many = [syn(f"10.1.0.{i}", mac=mac) for i in range(1, 10)]
    twice = [syn("10.1.5.5", mac=mac, sport=s, dport=s) for s in (50_001, 50_002)]
    rows = metered(tmp_path, many + twice).slices.to_pylist()
    assert len({r["device"] for r in rows if r["server_port"] in (50_001, 50_002)}) == 1


def test_a_capture_without_macs_counts_addresses(tmp_path):
    frames = [f.ipv4(f.udp(b"", 1, 2), source, OUTSIDE, 17) for source in ("10.1.0.1", "10.1.0.2")]
    path = f.write(tmp_path / "raw.pcap", [(f.NOON_US, x) for x in frames], link=f.RAW)
    assert len(devices(meter_file(path, placement=PLACEMENT))) == 2


def test_a_flood_of_macs_leaves_the_rest_without_a_device(tmp_path):
    frames = [
        syn(f"10.1.{i >> 8 & 255}.{i & 255}", mac=b"\x02\0" + i.to_bytes(4, "big"))
        for i in range(1, lay.DEVICE_CAP + 500)
    ]
    result = metered(tmp_path, frames)
    found = result.slices["device"]
    assert (len(set(found.to_pylist())), found.null_count) == (lay.DEVICE_CAP + 1, 499)


# --- days --------------------------------------------------------------------------------------


def at(*moment) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1_000_000)


def days_of(tmp_path, packets):
    sink = Memory()
    meter = new_meter(sink, placement=PLACEMENT)
    replay(f.write(tmp_path / "days.pcap", packets), meter)
    return sink, collected(sink, meter, None)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ((2026, 9, 21, 21, 59), date(2026, 9, 21)),
        ((2026, 9, 21, 22, 0), date(2026, 9, 22)),
        ((2026, 12, 21, 22, 59), date(2026, 12, 21)),
        ((2026, 12, 21, 23, 0), date(2026, 12, 22)),
        ((2026, 3, 28, 23, 0), date(2026, 3, 29)),
        ((2026, 3, 29, 21, 59), date(2026, 3, 29)),
        ((2026, 3, 29, 22, 0), date(2026, 3, 30)),
        ((2026, 10, 24, 22, 0), date(2026, 10, 25)),
        ((2026, 10, 25, 22, 59), date(2026, 10, 25)),
        ((2026, 10, 25, 23, 0), date(2026, 10, 26)),
    ],
)
def test_a_slice_belongs_to_the_local_day_of_its_minute(tmp_path, moment, day):
    """Summer time, winter time, and both days on which the clock is changed."""
    sink, _ = days_of(tmp_path, [(at(*moment), syn("10.1.2.3"))])
    assert sink.days == {day}


def test_a_device_has_another_pseudonym_on_another_day_and_the_same_within_one(tmp_path):
    evening, night = at(2026, 9, 21, 21, 30), at(2026, 9, 21, 22, 30)
    packets = [
        (evening, syn("10.1.2.3")),
        (evening + 10**6, syn("10.1.2.3", sport=2)),
        (night, syn("10.1.2.3")),
        (night + 10**6, syn("10.1.2.3", sport=2)),
        (evening, NEIGHBOUR),
        (night, NEIGHBOUR),
    ]
    packets.sort(key=lambda packet: packet[0])
    sink = Memory()
    meter = new_meter(sink, placement=PLACEMENT)
    keys = {date(2026, 9, 21): b"a" * 32, date(2026, 9, 22): b"b" * 32}
    meter._devices._key_of_day = keys.__getitem__
    replay(f.write(tmp_path / "days.pcap", packets), meter)
    rows = collected(sink, meter, None).slices.to_pylist()
    mine = [row for row in rows if row["server_port"] != NEIGHBOURS_PORT]
    by_day = [{r["device"] for r in mine if (r["minute"].hour == 22) == late} for late in (0, 1)]
    assert [len(found) for found in by_day] == [1, 1]
    assert by_day[0] != by_day[1]


def test_a_flow_over_midnight_has_each_days_pseudonym(tmp_path):
    midnight = at(2026, 9, 21, 22, 0)
    packets = [
        (midnight + s * 10**6, frame)
        for s in (-30, 30, 90)
        for frame in (f.tcp_frame(b"x", source="10.1.2.3"), NEIGHBOUR)
    ]
    sink = Memory()
    meter = new_meter(sink, placement=PLACEMENT)
    keys = {date(2026, 9, 21): b"a" * 32, date(2026, 9, 22): b"b" * 32}
    meter._devices._key_of_day = keys.__getitem__
    replay(f.write(tmp_path / "days.pcap", packets), meter)
    rows = collected(sink, meter, None).slices.to_pylist()
    rows = [row for row in rows if row["server_port"] != NEIGHBOURS_PORT]
    assert len({row["flow"] for row in rows}) == 1
    assert len({row["device"] for row in rows if row["minute"].hour == 21}) == 1
    assert len({row["device"] for row in rows}) == 2


def test_devices_of_yesterday_are_forgotten_but_those_of_flows_that_go_on(tmp_path):
    """Each day fills half the table; without forgetting, the third day would have no room."""
    sink = Memory()
    meter = new_meter(sink, placement=PLACEMENT)
    half = lay.DEVICE_CAP // 2
    packets = []
    for day in range(3):
        start = at(2026, 9, 21 + day, 10, 0)
        macs = [b"\x02" + bytes([day]) + i.to_bytes(4, "big") for i in range(half)]
        packets += [
            (start + i, syn(f"10.1.{i >> 8 & 255}.{i & 255}", mac=mac))
            for i, mac in enumerate(macs)
        ]
        # the minutes after: slices go out, so that the day turns
        packets += [(start + m * 60_000_000, syn("10.1.9.9", sport=m + 1)) for m in range(1, 6)]
    replay(f.write(tmp_path / "days.pcap", packets), meter)
    result = collected(sink, meter, None)
    assert int(meter.tables["count"][lay.C_DEVICES_REFUSED]) == 0
    assert result.slices["device"].null_count == 0
