"""Where a program plays: a school, its gateway, an invented Internet behind a line of its own rate.

Names are those of public services, so that the catalogue knows them; addresses are the invented
ones of `tests.support.internet`, and no route leads out.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from tests.support.internet import Certificates, Site, internet, sites
from tests.support.netns import GATEWAY_IF, SCHOOL_IF, Wire, wire

RADIO, VIDEO, FILES, UPDATES, CALLS, TRACKER = (
    *("icecast.radiofrance.fr", "hls.ftven.fr", "gfs.mega.nz", "archive.ubuntu.com"),
    *("webconf.visio-agents.education.fr", "traqueur.example.net"),
)
PLACES = sites(RADIO, VIDEO, FILES, UPDATES, CALLS, TRACKER)
PLACE: dict[str, Site] = {place.name: place for place in PLACES}
SEEDER = "198.51.100.200"
"""A peer: an address without a name."""
LINE_MBIT_S = 40
"""Rate of each direction: a small school's line. Without it a veth pair carries gigabits."""


@dataclass
class Stage:
    """What a scene has at hand."""

    wire: Wire
    certificates: Certificates
    work: Path
    site: Path
    """What the sites serve."""

    def client(self, *command: str, timeout_s: float) -> None:
        """Run a program inside the school; it must succeed."""
        trust = f"SSL_CERT_FILE={self.certificates.authority}"
        self.wire.school.call("env", trust, *command, timeout_s=timeout_s)


def another_machine(here: Stage) -> None:
    """Let the collector see one more machine: a single one looks like a school behind NAT."""
    frame = Ether(src="02:00:00:00:00:07", dst="02:00:00:00:00:08")
    frame = frame / IP(src="10.10.0.7", dst=PLACE[RADIO].v4) / UDP(sport=40_000, dport=9)
    code = (
        "import socket, sys; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); "
        f"s.bind(('{SCHOOL_IF}', 0)); s.send(bytes.fromhex(sys.argv[1]))"
    )
    here.wire.school.call(sys.executable, "-c", code, bytes(frame / b"x").hex())


def _shape(both: Wire) -> None:
    """Queue at the line's rate, as the last hop before a school does (token bucket, 20 ms)."""
    for where, interface in ((both.gateway, GATEWAY_IF), (both.school, SCHOOL_IF)):
        where.call(
            *("tc", "qdisc", "add", "dev", interface, "root", "tbf"),
            *("rate", f"{LINE_MBIT_S}mbit", "burst", "64k", "latency", "20ms"),
        )


def _as_behind_nat(both: Wire) -> None:
    """Let nothing in that was not asked for: a school's machines are not reached from outside."""
    chain = ("inet", "behind", "inward")
    school = both.school
    school.call("nft", "add", "table", "inet", "behind")
    hook = "{ type filter hook input priority 0 ; policy drop ; }"
    school.call("nft", "add", "chain", *chain, hook)
    for accepted in ("ct state established,related", "iif lo", "meta l4proto { icmp, icmpv6 }"):
        school.call("nft", "add", "rule", *chain, f"{accepted} accept")


@contextmanager
def stage(*, offloads: bool) -> Iterator[Stage]:
    """A new stage, gone after the block."""
    with tempfile.TemporaryDirectory(prefix="jauge-behaviour-") as directory:
        work = Path(directory)
        work.chmod(0o755)  # icecast2 and apt read as other users
        site = work / "www"
        site.mkdir()
        with wire(offloads=offloads) as both:
            _shape(both)
            _as_behind_nat(both)
            with internet(both, PLACES, root=site, work=work) as signed:
                yield Stage(both, signed, work, site)
