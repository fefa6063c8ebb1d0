"""Records the golden captures: real programs, in namespaces that are ours, with invented names.

`python -m tests.golden.record [NAME…]` (root; `make golden`). Beside each capture it writes the
flows that are expected of the meter: packets and octets by Scapy, names by what was asked. The
meter has no part in it.
"""

import json
import os
import secrets
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path

from scapy.layers.dns import DNS
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.utils import RawPcapReader

from tests.support import media, wire_facts
from tests.support.capturing import recording
from tests.support.clients import browse, curl
from tests.support.internet import Certificates, Site, internet, sites
from tests.support.netns import Wire, wire
from tests.support.processes import running

HERE = Path(__file__).parent
INVENTED = tuple(ip_network(n) for n in ("198.51.100.0/24", "2001:db8::/32"))
ENT, RADIO, VIDEO, TRACKER, ALIAS = (
    *("ent.example.org", "radio.example.net", "video.example.com"),
    *("traqueur.example.net", "portail.example.org"),
)
PLACES = sites(ENT, RADIO, VIDEO, TRACKER)
PLACE = {place.name: place for place in PLACES}
SEEDER = "198.51.100.200"
TRACKER_PORT, PEER_PORT = 6969, 6881
SOURCES = {("tcp", 80): "http_host", ("tcp", 8000): "http_host", ("tcp", TRACKER_PORT): "http_host"}
SOURCES |= {("tcp", 443): "tls_sni", ("tcp", 8443): "tls_sni", ("udp", 443): "quic_sni"}


@dataclass
class Stage:
    """Where a scene plays."""

    wire: Wire
    certificates: Certificates
    work: Path

    def school_curl(self, *options: str) -> None:
        """Fetch from inside the school."""
        curl(self.wire.school, *options, certificates=self.certificates)

    def browse(self, name: str, *, quic_for: Sequence[str] = ()) -> None:
        """Open a site's page with Chromium from inside the school."""
        document = browse(
            *(self.wire.school, f"https://{name}/page.html", self.certificates),
            work=self.work,
            quic_for=quic_for,
        )
        assert "<title>page</title>" in document, document


@dataclass(frozen=True)
class Scene:
    """One capture: what happens, and what is known of its names beforehand."""

    play: Callable[[Stage], None]
    offloads: bool = False
    sources: dict[tuple[str, int], str] = field(default_factory=dict)
    """(transport, server port) → source, where it differs from the port's usual one."""


def _browser(stage: Stage) -> None:
    stage.browse(ENT)


def _http3(stage: Stage) -> None:
    stage.browse(ENT, quic_for=[ENT])


def _curl_families(stage: Stage) -> None:
    stage.school_curl("-4", f"https://{ENT}/page.html")
    stage.school_curl("-6", f"https://{VIDEO}:8443/page.html")


def _plain_http(stage: Stage) -> None:
    stage.school_curl("-4", f"http://{ENT}/page.html", f"http://{ENT}/photo.bin")


def _no_sni(stage: Stage, family: str = "-4") -> None:
    """A TLS client that sends no name, to an alias: the answers' chain of names is all there is."""
    stage.wire.school.call(
        *("openssl", "s_client", family, "-noservername", "-connect", f"{ALIAS}:443"),
        *("-verify_quiet", "-brief"),
        timeout_s=20,
    )


def _no_sni_other_family(stage: Stage) -> None:
    """The same over IPv6, the name asked over IPv4: what machines with both families do."""
    _no_sni(stage, "-6")


def _radio_tls(stage: Stage) -> None:
    with media.icecast(stage.wire.gateway, stage.work):
        media.play(stage.wire.school, f"https://{RADIO}/direct.ogg", 5)


def _radio_plain(stage: Stage) -> None:
    with media.icecast(stage.wire.gateway, stage.work):
        media.play(stage.wire.school, f"http://{RADIO}:8000/direct.ogg", 5)


def _hls(stage: Stage) -> None:
    media.play(stage.wire.school, f"https://{VIDEO}/film.m3u8", 6)


def _bittorrent(stage: Stage) -> None:
    content = secrets.token_bytes(200_000)
    full, empty = stage.work / "full", stage.work / "empty"
    full.mkdir()
    empty.mkdir()
    (full / "film.bin").write_bytes(content)
    torrent = stage.work / "film.torrent"
    announce = f"http://{TRACKER}:{TRACKER_PORT}/announce"
    torrent.write_bytes(media.make_torrent(content, "film.bin", announce))
    gateway, address = stage.wire.gateway, PLACE[TRACKER].v4
    with media.tracker(gateway, address, TRACKER_PORT, stage.work):
        gateway.add_address("lo", f"{SEEDER}/32")  # an address without a name
        seeder = media.aria2(gateway, torrent, full, seed=SEEDER)
        # the gateway's own programs resolve the tracker's name without the school's resolver
        (Path("/etc/netns") / gateway.name).mkdir(parents=True, exist_ok=True)
        (Path("/etc/netns") / gateway.name / "hosts").write_text(f"{address} {TRACKER}\n")
        with running(seeder, log=stage.work / "seeder.log", home=stage.work):
            time.sleep(2)  # until it has announced itself
            stage.wire.school.call(
                *media.aria2(stage.wire.school, torrent, empty)[4:], timeout_s=40
            )
    assert (empty / "film.bin").read_bytes() == content


SCENES: dict[str, Scene] = {
    "hello-split-in-two-segments": Scene(_browser),
    "hello-in-one-merged-packet": Scene(_browser, offloads=True),
    "http3-of-a-browser": Scene(_http3),
    "https-over-both-families": Scene(_curl_families),
    "plain-http": Scene(_plain_http),
    "name-from-a-dns-alias-only": Scene(_no_sni, sources={("tcp", 443): "dns"}),
    "name-from-dns-asked-over-the-other-family": Scene(
        _no_sni_other_family, sources={("tcp", 443): "dns"}
    ),
    "web-radio-over-tls": Scene(_radio_tls),
    "web-radio-in-clear": Scene(_radio_plain),
    "video-in-hls-segments": Scene(_hls),
    "bittorrent-between-two-peers": Scene(_bittorrent, sources={("tcp", PEER_PORT): "none"}),
}


def _website(root: Path) -> None:
    root.mkdir()
    (root / "photo.bin").write_bytes(secrets.token_bytes(40_000))
    (root / "page.html").write_text("<title>page</title><img src=photo.bin>")
    media.make_hls(root)


def _kept(frame: bytes) -> bool:
    """Keep what concerns the invented names; drop everything else that a program may say."""
    packet = Ether(frame)
    network = packet.getlayer(IP) or packet.getlayer(IPv6)
    if network is None:
        return False
    if UDP in packet and DNS in packet:
        question = packet[DNS].qd
        return bool(question) and question[0].qname.decode().rstrip(".") in {*PLACE, ALIAS}
    ends = (ip_address(network.src), ip_address(network.dst))
    return any(end in net for end in ends for net in INVENTED if end.version == net.version)


def keep(source: Path, target: Path) -> None:
    """Copy the frames that concern the invented names, with their times, as a pcap."""
    with RawPcapReader(str(source)) as reader, target.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
        for frame, meta in reader:
            if _kept(frame):
                out.write(struct.pack("<IIII", meta.sec, meta.usec, meta.caplen, meta.wirelen))
                out.write(frame)


def _place_of(address: str) -> Site | None:
    return next((p for p in PLACES if address in {p.v4, p.v6}), None)


def _name(key: wire_facts.Key, seen: wire_facts.Seen, scene: Scene) -> tuple[str | None, str]:
    """What is known of a flow's name, from what was asked and how."""
    usual = SOURCES.get((key.transport, key.server_port), "none")
    source = scene.sources.get((key.transport, key.server_port), usual)
    place = _place_of(key.server)
    if source == "none" or place is None:
        return None, "none"
    if source == "dns":
        return ALIAS, "dns"
    if not seen.up_payloads:  # opened ahead and never used: only its address was asked for
        return place.name, "dns"
    return place.name, source


def expected_flows(capture: Path, scene: Scene) -> list[dict[str, object]]:
    """Return what the meter must find in a capture."""
    rows = []
    for key, seen in wire_facts.flows(capture).items():
        name, source = _name(key, seen, scene)
        rows.append(
            {
                "transport": key.transport,
                "server_port": key.server_port,
                "name": name,
                "source": source,
                "up_packets": seen.up_packets,
                "up_bytes": seen.up_bytes,
                "down_packets": seen.down_packets,
                "down_bytes": seen.down_bytes,
            }
        )
    return sorted(rows, key=json.dumps)


@contextmanager
def _stage(scene: Scene) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="jauge-golden-") as directory:
        work = Path(directory)
        work.chmod(0o755)  # icecast2 reads its files as nobody
        _website(work / "www")
        with wire(offloads=scene.offloads) as both:
            aliases = {ALIAS: ENT}
            with internet(both, PLACES, root=work / "www", work=work, aliases=aliases) as signed:
                yield Stage(both, signed, work)


def record(name: str) -> None:
    """Play one scene and write its capture and its expected flows."""
    scene = SCENES[name]
    with _stage(scene) as stage:
        raw = stage.work / "raw.pcap"
        with recording(stage.wire.gateway, raw):
            scene.play(stage)
            time.sleep(0.3)  # the last acknowledgements
        capture = HERE / f"{name}.pcap"
        keep(raw, capture)
    rows = expected_flows(capture, scene)
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    (HERE / f"{name}.flows.json").write_text(f"[\n{lines}\n]\n")
    print(f"{name}: {capture.stat().st_size:,} octets, {len(rows)} flows")


def main() -> int:
    """Record the named scenes, or all."""
    if os.geteuid() != 0:
        print("make golden needs root: it makes network namespaces", file=sys.stderr)
        return 4
    for name in sys.argv[1:] or SCENES:
        record(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
