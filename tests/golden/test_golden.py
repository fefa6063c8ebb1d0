"""The golden captures through the meter: every flow, its whole name, its evidence, its octets.

`tests/golden/record.py` tells how they were made. Expectations come from Scapy and from what was
asked, never from the meter.
"""

import json
from collections import defaultdict
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from tests.golden.record import INVENTED, SCENES
from tests.support import wire_facts
from tests.support.metering import meter_file
from tests.support.netns import GATEWAY_V4

HERE = Path(__file__).parent
CAPTURES = sorted(HERE.glob("*.pcap"))
ALL_MAX_BYTES = 10_000_000
LOCAL_BIT = 0x02
SUMS = ("up_packets", "up_bytes", "down_packets", "down_bytes")
PLACES = (*INVENTED, *wire_facts.SCHOOL)

golden = pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)

NOT_YET: dict[str, str] = {}
"""Known gaps of the meter. A strict expected failure: whoever closes one must strike it off."""


def _with_gaps(capture: Path):
    reason = NOT_YET.get(capture.stem)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(capture, id=capture.stem, marks=marks)


def _expected(capture: Path) -> list[dict[str, object]]:
    return json.loads(capture.with_suffix(".flows.json").read_text())


def _found(capture: Path) -> list[dict[str, object]]:
    """Return the meter's flows, slices of one flow added up, in the form of the expectation."""
    flows: dict[int, dict[str, object]] = {}
    sums: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    for row in meter_file(capture).slices.to_pylist():
        flows[row["flow"]] = {
            "transport": row["transport"],
            "server_port": row["server_port"],
            "name": row["site"],
            "source": row["site_source"],
        }
        for name in SUMS:
            sums[row["flow"]][name] += row[name]
    return sorted((flow | sums[number] for number, flow in flows.items()), key=json.dumps)


@pytest.mark.parametrize("capture", [_with_gaps(path) for path in CAPTURES])
def test_every_flow_has_its_name_its_evidence_and_its_octets(capture):
    found = [flow for flow in _found(capture) if flow["transport"] in {"tcp", "udp"}]
    assert found == _expected(capture)


@golden
def test_nothing_is_refused_and_all_octets_are_metered(capture):
    totals = meter_file(capture).totals
    frames = list(wire_facts.frames(capture))
    assert totals.gap() == 0
    assert totals.rejected == {}
    assert totals.packets_parsed == len(frames)
    assert totals.ip_bytes == sum(wire_facts.ip_octets(Ether(frame)) for frame in frames)


def test_every_scene_has_its_capture_and_every_capture_its_scene():
    assert {path.stem for path in CAPTURES} == set(SCENES)


def test_the_captures_are_small():
    assert 0 < sum(path.stat().st_size for path in CAPTURES) < ALL_MAX_BYTES


def _hellos(name: str) -> list[tuple[int, int]]:
    """(octets of the hello's record, octets of it in the first segment) of each HTTPS flow."""
    found = wire_facts.flows(HERE / f"{name}.pcap")
    tls = [seen for key, seen in found.items() if (key.transport, key.server_port) == ("tcp", 443)]
    return [hello for hello in map(wire_facts.hello_octets, tls) if hello]


def test_the_browsers_hello_is_split_in_one_capture_and_merged_in_the_other():
    split = _hellos("hello-split-in-two-segments")
    merged = _hellos("hello-in-one-merged-packet")
    assert split
    assert merged
    assert all(whole > first for whole, first in split)
    assert all(whole == first for whole, first in merged)


@golden
def test_no_capture_holds_anything_but_invented_machines(capture):
    for frame in wire_facts.frames(capture):
        assert frame[0] & LOCAL_BIT, "a MAC address of a manufacturer"
        assert frame[6] & LOCAL_BIT, "a MAC address of a manufacturer"
        packet = Ether(frame)
        network = packet[IP] if IP in packet else packet[IPv6]
        for address in (network.src, network.dst):
            assert address == GATEWAY_V4 or any(
                ip_address(address) in ip_network(place) for place in PLACES
            ), address


@golden
def test_the_expectation_has_teeth(capture):
    """The oracle would see one lost packet: nothing in an expectation is empty or constant."""
    expected = _expected(capture)
    assert expected
    assert all(flow["up_packets"] and flow["up_bytes"] for flow in expected)
    named = [flow for flow in expected if flow["server_port"] != 53 and flow["name"]]
    assert named
