"""Every encapsulation, IP header and tunnel gives the innermost flow and the outermost octets."""

from collections import Counter, defaultdict
from dataclasses import dataclass, fields

import pyarrow as pa
import pytest

from collector.meter import layout as lay
from collector.sources.files import replay
from tests.collector import encapsulated as e
from tests.collector import frames as f
from tests.collector.link_layers import ETHERNET_LINKS, OTHER_LINKS
from tests.collector.test_fast_and_slow_meter_agree import fast_flows
from tests.oracles.captures import records
from tests.oracles.slow_meter import SlowMeter
from tests.support.metering import Memory, Metered, collected, new_meter

LINKS = {name: (f.ETHERNET, frame) for name, frame in ETHERNET_LINKS.items()} | OTHER_LINKS
every_link = pytest.mark.parametrize("name", LINKS)
STEP_US = 1_000
SUMS = ("up_bytes", "down_bytes", "up_packets", "down_packets")
SAME = ("transport", "ip_version", "server_port", "site")


@dataclass(frozen=True, slots=True)
class Result:
    """A metered capture and what the meter counted of tunnels."""

    metered: Metered
    deep: int

    @property
    def flows(self) -> Counter[e.Flow]:
        """Flows by what their slices add up to."""
        return flows_of(self.metered.slices)


def flows_of(slices: pa.Table) -> Counter[e.Flow]:
    """Add the slices of each flow up; flow ids are random, so flows are a multiset."""
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    same = {}
    for row in slices.to_pylist():
        same[row["flow"]] = {name: row[name] for name in SAME}
        sums[row["flow"]].update({name: row[name] for name in SUMS})
    return Counter(e.Flow(**same[flow], **sums[flow]) for flow in same)


def meter(path) -> Result:
    sink = Memory()
    meter = new_meter(sink)
    fault = replay(path, meter)
    metered = collected(sink, meter, fault)
    assert fault is None
    assert metered.totals.gap() == 0
    assert metered.totals.rejected == dict.fromkeys(metered.totals.rejected, 0)
    return Result(metered, int(meter.tables["count"][lay.C_TUNNELS_DEEP]))


def write(path, cases, link: int, *, cut: int | None = None):
    whole = [frame for case in cases for frame in case.frames]
    stamps = range(f.NOON_US, f.NOON_US + STEP_US * len(whole), STEP_US)
    timed = zip(stamps, whole, strict=True)
    return f.write(path, [(t, frame[:cut], len(frame)) for t, frame in timed], link=link)


def together(cases, *, named=True) -> Counter[e.Flow]:
    return sum((case.flows if named else nameless(case.flows) for case in cases), Counter())


def nameless(flows: Counter[e.Flow]) -> Counter[e.Flow]:
    unnamed: Counter[e.Flow] = Counter()
    for flow, number in flows.items():
        unnamed[e.Flow(**{x.name: getattr(flow, x.name) for x in fields(flow)[:-1]})] += number
    return unnamed


def assert_same(cases, flows: Counter[e.Flow], *, named=True) -> None:
    """Compare multisets; a difference is told with the cells of the matrix that it is of."""
    wanted = together(cases, named=named)
    lost = wanted - flows
    cells = [case.name for case in cases if (case.flows if named else nameless(case.flows)) & lost]
    assert (cells[:20], lost, flows - wanted) == ([], Counter(), Counter())


@pytest.mark.slow
def test_the_matrix_is_whole():
    """Each header stands inside of each tunnel that can carry it, over UDP and over TCP."""
    names = {case.name for case in e.cases(ETHERNET_LINKS["no tag"])}
    for chain, tunnels in e.CHAINS.items():
        for header in e.HEADERS:
            for transport in ("udp", "tcp"):
                inside = f"{chain}, {header.name} inside, {transport}" in names
                assert inside == (not tunnels or header.version in tunnels[-1].carries)
    assert len(names) == len(e.cases(ETHERNET_LINKS["no tag"])) > 300


@every_link
def test_the_flow_is_the_innermost_one_and_the_octets_those_of_the_wire(tmp_path, name):
    link, frame = LINKS[name]
    cases = e.cases(frame)
    result = meter(write(tmp_path / "matrix.pcap", cases, link))
    assert_same(cases, result.flows)
    assert result.metered.totals.packets_parsed == sum(len(case.frames) for case in cases)
    assert result.metered.totals.ip_bytes == sum(case.octets for case in cases)
    assert result.deep == sum(case.deep for case in cases) > 100


@pytest.mark.parametrize("cut", [None, 96, 256])
@pytest.mark.parametrize("name", ETHERNET_LINKS)
def test_the_slow_twin_finds_the_same_flows(tmp_path, name, cut):
    path = write(tmp_path / "matrix.pcap", e.cases(ETHERNET_LINKS[name]), f.ETHERNET, cut=cut)
    slow = SlowMeter()
    for record in records(path):
        slow.offer(record)
    fast = meter(path)
    assert fast.metered.totals.ip_bytes == slow.octets
    mine, twin = fast_flows(fast.metered), slow.finish()
    assert (mine - twin, twin - mine) == (Counter(), Counter())


@pytest.mark.parametrize("cut", [96, 256])
@every_link
def test_a_capture_cut_short_has_the_same_octets(tmp_path, name, cut):
    """And the same flows, wherever the capture reaches the ports."""
    link, frame = LINKS[name]
    cases = e.cases(frame)
    short = meter(write(tmp_path / "short.pcap", cases, link, cut=cut))
    assert short.metered.totals.ip_bytes == sum(case.octets for case in cases)
    assert short.metered.totals.packets_parsed == sum(len(case.frames) for case in cases)
    reached = [case for case in cases if case.needs <= cut]
    assert len(reached) >= {96: 20, 256: 150}[cut]
    short = meter(write(tmp_path / "reached.pcap", reached, link, cut=cut))
    assert_same(reached, nameless(short.flows), named=False)


INSIDE = f.ipv4(f.tcp(b"", 40_000, 443), f.CLIENT, f.SERVER, 6)
DECOYS = {
    "GRE": (47, b"\0\0\x08\0" + INSIDE),
    "4in6": (4, INSIDE),
    "6in4": (41, f.ipv6(f.tcp(b"", 40_000, 443), "2001:db8::1", "2001:db8::2", 6)),
}


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(("protocol", "body"), DECOYS.values(), ids=DECOYS)
def test_a_later_fragment_is_never_followed_whatever_its_octets_look_like(
    tmp_path, version, protocol, body
):
    """They are the middle of somebody's payload; the same octets in a whole packet are a tunnel."""

    def packet(fragment: int) -> bytes:
        if version == 4:
            return f.ethernet(f.ipv4(body, "10.0.0.1", "198.51.100.1", protocol, fragment=fragment))
        head = bytes([protocol, 0]) + (fragment << 3).to_bytes(2, "big") + b"\0\0\0\x07"
        return f.ethernet(f.ipv6(head + body, "2001:db8::8", "2001:db8::9", 44), 0x86DD)

    def transports(fragment: int) -> list[str]:
        path = f.write(tmp_path / "decoy.pcap", [(f.NOON_US, packet(fragment))])
        return meter(path).metered.slices["transport"].to_pylist()

    assert (transports(0), transports(185)) == (["tcp"], ["other"])
