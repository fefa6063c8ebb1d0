"""Twenty invented HTTPS sites, opened by Chromium and by curl, through the collector.

Chromium asks port 443, curl port 8443 (every second site over IPv6), so that the slices tell who
was there. tcpdump listens beside the collector; Scapy reads what it wrote.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pytest

from privacy.records import Reject
from tests.support import wire_facts
from tests.support.capturing import Captured, capturing, recording
from tests.support.clients import browse, curl
from tests.support.internet import Site, internet, sites
from tests.support.needs import need_all, need_root
from tests.support.netns import wire

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

WORDS = (
    *("ent", "geometrie", "cantine", "orientation", "notes", "cdi", "musique", "radio", "video"),
    *("messagerie", "jeux", "boutique", "forum", "journal", "sport", "nuage", "visio", "langues"),
    *("sciences", "archives"),
)
PLACES = sites(*(f"{word}.example.{('com', 'net', 'org')[i % 3]}" for i, word in enumerate(WORDS)))
NAMES = {place.name for place in PLACES}
BROWSER_PORT, CURL_PORT = 443, 8443
FILE_BYTES = 150_000
ETHERNET = 14
ARP = 28
TOLERANCE = 0.001


@dataclass
class Visit:
    """What a capture with or without offloads gave."""

    offloads: bool
    captured: Captured
    recorded: Path
    document: str


def _website(root: Path) -> Path:
    root.mkdir()
    (root / "file.bin").write_bytes(bytes(range(256)) * (FILE_BYTES // 256))
    (root / "leaf.html").write_text("<title>leaf</title><p>opened<img src=file.bin>")
    frames = "".join(f"<iframe src=https://{p.name}/leaf.html></iframe>" for p in PLACES[1:])
    (root / "index.html").write_text(f"<title>all</title><img src=file.bin>{frames}")
    return root


def _curl_url(number: int, place: Site) -> tuple[str, ...]:
    return ("-6" if number % 2 else "-4", f"https://{place.name}:8443/file.bin")


@pytest.fixture(scope="module", params=[False, True], ids=["offloads_off", "offloads_on"])
def visit(request, tmp_path_factory) -> Visit:
    need_root()
    need_all(ip="iproute2", ethtool="ethtool", tcpdump="tcpdump", caddy="caddy")
    need_all(dnsmasq="dnsmasq-base", chromium="chromium", curl="curl")
    work = tmp_path_factory.mktemp("visit")
    recorded = work / "beside.pcap"
    with wire(offloads=request.param) as both:
        root = _website(work / "www")
        with (
            internet(both, PLACES, root=root, work=work) as certificates,
            capturing(
                both.gateway, work / "store", program="tests.support.whole_names"
            ) as captured,
            recording(both.gateway, recorded),
        ):
            url = f"https://{PLACES[0].name}/index.html"
            document = browse(both.school, url, certificates, work=work)
            for number, place in enumerate(PLACES):
                curl(both.school, *_curl_url(number, place), certificates=certificates)
    return Visit(request.param, captured, recorded, document)


def _tls_names(visit: Visit, port: int) -> set[str]:
    slices = visit.captured.slices
    wanted = pc.and_(
        pc.equal(slices["server_port"], port), pc.equal(slices["site_source"], "tls_sni")
    )
    return set(slices.filter(wanted)["site"].to_pylist())


def test_all_twenty_sites_that_chromium_opened_are_named(visit):
    assert "<title>all" in visit.document
    assert _tls_names(visit, BROWSER_PORT) == NAMES


def test_all_twenty_sites_that_curl_opened_are_named(visit):
    assert _tls_names(visit, CURL_PORT) == NAMES


def test_both_families_of_addresses_are_counted(visit):
    slices = visit.captured.slices
    curled = slices.filter(pc.equal(slices["server_port"], CURL_PORT))
    families = {(row["site"], row["ip_version"]) for row in curled.to_pylist()}
    assert Counter(version for _, version in families) == {4: 10, 6: 10}


def test_chromiums_hello_spans_two_segments_unless_the_kernel_merges_them(visit):
    flows = wire_facts.flows(visit.recorded)
    hellos = [
        wire_facts.hello_octets(seen)
        for key, seen in flows.items()
        if key.server_port == BROWSER_PORT and key.transport == "tcp"
    ]
    spans_two = [whole > first for whole, first in filter(None, hellos)]
    assert len(spans_two) >= len(NAMES)
    assert all(spans_two) if not visit.offloads else not any(spans_two)


def test_the_kernel_merges_packets_only_with_offloads(visit):
    longest = max(len(frame) for frame in wire_facts.frames(visit.recorded))
    assert (longest > 1514) == visit.offloads


def test_no_packet_is_dropped_and_every_packet_is_accounted_for(visit):
    totals = visit.captured.totals
    assert visit.captured.exit_code == 0
    assert totals["kernel_drops"] == totals["shed"] == 0
    accounted = totals["packets_parsed"] + sum(totals["rejected"].values())
    assert totals["packets_offered"] == accounted > 1_000


def test_link_rows_sum_to_the_totals(visit):
    totals, links = visit.captured.totals, visit.captured.links
    column = {name: pc.sum(links[name]).as_py() for name in _numbers(links)}
    assert column["offered"] == totals["packets_offered"]
    assert column["parsed"] == totals["packets_parsed"]
    assert column["kernel_drops"] == totals["kernel_drops"]
    rejected = {r.value: column[f"rejected_{r.value}"] for r in Reject}
    assert {name: count for name, count in rejected.items() if count} == totals["rejected"]
    octets = column["up_bytes"] + column["down_bytes"] + column["local_bytes"]
    assert octets == totals["ip_bytes"]


def test_slices_sum_to_the_totals(visit):
    slices = visit.captured.slices
    octets = pc.sum(slices["up_bytes"]).as_py() + pc.sum(slices["down_bytes"]).as_py()
    assert octets == visit.captured.totals["ip_bytes"]
    packets = pc.sum(slices["up_packets"]).as_py() + pc.sum(slices["down_packets"]).as_py()
    assert packets >= visit.captured.totals["packets_parsed"]
    assert slices.num_rows == visit.captured.totals["slices"]


def test_ip_octets_equal_the_interface_counters(visit):
    """The counters take each frame as it passes: with its Ethernet header, a merged one once."""
    totals, links = visit.captured.totals, visit.captured.links
    counted = sum(pc.sum(links[f"counter_{way}_bytes"]).as_py() for way in ("up", "down"))
    not_ip = totals["rejected"].get("not_ip", 0)
    expected = counted - ETHERNET * totals["packets_offered"] - ARP * not_ip
    if visit.offloads:  # the headers that the kernel saved are counted again, see below
        assert expected < totals["ip_bytes"] < expected * 1.1
    else:
        assert abs(totals["ip_bytes"] - expected) <= TOLERANCE * expected
    assert totals["ip_bytes"] > 2 * len(NAMES) * FILE_BYTES


def test_ip_octets_equal_what_the_line_would_carry(visit):
    """By tcpdump and Scapy: merged packets cut again into segments, each with its own headers."""
    carried = sum(wire_facts.line_octets(frame) for frame in wire_facts.frames(visit.recorded))
    assert abs(visit.captured.totals["ip_bytes"] - carried) <= TOLERANCE * carried


def test_each_direction_equals_its_interface_counter(visit):
    if visit.offloads:
        return
    links, slices = visit.captured.links, visit.captured.slices
    for way in ("up", "down"):
        frames = pc.sum(slices[f"{way}_packets"]).as_py()
        counted = pc.sum(links[f"counter_{way}_bytes"]).as_py() - ETHERNET * frames
        metered = pc.sum(slices[f"{way}_bytes"]).as_py()
        assert abs(metered - counted) <= 0.002 * counted, way


def _numbers(links) -> list[str]:
    return [f.name for f in links.schema if f.type in ("int64",)]
