"""BitTorrent clients: one that has the file, behind the gateway, and one in the school."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.behaviour.stage import PLACE, SEEDER, TRACKER, Stage
from tests.support import media
from tests.support.netns import Namespace
from tests.support.processes import running, wait_until

TRACKER_PORT, PEER_PORT = 6969, 51413
CONTENT_BYTES = 24_000_000
ANNOUNCES_S = 3
"""Until the one that has the file has told the tracker."""


@contextmanager
def shared(stage: Stage) -> Iterator[tuple[Path, Path, Path]]:
    """A torrent with its tracker: (torrent, directory that has it all, empty directory)."""
    full, empty = stage.work / "full", stage.work / "empty"
    full.mkdir()
    empty.mkdir()
    content = secrets.token_bytes(CONTENT_BYTES)
    (full / "film.bin").write_bytes(content)
    torrent = stage.work / "film.torrent"
    announce = f"http://{TRACKER}:{TRACKER_PORT}/announce"
    torrent.write_bytes(media.make_torrent(content, "film.bin", announce, piece_bytes=262_144))
    gateway, address = stage.wire.gateway, PLACE[TRACKER].v4
    with media.tracker(gateway, address, TRACKER_PORT, stage.work):
        gateway.add_address("lo", f"{SEEDER}/32")
        directory = Path("/etc/netns") / gateway.name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "hosts").write_text(f"{address} {TRACKER}\n")
        yield torrent, full, empty


def aria2(
    where: Namespace, torrent: Path, directory: Path, *, seed: bool, encrypted: bool
) -> list[str]:
    """Return the command of aria2; encrypted means RC4 over the whole stream (MSE)."""
    crypto = ("--bt-require-crypto=true", "--bt-min-crypto-level=arc4") if encrypted else ()
    role = (
        (
            "--check-integrity=true",
            "--seed-ratio=0.0",
            f"--bt-external-ip={SEEDER}",
            f"--interface={SEEDER}",
        )
        if seed
        else ("--seed-time=0", f"--dht-entry-point={SEEDER}:{PEER_PORT}")
    )
    return where.within(
        *("aria2c", "--no-conf", "--quiet", f"--dir={directory}", f"--listen-port={PEER_PORT}"),
        *("--enable-dht=true", f"--dht-listen-port={PEER_PORT}", "--disable-ipv6=true"),
        *("--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false"),
        *(f"--dht-file-path={directory}/dht.dat", "--file-allocation=none", *crypto, *role),
        str(torrent),
    )


def play_aria2(stage: Stage, *, encrypted: bool) -> None:
    """Let aria2 in the school fetch the file from aria2 behind the gateway."""
    with shared(stage) as (torrent, full, empty):
        seeder = aria2(stage.wire.gateway, torrent, full, seed=True, encrypted=encrypted)
        with running(seeder, log=stage.work / "seeder.log", home=stage.work):
            wait_until(lambda: _listens(stage.wire.gateway), "the seeder to listen")
            time.sleep(ANNOUNCES_S)
            command = aria2(stage.wire.school, torrent, empty, seed=False, encrypted=encrypted)
            stage.wire.school.call(*command[4:], timeout_s=90)
        _same(full, empty)


def _listens(where: Namespace) -> bool:
    return f":{PEER_PORT}" in where.call("ss", "-Hlnt")


def _same(full: Path, empty: Path) -> None:
    assert (full / "film.bin").read_bytes() == (empty / "film.bin").read_bytes()
