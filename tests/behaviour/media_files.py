"""What the programs fetch: a film in segments, a package index, large files. All invented."""

import atexit
import gzip
import hashlib
import secrets
import shutil
import tempfile
import threading
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from tests.support.netns import call

SEGMENT_S = 6
"""HLS authoring specification for Apple devices, 1.10 section 7.5: a target of six seconds."""
FILM_KBIT_S = 900
"""A small picture, as a shared line is given."""
INDEX_BYTES = 9_000_000
"""Size of the index of Debian 12 `main` for one architecture (Packages.xz: 8.8 MB)."""


_LOCK = threading.Lock()


def film(directory: Path, seconds: int) -> None:
    """Write an HLS film with a play list; it is encoded once per process."""
    with _LOCK:
        encoded = _encoded(seconds)
    for path in encoded.iterdir():
        shutil.copy(path, directory)


@lru_cache
def _encoded(seconds: int) -> Path:
    """Encode a film; noise keeps the encoder at its rate."""
    directory = Path(tempfile.mkdtemp(prefix="jauge-film-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    picture = f"testsrc2=size=480x270:rate=15,noise=alls=30:allf=t,trim=duration={seconds}"
    call(
        *("nice", "ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", picture),
        *("-f", "lavfi", "-i", "sine=frequency=330", "-t", str(seconds)),
        *("-c:v", "libx264", "-preset", "ultrafast", "-b:v", f"{FILM_KBIT_S}k"),
        *("-maxrate", f"{FILM_KBIT_S * 3 // 2}k", "-bufsize", f"{FILM_KBIT_S * 2}k"),
        *("-g", str(15 * SEGMENT_S), "-c:a", "aac", "-b:a", "96k", "-f", "hls"),
        *("-hls_time", str(SEGMENT_S), "-hls_list_size", "0", str(directory / "film.m3u8")),
        timeout_s=300,
    )
    return directory


def large_file(path: Path, megabytes: int) -> None:
    """Write random octets."""
    with path.open("wb") as out:
        for _ in range(megabytes):
            out.write(secrets.token_bytes(1_000_000))


def repository(directory: Path) -> None:
    """Write a package archive that `apt update` takes: Release and one compressed index."""
    index = directory / "dists" / "jauge" / "main" / "binary-amd64"
    index.mkdir(parents=True)
    stanzas, octets = [], 0
    while octets < INDEX_BYTES * 2:  # hexadecimal digits shrink to half
        stanza = (
            f"Package: p{secrets.token_hex(4)}\nVersion: 1\nArchitecture: amd64\nMaintainer: nobody\n"
            f"Filename: pool/{secrets.token_hex(400)}.deb\nSize: 1\nDescription: {secrets.token_hex(400)}\n\n"
        )
        stanzas.append(stanza)
        octets += len(stanza)
    plain = "".join(stanzas).encode()
    packed = gzip.compress(plain, 1)
    (index / "Packages.gz").write_bytes(packed)
    (index / "Packages").write_bytes(plain)
    rows = "\n".join(
        f" {hashlib.sha256(data).hexdigest()} {len(data)} main/binary-amd64/{name}"
        for name, data in (("Packages", plain), ("Packages.gz", packed))
    )
    date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")
    release = f"Origin: jauge\nSuite: jauge\nCodename: jauge\nDate: {date}\nArchitectures: amd64\nComponents: main\nSHA256:\n{rows}\n"
    (index.parents[1] / "Release").write_text(release)
