"""Real programs write the logs, real exporters and the kernel bring the flows: the slices have sites."""

import json
import time

import pytest

from tests.conntrack.nat import SCHOOL, SCHOOL_V4, SERVER, TCP_PORT, collecting, inside, nat
from tests.exports.running import listening_in
from tests.logs import programs as p
from tests.support.needs import need_all, need_root
from tests.support.stores import stored

pytestmark = [pytest.mark.live, pytest.mark.timeout(110)]


@pytest.fixture(autouse=True)
def needed():
    need_root()
    need_all(ip="iproute2", nft="nftables", ethtool="ethtool", dnsmasq="dnsmasq-base")


@pytest.fixture
def places():
    with nat() as found, inside(found.internet, "serve", str(TCP_PORT)):
        yield found


def named(rows) -> set:
    """(site, source) of the flows to port 443."""
    return {
        (row["site"], row["site_source"])
        for row in rows.to_pylist()
        if row["server_port"] == TCP_PORT
    }


def test_dnsmasq_and_softflowd(places, tmp_path):
    need_all(softflowd="softflowd", tcpdump="tcpdump")
    store = tmp_path / "store"
    with (
        p.dnsmasq(places.gateway, tmp_path) as log,
        listening_in(places.gateway, store, "--school", str(SCHOOL), "--dns-log", str(log)) as (
            _,
            report,
        ),
        p.softflowd(places.gateway, "lan0", tmp_path),
    ):
        p.act(places, "resolve", "10.10.0.1", "53", p.NAME)
        time.sleep(0.2)
        p.act(places, "download", SERVER, str(TCP_PORT), "9000")
    rows = stored(store, "flows")
    assert named(rows) == {(p.SITE, "log")}
    assert report["logs"]["flows_named"] == 1
    assert "canary" not in json.dumps(report) + repr(rows.to_pydict())
    for file in store.rglob("*.parquet"):
        assert b"canary" not in file.read_bytes()
    print(f"\n{report['logs']}")


def test_dnsmasq_and_conntrack_also_after_rotation(places, tmp_path):
    store = tmp_path / "store"
    with (
        p.dnsmasq(places.gateway, tmp_path) as log,
        collecting(places.gateway, store, "--dns-log", str(log)) as report,
    ):
        rotated = log.with_suffix(".1")
        rotated.write_bytes(log.read_bytes())
        with log.open("r+b") as file:
            file.truncate()  # copytruncate
        p.act(places, "resolve", "10.10.0.1", "53", p.NAME)
        time.sleep(0.2)
        p.act(places, "download", SERVER, str(TCP_PORT), "9000")
    assert named(stored(store, "flows")) == {(p.SITE, "log")}
    assert report["logs"]["files"][0]["rejected"] == {}


def test_unbound_names_with_its_cache_and_says_so_without(places, tmp_path):
    need_all(unbound="unbound")
    first, second = tmp_path / "first", tmp_path / "second"
    cache = tmp_path / "cache.log"
    with (
        p.dnsmasq(places.gateway, tmp_path),
        p.unbound(places.gateway, tmp_path) as (log, conf),
    ):
        with collecting(places.gateway, first, "--dns-log", str(log)) as alone:
            p.act(places, "resolve", "10.10.0.1", str(p.UNBOUND_PORT), p.NAME)
            p.act(places, "download", SERVER, str(TCP_PORT), "9000")
        options = ("--dns-log", str(log), "--dns-log", str(cache))
        with collecting(places.gateway, second, *options) as both:
            p.act(places, "resolve", "10.10.0.1", str(p.UNBOUND_PORT), p.NAME)
            p.dump_cache(places.gateway, conf, cache)
            p.act(places, "download", SERVER, str(TCP_PORT), "9000")
            time.sleep(0.5)
    assert named(stored(first, "flows")) == {(None, "none")}
    assert any("dump_cache" in note for note in alone["notes"])
    assert named(stored(second, "flows")) == {(p.SITE, "log")}
    assert all(file["rejected"] == {} for file in both["logs"]["files"])


def test_squid_on_an_inside_machine(places, tmp_path):
    need_all(squid="squid")
    store, work = tmp_path / "store", tmp_path / "squid"
    work.mkdir()
    with p.squid(places.pupil, work) as log:
        options = ("--proxy-log", str(log), "--proxy-address", SCHOOL_V4)
        with collecting(places.gateway, store, *options) as report:
            p.act(places, "tunnel", p.NAME, "9000")
            time.sleep(1)
    assert named(stored(store, "flows")) == {(p.SITE, "log")}
    (file,) = report["logs"]["files"]
    assert (file["used"], file["rejected"]) == (1, {})
