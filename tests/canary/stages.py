"""The stages of the path from a wire to a page, each with the fifty machines' traffic in it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simulator.canaries import SERVER4, Machine, canary_packets
from tests.canary.traps import within
from tests.canary.workshop import Workshop
from tests.conntrack.nat import SERVER, UDP_PORT, Nat, inside
from tests.exports import wire as w
from tests.support.acknowledged import acknowledge
from tests.support.capturing import has_packet_socket, interface_number
from tests.support.netns import GATEWAY_IF, SCHOOL_IF, Namespace, Wire
from tests.support.processes import ROOT, end, wait_until

SCHOOL = ROOT / "simulator" / "school"
START_S = 100.0
SFLOW_HEADER = 200
"""Octets of each frame that an exporter passes on, payload in them."""


@contextmanager
def collector(
    shop: Workshop,
    name: str,
    *arguments: str | Path,
    where: Namespace | None = None,
    ready: bytes,
    module: tuple[str, ...] = ("tests.canary.at_debug",),
    group: Path | None = None,
) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    """Run a collector at DEBUG until the block ends, then SIGTERM; what it says is searched too.

    Args:
        shop: whose directories it writes into.
        name: of the file that takes what it says.
        arguments: of `jauge`; store and school are added.
        where: a namespace.
        ready: what it says when it is at work; empty: the caller waits for something else.
        module: what is started, and words before the command.
        group: control group of its memory.
    """
    words = (*arguments, "--store", shop.store, "--school", SCHOOL, "--json")
    command = shop.command(*module[1:], *words, module=module[0])
    if group is not None:
        command = within(group, command)
    said = shop.written / "said" / name
    with said.open("ab") as out:
        process = subprocess.Popen(
            where.within(*command) if where else command, stdout=out, stderr=subprocess.STDOUT,
            cwd=shop.written / "cwd", env=shop.environment(), start_new_session=True,
        )  # fmt: skip
    try:
        if ready:
            wait_until(
                lambda: ready in said.read_bytes() or process.poll() is not None, name, START_S
            )
        yield process, said
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    finally:
        end(process)


@contextmanager
def capturing(
    shop: Workshop, both: Wire, name: str, *module: str, group: Path | None = None
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Run `jauge capture` on the wire; yields the holder and the parser's process id."""
    number = interface_number(both.gateway, GATEWAY_IF)
    options = ("capture", "--interface", GATEWAY_IF, "--side", "lan")
    started = module or ("tests.canary.at_debug",)
    with collector(shop, name, *options, where=both.gateway, ready=b"", module=started) as (
        process,
        said,
    ):
        wait_until(
            lambda: process.poll() is not None or has_packet_socket(process.pid, number),
            "the collector's ring", START_S,
        )  # fmt: skip
        assert process.poll() is None, said.read_text()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        yield process, int(children.read_text().split()[0])


def send(both: Wire, capture: Path) -> None:
    """Put every frame of a capture file onto the wire."""
    command = both.school.within(sys.executable, "-m", "tests.canary.send", SCHOOL_IF, str(capture))
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)


def spooled(shop: Workshop) -> int:
    """Return the octets that lie in spools of slices."""
    found = list((shop.store / "spool").glob("*.spool"))
    return sum(path.stat().st_size for path in found)


def crash(process: "subprocess.Popen[bytes]", parser: int) -> None:
    """End parser and holder by SIGSEGV: each would leave a core."""
    os.kill(parser, signal.SIGSEGV)
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGSEGV)
    process.wait(30)


def _logs(shop: Workshop, machines: tuple[Machine, ...], server: str) -> tuple[Path, Path]:
    """Write what a name server and a proxy would log; these files are input, and not searched."""
    dns, proxy = shop.input / "dnsmasq.log", shop.input / "squid.log"
    dns.touch()
    proxy.touch()
    now = time.time()
    clock = time.strftime("%b %d %H:%M:%S")
    with dns.open("a") as to_dns, proxy.open("a") as to_proxy:
        for n, who in enumerate(machines):
            asked = f"{clock} gw dnsmasq[812]: {n} {who.v4}/40512"
            to_dns.write(f"{asked} query[A] {who.sni} from {who.v4}\n")
            to_dns.write(f"{asked} reply {who.sni} is {server}\n")
            to_proxy.write(
                f"{now:.3f}    180 {who.v4} TCP_MISS/200 411 GET http://{who.host}/ {who.agent} "
                f"HIER_DIRECT/{server} text/html\n"
            )
    return dns, proxy


def listen(shop: Workshop, machines: tuple[Machine, ...]) -> None:
    """Let an exporter tell of the machines: IPFIX, NetFlow v5, sFlow with whole headers; and logs."""
    dns, proxy = (shop.input / name for name in ("dnsmasq.log", "squid.log"))
    dns.touch()
    proxy.touch()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    options = ("--bind", f"127.0.0.1:{port}", "--exporter", "127.0.0.1")
    logs = ("--dns-log", dns, "--proxy-log", proxy)
    with (
        collector(shop, "listen", "listen", *options, *logs, ready=b"listening") as (process, said),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        assert process.poll() is None, said.read_text()
        _logs(shop, machines, str(SERVER4))
        time.sleep(1.5)
        for datagram in _datagrams(machines):
            sender.sendto(datagram, ("127.0.0.1", port))
            time.sleep(0.002)
        time.sleep(1.5)


def _datagrams(machines: tuple[Machine, ...]) -> Iterator[bytes]:
    now = time.time()
    records = b"".join(
        w.absolute(str(who.v4), str(SERVER4), start=now - 9, end=now - 5, sport=41_000 + n)
        for n, who in enumerate(machines)
    )
    yield w.ipfix(w.ipfix_template(256, w.ABSOLUTE), w.flow_set(256, records), now=now)
    yield w.v5(*(w.v5_record(str(who.v4), str(SERVER4)) for who in machines), now=now)
    for who in machines:
        for n, packet in enumerate(canary_packets(who)):
            header = bytes(packet)
            sample = w.flow_sample(w.raw_header(header[:SFLOW_HEADER], frame=len(header)), rate=1)
            yield w.sflow(sample, sequence=n)


def conntrack(shop: Workshop, places: Nat, machines: tuple[Machine, ...]) -> None:
    """Follow a gateway that masquerades while each machine asks a server, by its own MAC and address."""
    dns, proxy = _logs(shop, machines, SERVER)
    options = ("capture", "--source", "conntrack", "--dns-log", dns, "--proxy-log", proxy)
    with (
        inside(places.internet, "serve", "443"),
        collector(shop, "conntrack", *options, where=places.gateway, ready=b"following") as got,
    ):
        process, said = got
        assert process.poll() is None, said.read_text()
        _logs(shop, machines, SERVER)
        time.sleep(1.5)
        for who in machines:
            places.pupil.call("ip", "link", "set", "dev", SCHOOL_IF, "address", who.mac.hex(":"))
            with suppress(RuntimeError):  # some machines share an address
                places.pupil.add_address(SCHOOL_IF, f"{who.v4}/20")
            places.pupil.call("ip", "route", "replace", "default", "via", "10.10.0.1")
            asked = (
                f"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                f"s.bind(('{who.v4}', 0)); s.settimeout(5); "
                f"s.sendto(b'x' * 300, ('{SERVER}', {UDP_PORT})); s.recv(2048)"
            )
            places.pupil.call(sys.executable, "-c", asked)
        time.sleep(1)


def prepare(shop: Workshop) -> Workshop:
    """Acknowledge the settings, as the DPO would."""
    acknowledge(shop.store, SCHOOL)
    return shop
