"""Real exporters over loopback: what `jauge listen` stores is what they say that they sent."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from tests.exports import wire as w
from tests.programs import find
from tests.support.acknowledged import acknowledge
from tests.support.stores import segments_of, stored

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def listening(store: Path, *, exporter="127.0.0.1", stop=signal.SIGTERM):
    """Run `jauge listen` confined as its unit does; yields (port, result), which is filled at the end."""
    port, result = free_port(), {}
    acknowledge(store)
    command = [sys.executable, "-m", "cli.confined", "listener", "listen", "--bind", f"127.0.0.1:{port}",
               "--exporter", exporter, "--store", str(store), "--json"]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert "listening" in process.stderr.readline()
        yield port, result
        time.sleep(0.3)
        process.send_signal(stop)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        result.update(json.loads(out))
    finally:
        process.kill()
        process.wait()


def total(table: pa.Table, *names: str) -> int:
    return sum(sum(table[name].to_pylist()) for name in names)


def capture_of(directory: Path, flows: int) -> tuple[Path, int, int]:
    """A capture of `flows` UDP exchanges; returns the file, its packets and its IP octets."""
    import struct

    def frame(source, target, sport, dport, length):
        udp = struct.pack(">HHHH", sport, dport, 8 + length, 0) + bytes(length)
        head = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                           w.address(source), w.address(target))  # fmt: skip
        return w.ethernet(head + udp)

    path, packets, octets = directory / "exchanges.pcap", 0, 0
    start = int(time.time()) - 30
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1))
        for n in range(flows):
            inside, port = f"10.0.{n // 250}.{1 + n % 250}", 20_000 + n
            for turn in range(4):
                ends = (inside, "198.51.100.7", port, 443)
                back = ("198.51.100.7", inside, 443, port)
                data = frame(*(back if turn % 2 else ends), 50 + 300 * (turn % 2))
                file.write(struct.pack("<IIII", start + turn, n, len(data), len(data)) + data)
                packets, octets = packets + 1, octets + len(data) - 14
    return path, packets, octets


@pytest.mark.skipif(find("softflowd") is None, reason="softflowd is not installed")
@pytest.mark.parametrize("version", ["5", "9", "10"])
def test_softflowd_exports_and_every_flow_and_octet_arrives(tmp_path, version):
    capture, packets, octets = capture_of(tmp_path, 600)
    store = tmp_path / "store"
    with listening(store) as (port, report):
        run = subprocess.run(
            [find("softflowd"), "-r", capture, "-n", f"127.0.0.1:{port}", "-v", version, "-d",
             "-p", tmp_path / "pid", "-c", "none"],
            capture_output=True, text=True, check=True, timeout=30,
        )  # fmt: skip
    said = run.stdout + run.stderr
    assert int(re.search(r"Packets processed: (\d+)", said).group(1)) == packets
    records = int(re.search(r"Flows exported: \d+ \((\d+) records\)", said).group(1))
    table = stored(store, "flows")
    exporter = report["exporters"][0]
    assert exporter["records_metered"] == records == 1_200
    assert report["flows"] == len(set(table["flow"].to_pylist())) == 600
    assert total(table, "up_bytes", "down_bytes") == octets == report["ip_bytes"]
    assert total(table, "up_packets", "down_packets") == packets
    assert exporter["numbers"]["lost"] == 0
    assert exporter["numbers"]["offered"] == exporter["numbers"]["parsed"]
    assert report["rejected"] == {}
    assert total(table, "up_bytes") == 600 * 2 * (20 + 8 + 50)


@pytest.mark.skipif(find("softflowd") is None, reason="softflowd is not installed")
@pytest.mark.skipif(find("nfcapd") is None, reason="nfdump is not installed")
def test_nfreplay_sends_what_nfcapd_wrote_and_all_of_it_arrives(tmp_path):
    capture, packets, octets = capture_of(tmp_path, 200)
    spool, store = tmp_path / "spool", tmp_path / "store"
    spool.mkdir()
    middle = free_port()
    nfcapd = subprocess.Popen(
        [find("nfcapd"), "-p", str(middle), "-b", "127.0.0.1", "-w", spool],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(1)
        subprocess.run(
            [find("softflowd"), "-r", capture, "-n", f"127.0.0.1:{middle}", "-v", "9", "-d",
             "-p", tmp_path / "pid", "-c", "none"],
            capture_output=True, check=True, timeout=30,
        )  # fmt: skip
        time.sleep(1)
        nfcapd.terminate()
        nfcapd.wait(timeout=20)
    finally:
        nfcapd.kill()
    (written,) = [file for file in spool.iterdir() if file.name.startswith("nfcapd.2")]
    with listening(store, stop=signal.SIGINT) as (port, report):
        subprocess.run(
            [find("nfreplay"), "-r", written, "-H", "127.0.0.1", "-p", str(port), "-v", "9"],
            capture_output=True, check=True, timeout=30,
        )  # fmt: skip
    table = stored(store, "flows")
    assert total(table, "up_bytes", "down_bytes") == octets == report["ip_bytes"]
    assert total(table, "up_packets", "down_packets") == packets
    assert report["flows"] == 200


def test_forged_datagrams_leave_no_file(tmp_path):
    store = tmp_path / "store"
    with (
        listening(store, exporter="192.0.2.1") as (port, report),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        for n in range(50):
            sender.sendto(w.v5(w.v5_record(), sequence=n), ("127.0.0.1", port))
    assert report["rejected"] == {"forged": 50}
    assert report["datagrams_offered"] == 50 + report["kernel_drops"]
    assert not segments_of(store, "flows")


def test_no_address_is_written(tmp_path):
    """The canary: an inside address, an outside one and a full name, in every form."""
    from ipaddress import ip_address

    name, inside, outside = "canary-host.example.org", "10.231.7.93", "198.51.100.231"
    fields = [*w.ABSOLUTE, (188, 65_535, 35_632)]
    body = w.absolute(inside, outside, start=time.time() - 9, end=time.time() - 5)
    body += bytes([len(name)]) + name.encode()
    store = tmp_path / "store"
    with (
        listening(store) as (port, report),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sets = (w.ipfix_template(256, fields), w.flow_set(256, body))
        sender.sendto(w.ipfix(*sets, now=time.time()), ("127.0.0.1", port))
    assert report["flows"] == 1
    table = stored(store, "flows")
    assert set(table["site"].to_pylist()) == {"example.org"}  # one slice, or two over a minute
    everything = json.dumps(report).encode() + repr(table.to_pydict()).encode()
    for file in store.rglob("*"):
        everything += file.read_bytes() if file.is_file() else b""
    for address in (inside, outside):
        packed = ip_address(address).packed
        for form in (address.encode(), packed, packed[::-1]):
            assert form not in everything
    assert b"canary-host" not in everything
    assert b"example.org" in everything


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--bind", "nowhere", "--exporter", "192.0.2.1"], 2, "an address and a port"),
        (["--bind", "127.0.0.1:99999", "--exporter", "192.0.2.1"], 2, "an address and a port"),
        (["--bind", "127.0.0.1:0", "--exporter", "router.example"], 2, "write one address"),
        (["--bind", "192.0.2.77:2055", "--exporter", "192.0.2.1"], 2, "192.0.2.77"),
    ],
)
def test_what_a_user_gets_wrong_is_one_sentence(tmp_path, arguments, code, says):
    run = subprocess.run(
        [sys.executable, "-m", "cli", "listen", *arguments, "--store", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == code
    assert says in run.stderr
    assert "Traceback" not in run.stderr
