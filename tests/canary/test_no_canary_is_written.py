"""An invented machine's packets into the store, at DEBUG, crashes included (the whole path: test_fifty.py).

Not one form of its MAC, its addresses, its host names' left-most label, its user agent may occur in
any octet that was written. The second half proves that the scanner would have found them.
"""

import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from audit.scanner import Hit, forms, scan, scan_octets
from cli.exits import Exit
from simulator import canaries as invented
from simulator.canaries import CANARIES, SITE
from tests.canary.workshop import Workshop
from tests.support.processes import ROOT
from tests.support.stores import segments_of, stored

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SCHOOL = ROOT / "simulator" / "school"


@pytest.fixture(scope="module")
def capture(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("canary-input") / "day.pcap"
    invented.write_capture(path)
    return path


@pytest.fixture
def workshop(tmp_path) -> Workshop:
    return Workshop(tmp_path).make()


def _nothing_in(workshop: Workshop) -> None:
    hits, seen = scan([workshop.written], CANARIES)
    assert hits == set()
    assert seen > 0


def _replay(workshop: Workshop, capture: Path, *before: str) -> "subprocess.CompletedProcess[str]":
    store = ("--store", workshop.store, "--school", SCHOOL, "--json")
    return workshop.run(*before, "replay", capture, *store)


def test_the_canary_was_really_parsed(workshop, capture):
    """Otherwise its absence would prove nothing: every evidence gave the reduced site."""
    assert _replay(workshop, capture).returncode == 0
    slices = stored(workshop.store, "flows")
    named = slices.filter(pc.equal(slices["site"], SITE)).to_pylist()
    wanted = {"tls_sni", "quic_sni", "http_host", "proxy_connect", "dns"}
    assert {row["site_source"] for row in named} == wanted
    assert {row["ip_version"] for row in named} == {4, 6}
    assert {row["zone"] for row in slices.to_pylist()} == {"salles"}
    assert len({row["device"] for row in named}) == 1
    _nothing_in(workshop)


def test_nothing_is_written_into_a_file_of_plain_slices(workshop, capture):
    out = workshop.written / "slices.parquet"
    assert workshop.run("replay", capture, "--out", out, "--json").returncode == 0
    assert pq.ParquetFile(out).metadata.num_rows > 0
    _nothing_in(workshop)


@pytest.mark.parametrize("how", ["segv", "abort"])
def test_a_crash_with_names_in_memory_leaves_neither_core_nor_canary(how, workshop, capture):
    done = _replay(workshop, capture, "--crash", how)
    assert done.returncode in {-signal.SIGSEGV, -signal.SIGABRT}
    assert "Fatal Python error" in done.stderr
    cores = workshop.cores()
    size = sum(core.stat().st_size for core in cores)
    for core in cores:  # hundreds of megabytes: not kept, and not searched form by form
        core.unlink()
    _nothing_in(workshop)
    assert not cores, f"a core file of {size:,} octets holds the collector's memory"
    assert "DUMPABLE 0" in done.stderr, "a core handler would still be given the memory"


def test_an_unexpected_exception_tells_no_value(workshop, capture):
    done = _replay(workshop, capture, "--crash", "exception")
    assert done.returncode == int(Exit.INTERNAL)
    assert "RuntimeError" in done.stderr
    assert "induced" not in done.stderr, "an exception's message may hold a value"
    _nothing_in(workshop)


def test_a_truncated_capture_tells_no_value(workshop, capture):
    cut = workshop.input / "cut.pcap"
    cut.write_bytes(capture.read_bytes()[:-40])
    assert _replay(workshop, cut).returncode == int(Exit.DATA)
    assert segments_of(workshop.store, "flows")
    _nothing_in(workshop)


@pytest.mark.parametrize("at", [30, 45, 90, 500, 1_500, 9_000])
def test_a_damaged_capture_tells_no_value(at, workshop, capture):
    damaged = bytearray(capture.read_bytes())
    damaged[at : at + 8] = b"\xff" * 8
    (workshop.input / "damaged.pcap").write_bytes(damaged)
    done = _replay(workshop, workshop.input / "damaged.pcap")
    assert done.returncode in {0, int(Exit.DATA)}
    _nothing_in(workshop)


def test_a_store_that_cannot_be_written_tells_no_value(workshop, capture):
    (workshop.written / "store").write_text("a file stands where the store should be")
    assert _replay(workshop, capture).returncode == int(Exit.DATA)
    _nothing_in(workshop)


def test_a_kill_leaves_no_value_behind(workshop, capture):
    """SIGKILL at some moments of a run: temporary files included."""
    command = workshop.command("replay", capture, "--store", workshop.store, "--school", SCHOOL)
    for after_s in (0.5, 1.0, 1.5, 2.0):
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=workshop.written / "cwd",
            env=workshop.environment(),
        )
        time.sleep(after_s)
        process.kill()
        process.wait(10)
    (workshop.written / "said" / "killed").write_text("killed")
    _nothing_in(workshop)


# --- the controls: the same scanner, and a canary that is there


def _each_form() -> list[tuple[str, str, bytes]]:
    return [(c.name, name, form) for c in CANARIES for name, form in forms(c).items()]


@pytest.mark.parametrize(
    ("canary", "name", "form"), _each_form(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_the_scanner_finds_each_form_planted_in_a_file(canary, name, form, tmp_path):
    exact = name.startswith("exact")
    (tmp_path / "log").write_bytes(b"\x00noise " + (form if exact else form.upper()) + b" noise")
    hits, _ = scan([tmp_path], CANARIES)
    assert Hit(canary, name, "log: octets") in hits


@pytest.mark.parametrize("compression", ["zstd", "gzip", "none"])
@pytest.mark.parametrize(
    "values",
    [
        [f"GET {invented.HOST}"],
        [int.from_bytes(invented.MAC, "big")],
        [int.from_bytes(invented.V6.packed[8:], "big", signed=True)],
        [invented.V4.packed],
        [str(invented.SERVER6)],
    ],
    ids=["name", "mac_as_number", "interface_identifier", "address_octets", "address"],
)
def test_the_scanner_finds_a_value_planted_in_parquet(values, compression, tmp_path):
    pq.write_table(
        pa.table({"column": values * 3}), tmp_path / "part.parquet", compression=compression
    )
    hits, _ = scan([tmp_path], CANARIES)
    assert any(hit.place == "part.parquet: parquet value" for hit in hits)


@pytest.mark.parametrize("codec", ["zstd", "gzip"])
def test_the_scanner_finds_what_is_compressed_inside_something_else(codec, tmp_path):
    packed = bytes(pa.compress(invented.HOST.encode() * 40, codec=codec))
    assert invented.LABEL.encode() * 2 not in packed
    (tmp_path / "dump").write_bytes(b"before" * 9 + packed + b"after" * 9)
    hits, _ = scan([tmp_path], CANARIES)
    assert any(hit.place == "dump: compressed" for hit in hits)


def test_the_scanner_finds_a_file_name(tmp_path):
    (tmp_path / f"flows-{invented.MAC.hex()}.tmp").touch()
    hits, _ = scan([tmp_path], CANARIES)
    assert {hit.canary for hit in hits} == {"mac"}


def test_the_scanner_finds_every_canary_in_the_capture_itself(capture):
    found = {hit.canary for hit in scan_octets(capture.read_bytes(), CANARIES, "capture")}
    assert found == {canary.name for canary in CANARIES}


def test_a_collector_that_keeps_whole_names_is_caught(workshop, capture):
    done = workshop.run(
        *("replay", capture, "--store", workshop.store), module="tests.support.whole_names"
    )
    assert done.returncode == 0
    hits, _ = scan([workshop.written], CANARIES)
    assert {hit.canary for hit in hits} == {"host_label"}


def test_a_collector_that_does_not_key_its_pseudonyms_is_caught(workshop, capture):
    done = workshop.run(
        *("replay", capture, "--store", workshop.store), module="tests.canary.unkeyed"
    )
    assert done.returncode == 0
    hits, _ = scan([workshop.written], CANARIES)
    assert {hit.canary for hit in hits} == {"mac"}
