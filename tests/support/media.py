"""Servers and players of sound and video: icecast2, ffmpeg, aria2, with invented content."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.netns import COMMAND_S, Namespace, call
from tests.support.processes import ROOT, running, wait_until

TONE = ("-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100")
PROGRAMME = ("-re", "-f", "lavfi", "-i", "anoisesrc=color=pink:sample_rate=44100")
"""Fills the encoder's rate as music does; a tone shrinks to a sixth of it."""
_SEEDS = ("--check-integrity=true", "--seed-ratio=0.0")
PIECE_BYTES = 16_384
_ICECAST = """<icecast>
<limits><sources>2</sources><clients>10</clients><burst-size>16384</burst-size></limits>
<authentication><source-password>essai</source-password><admin-user>admin</admin-user>
<admin-password>essai</admin-password></authentication>
<hostname>localhost</hostname><listen-socket><port>8000</port></listen-socket>
<paths><logdir>{home}</logdir><webroot>/usr/share/icecast2/web</webroot>
<adminroot>/usr/share/icecast2/admin</adminroot></paths>
<logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog></logging>
<security><chroot>0</chroot><changeowner><user>nobody</user><group>nogroup</group></changeowner>
</security></icecast>
"""


@contextmanager
def icecast(where: Namespace, work: Path, sound: tuple[str, ...] = TONE) -> Iterator[None]:
    """A web radio at port 8000, /direct.ogg, fed by ffmpeg with a tone or another sound."""
    home = work / "icecast"
    home.mkdir()
    home.chmod(0o777)  # icecast drops to nobody
    (home / "icecast.xml").write_text(_ICECAST.format(home=home))
    server = where.within("icecast2", "-c", str(home / "icecast.xml"))
    source = where.within(
        *("ffmpeg", "-v", "error", *sound, "-c:a", "libvorbis", "-b:a", "96k", "-f", "ogg"),
        *("-content_type", "application/ogg", "icecast://source:essai@127.0.0.1:8000/direct.ogg"),
    )

    def on_air() -> bool:
        status = ("curl", "-s", "--max-time", "2", "http://127.0.0.1:8000/status-json.xsl")
        return "direct.ogg" in where.call(*status)

    def listens() -> bool:
        return ":8000" in where.call("ss", "-Hlnt")

    with running(server, log=work / "icecast.log", home=home):
        wait_until(listens, "icecast2 to listen")
        with running(source, log=work / "source.log", home=home):
            wait_until(on_air, "the radio to be on air")
            yield


def play(where: Namespace, url: str, seconds: float) -> None:
    """Play a stream at its own speed with ffmpeg."""
    where.call(
        *("ffmpeg", "-v", "error", "-nostdin", "-re", "-i", url),
        *("-t", str(seconds), "-f", "null", "-"),
        timeout_s=seconds + COMMAND_S,
    )


def make_hls(directory: Path, seconds: int = 6) -> None:
    """Write a small HLS video (play list and segments of two seconds)."""
    call(
        *("ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi"),
        *("-i", "testsrc=size=320x180:rate=12", "-f", "lavfi", "-i", "sine=frequency=330"),
        *("-t", str(seconds), "-c:v", "libx264", "-b:v", "150k", "-g", "24", "-c:a", "aac"),
        *("-f", "hls", "-hls_time", "2", "-hls_list_size", "0", str(directory / "film.m3u8")),
    )


def make_torrent(
    content: bytes, name: str, announce: str, *, piece_bytes: int = PIECE_BYTES
) -> bytes:
    """Return a torrent of one file (BEP 3)."""
    pieces = b"".join(
        hashlib.sha1(content[at : at + piece_bytes], usedforsecurity=False).digest()
        for at in range(0, len(content), piece_bytes)
    )
    info = b"d6:lengthi%de4:name%d:%s12:piece lengthi%de6:pieces%d:%se" % (
        *(len(content), len(name), name.encode(), piece_bytes),
        *(len(pieces), pieces),
    )
    return b"d8:announce%d:%s4:info%se" % (len(announce), announce.encode(), info)


@contextmanager
def tracker(where: Namespace, address: str, port: int, work: Path) -> Iterator[None]:
    """Our tracker, as long as the block lasts."""
    command = where.within(
        *("env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "tests.support.tracker"),
        *(address, str(port)),
    )
    with running(command, log=work / "tracker.log", home=work):
        wait_until(lambda: f":{port}" in where.call("ss", "-Hlnt"), "the tracker")
        yield


def aria2(
    where: Namespace, torrent: Path, directory: Path, *, seed: str | None = None
) -> list[str]:
    """Return the command of a peer: a leecher ends when it has everything, a seeder never.

    Args:
        where: namespace.
        torrent: what is shared.
        directory: where the content is or will be.
        seed: the address under which a seeder is found.
    """
    return where.within(
        *("aria2c", "--no-conf", "--quiet", f"--dir={directory}", "--listen-port=6881"),
        *(
            "--disable-ipv6=true",
            "--enable-dht=false",
            "--enable-dht6=false",
            "--bt-enable-lpd=false",
        ),
        *("--enable-peer-exchange=false", "--bt-min-crypto-level=plain", "--file-allocation=none"),
        *(_SEEDS if seed else ("--seed-time=0",)),
        *((f"--bt-external-ip={seed}",) if seed else ()),
        str(torrent),
    )
