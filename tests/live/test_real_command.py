"""The command as a school runs it, with declared zones: HTTP/3, reduced sites, one device.

Several names under one registrable domain become one site; nothing of their left-most labels may
be left anywhere in the store.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pytest

from tests.support.capturing import Captured, capturing
from tests.support.clients import browse, curl
from tests.support.internet import internet, sites
from tests.support.needs import need_all, need_root
from tests.support.netns import wire
from tests.support.processes import ROOT

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]

SCHOOL = ROOT / "simulator" / "school"
LABELS = ("zebulon", "mirabelle", "quincampoix", "hurluberlu")
HTTP3 = f"{LABELS[0]}.example.org"
CURLED = (f"{LABELS[1]}.example.com", f"{LABELS[2]}.example.com", f"{LABELS[3]}.example.net")
SITES = Counter({"example.com": 2, "example.net": 1})


@dataclass
class Visit:
    captured: Captured
    store: Path


@pytest.fixture(scope="module")
def visit(tmp_path_factory) -> Visit:
    need_root()
    need_all(ip="iproute2", ethtool="ethtool", caddy="caddy")
    need_all(dnsmasq="dnsmasq-base", chromium="chromium", curl="curl")
    work = tmp_path_factory.mktemp("command")
    root = work / "www"
    root.mkdir()
    (root / "page.html").write_text("<title>page</title><img src=photo.bin>")
    (root / "photo.bin").write_bytes(bytes(60_000))
    places = sites(HTTP3, *CURLED)
    with (
        wire(offloads=True) as both,
        internet(both, places, root=root, work=work) as certificates,
        capturing(both.gateway, work / "store", "--school", str(SCHOOL)) as captured,
    ):
        url = f"https://{HTTP3}/page.html"
        document = browse(both.school, url, certificates, work=work, quic_for=[HTTP3])
        assert "<title>page</title>" in document
        for name in CURLED:
            curl(both.school, f"https://{name}/photo.bin", certificates=certificates)
    return Visit(captured, work / "store")


def test_http3_is_named_by_the_quic_initial_and_reduced(visit):
    slices = visit.captured.slices
    quic = slices.filter(pc.equal(slices["site_source"], "quic_sni")).to_pylist()
    assert {(row["transport"], row["server_port"]) for row in quic} == {("udp", 443)}
    assert {row["site"] for row in quic} == {"example.org"}
    # Chromium may end before the picture is whole; the page alone is more than a handshake.
    assert sum(row["down_bytes"] for row in quic) > 6_000


def test_sites_are_registrable_domains_and_each_visit_counts(visit):
    slices = visit.captured.slices
    tls = slices.filter(pc.equal(slices["site_source"], "tls_sni")).to_pylist()
    assert Counter({row["flow"]: row["site"] for row in tls}.values()) == SITES


def test_every_flow_stands_in_its_zone_and_a_school_of_one_single_address_has_no_device(visit):
    rows = [row for row in visit.captured.slices.to_pylist() if row["transport"] != "icmp"]
    assert {row["zone"] for row in rows} == {"salles"}
    assert {row["device"] for row in rows} == {None}


def test_directions_are_the_schools(visit):
    """Nearly all octets of these visits come from outside; dnsmasq is inside, so local."""
    links = visit.captured.links
    up, down, local = (pc.sum(links[f"{n}_bytes"]).as_py() for n in ("up", "down", "local"))
    assert down > len(CURLED) * 60_000  # Chromium may end before its own picture is whole
    assert down > 10 * up > 0
    assert local > 0
    assert up + down + local == visit.captured.totals["ip_bytes"]


def test_nothing_of_a_left_most_label_is_left(visit):
    columns = visit.captured.slices.to_pylist() + visit.captured.links.to_pylist()
    written = [path.read_bytes() for path in visit.store.rglob("*") if path.is_file()]
    written.append(repr((columns, visit.captured.totals)).encode())
    written.append(visit.captured.said.encode())
    assert b"example.com" in b"".join(written)
    for label in LABELS:
        assert all(label.encode() not in octets for octets in written)


def test_the_identity_closes_without_drops(visit):
    totals = visit.captured.totals
    assert visit.captured.exit_code == 0
    assert totals["kernel_drops"] == totals["shed"] == 0
    accounted = totals["packets_parsed"] + sum(totals["rejected"].values())
    assert totals["packets_offered"] == accounted > 0
