"""The 273 captures of the nDPI project: everything is read or refused, totals and names agree."""

import ipaddress
import json
import logging
import warnings
from collections import Counter, defaultdict
from functools import cache

import pytest
from typer.testing import CliRunner

from cli.main import app
from collector.sources.files import NotACapture
from tests.captures.foreign import CAPTURES, EXPECTED, needs_captures
from tests.oracles import captures as plain
from tests.support.metering import Metered, meter_file

pytestmark = needs_captures

DIFFERENT_FROM_SCAPY = {
    "fuzz-2006-09-29-28586.pcap": "IPv4 headers longer than the total length: rejected here",
    "fuzz-2021-10-13.pcap": "the last record is cut off: Scapy makes a packet of what is left",
    "openvpn-tlscrypt.pcap": "link type PPI, which Scapy does not take apart",
}
BEFORE_THE_STANDARD = {
    "gquic.pcap", "http_ipv6.pcap", "quic.pcap", "quic046.pcap", "quic_q39.pcap", "quic_q46.pcap",
    "quic_t50.pcap", "quic_t51.pcap", "youtube_quic.pcap", "youtubeupload.pcap",
}  # fmt: skip
"""Google's QUIC Q024 to T051: gone from the network since 2021, not read."""


@cache
def everything() -> dict[str, Metered | NotACapture]:
    found: dict[str, Metered | NotACapture] = {}
    for path in sorted(CAPTURES.iterdir()):
        try:
            found[path.name] = meter_file(path)
        except NotACapture as refusal:
            found[path.name] = refusal
    return found


def metered() -> dict[str, Metered]:
    return {name: got for name, got in everything().items() if isinstance(got, Metered)}


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
    import scapy.layers.all  # noqa: F401 - PPPoE, PPI… tell Scapy what follows them
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


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_packets_and_octets_equal_scapys():
    logging.getLogger("scapy").setLevel(logging.CRITICAL)
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


# --- names -----------------------------------------------------------------------------------------

SOURCES = ("HTTP Host", "TLS SNI", "QUIC SNI")


@cache
def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


@cache
def expected_names() -> dict[str, dict[str, Counter]]:
    """Return {source: {capture: names}}; address literals are no host names."""
    found: dict[str, dict[str, Counter]] = {source: defaultdict(Counter) for source in SOURCES}
    for line in EXPECTED.read_text().splitlines():
        entry = json.loads(line)
        name = (entry["hostname"] or "").lower().split(":")[0].rstrip(".")
        if entry["hostname_source"] in found and name and not is_address(name):
            found[entry["hostname_source"]][entry["pcap"]][name] += 1
    return found


def names_of(got: Metered) -> Counter:
    """One name a flow; nDPI cuts names at 79 characters."""
    rows = got.slices.select(["flow", "site"]).to_pylist()
    return Counter({row["flow"]: row["site"][:79] for row in rows if row["site"]}.values())


def found_and_wanted(source: str, *, leave_out=frozenset()) -> tuple[int, int]:
    wanted = found = 0
    for capture, names in expected_names()[source].items():
        if capture in leave_out:
            continue
        have = names_of(metered()[capture]) if capture in metered() else Counter()
        wanted += names.total()
        found += (names & have).total()
    return found, wanted


@pytest.mark.parametrize("source", SOURCES)
def test_at_least_nine_of_ten_expected_names_of_each_source_are_found(source):
    found, wanted = found_and_wanted(source, leave_out=BEFORE_THE_STANDARD)
    assert wanted > 10
    assert found / wanted >= 0.90, f"{found} of {wanted}"


def test_at_least_nine_of_ten_of_all_expected_names_are_found_nothing_left_out():
    counts = [found_and_wanted(source) for source in SOURCES]
    found, wanted = (sum(column) for column in zip(*counts, strict=True))
    assert wanted > 500
    assert found / wanted >= 0.90, f"{found} of {wanted}"


# --- through the command line ------------------------------------------------------------------------


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
