"""The 273 captures of the nDPI project: everything is read or refused, totals and names agree."""

import json
import logging
import warnings

import pytest
from typer.testing import CliRunner

from cli.main import app
from collector.sources.files import NotACapture
from tests.captures.expected import (
    NOT_FOUND,
    SOURCES,
    all_flows,
    everything,
    found_of,
    metered,
    missed_by_ndpi,
    not_found,
)
from tests.captures.foreign import CAPTURES, needs_captures
from tests.oracles import captures as plain

pytestmark = needs_captures

DIFFERENT_FROM_SCAPY = {
    "fuzz-2006-09-29-28586.pcap": "IPv4 headers longer than the total length: rejected here",
    "fuzz-2021-10-13.pcap": "the last record is cut off: Scapy makes a packet of what is left",
    "openvpn-tlscrypt.pcap": "link type PPI, which Scapy does not take apart",
}


LINKS_AND_IP = (
    *("Ether", "Dot3", "Dot1Q", "Dot1AD", "LLC", "SNAP", "CookedLinux", "CookedLinuxV2"),
    *("Loopback", "PPPoE", "PPPoED", "PPP", "PPP_", "MPLS", "IP", "IPv6"),
)
"""What Scapy has to know for the outermost IP header."""


@pytest.mark.slow
def test_every_entry_is_read_or_refused_with_a_sentence():
    assert len(everything()) == 273
    refused = [str(got) for got in everything().values() if isinstance(got, NotACapture)]
    assert all(sentence and "\n" not in sentence for sentence in refused)
    assert len(metered()) >= 270


def test_every_packet_is_accounted_for():
    for name, got in metered().items():
        assert got.totals.gap() == 0, name
        assert sum(got.links["offered"].to_pylist()) == got.totals.packets_offered, name
        assert sum(got.links["parsed"].to_pylist()) == got.totals.packets_parsed, name


def scapy_totals(path) -> tuple[int, int]:
    """Packets, and the octets of the outermost IP header of each, as Scapy sees them."""
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6
    from scapy.packet import NoPayload
    from scapy.utils import PcapReader

    packets = octets = 0
    with PcapReader(str(path)) as reader:
        for frame in reader:
            packets += 1
            layer = frame
            while not isinstance(layer, (IP, IPv6, NoPayload)):
                layer = layer.payload
            if isinstance(layer, NoPayload) or (isinstance(layer, IP) and (layer.ihl or 0) < 5):
                continue
            wire = frame.wirelen - (len(frame.original) - len(layer.original))
            claimed = layer.len if isinstance(layer, IP) else layer.plen and layer.plen + 40
            octets += min(claimed or wire, wire)
    return packets, octets


@pytest.fixture
def scapy_down_to_ip():
    """Scapy takes apart what stands before and in the IP header, and leaves the rest alone."""
    logging.getLogger("scapy").setLevel(logging.CRITICAL)
    import scapy.layers.all  # noqa: F401 - PPPoE, PPI… tell Scapy what follows them
    from scapy.config import conf

    until_ip = [layer for layer in conf.layers if layer.__name__ in LINKS_AND_IP]
    conf.layers.filter(until_ip)
    yield
    conf.layers.unfilter()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.enable_socket  # Scapy's import asks the kernel for its interfaces over netlink
def test_packets_and_octets_equal_scapys(scapy_down_to_ip):
    different = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, got in metered().items():
            counted = got.totals.packets_offered, got.totals.ip_bytes
            if counted != scapy_totals(CAPTURES / name):
                different[name] = counted
    assert set(different) == set(DIFFERENT_FROM_SCAPY)


def test_packets_equal_a_plain_readers():
    for name, got in metered().items():
        assert got.totals.packets_offered == sum(1 for _ in plain.records(CAPTURES / name)), name


# --- names and flows -------------------------------------------------------------------------------


def test_at_least_99_in_100_expected_names_are_found_as_their_site_and_whole():
    found = [found_of(source) for source in SOURCES]
    wanted = sum(of.wanted for of in found)
    assert wanted > 500
    assert sum(of.as_site for of in found) / wanted >= 0.99
    assert sum(of.whole for of in found) / wanted >= 0.99


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_of_names_is_found_as_well(source):
    found = found_of(source)
    assert found.wanted > 10
    assert found.whole / found.wanted >= 0.98, found


def test_every_expected_name_that_is_not_found_has_its_reason():
    missing = not_found()
    assert dict.fromkeys(NOT_FOUND, 1) == {
        capture: flows for (capture, _), flows in missing.items()
    }
    assert len(missing) == len(NOT_FOUND)


def test_names_that_ndpi_misses_are_found():
    assert sum(missed_by_ndpi().values()) >= 2


@pytest.mark.slow
def test_at_least_999_in_1000_flows_have_the_slow_references_packets_and_octets():
    flows = all_flows()
    total, equal = sum(of.flows for of in flows.values()), sum(of.equal for of in flows.values())
    assert total > 5_000
    assert equal / total >= 0.999, {name: of.differing for name, of in flows.items()}


# --- through the command line ------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_ends_with_a_sentence_or_an_object(tmp_path):
    """A sample of files, one of each kind: read, faulty, refused."""
    kinds = {}
    for name, got in everything().items():
        kind = "refused" if isinstance(got, NotACapture) else "faulty" if got.fault else "read"
        kinds.setdefault(kind, name)
    assert "read" in kinds
    for kind, name in kinds.items():
        out = tmp_path / f"{kind}.parquet"
        done = CliRunner().invoke(
            app, ["replay", str(CAPTURES / name), "--out", str(out), "--json"]
        )
        if kind == "read":
            assert done.exit_code == 0
            assert json.loads(done.stdout)["packets_offered"] > 0
        else:
            assert "Refusal" in repr(done.exception)
            assert "Traceback" not in done.output
