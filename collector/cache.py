"""Where compiled code lives, and whether it is there.

The standard library only: `jauge capture` asks before it imports Numba, because the process that
parses may start no other (cli/seccomp.py).

Numba keeps one cache file per function and looks at that function's own file only, so a change in
a callee would go unseen. The cache directory is therefore named after a digest of all the compiled
sources. Where no directory can be written the code still runs: it is compiled at each start.
Decision and figures: docs/adr/0001-how-the-meter-is-compiled.md.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_SOURCES = Path(__file__).parent / "meter"


def sources_digest() -> str:
    """Return 16 hex digits that change with any source of the compiled loop."""
    digest = hashlib.sha256()
    for path in sorted(_SOURCES.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _writable(directory: Path) -> bool:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return True
    except OSError:
        return False


def _candidates() -> list[Path]:
    """Where compiled code may live: the service's own directory, the environment's, the user's."""
    given = os.environ.get("JAUGE_CACHE_DIR") or os.environ.get("CACHE_DIRECTORY")
    homes = [Path(given)] if given else []
    homes.append(Path(__file__).resolve().parents[1] / ".venv" / "jauge-cache")
    homes.append(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "jauge")
    return [home / f"meter-{sources_digest()}" for home in homes]


def cache_directory() -> Path | None:
    """Return the first directory that can be written, or None."""
    return next((path for path in _candidates() if _writable(path)), None)


DIRECTORY = cache_directory()

_COMPLETE = "complete-" + hashlib.sha256(str(_SOURCES.resolve()).encode()).hexdigest()[:16]
"""A file of this name says that every entry of the loop is in the cache. Numba files its entries by
the path of the source, so the name stands for this tree, not for another one that shares the cache."""


def is_warm() -> bool:
    """Say whether this machine has compiled this very source before."""
    return DIRECTORY is not None and (DIRECTORY / _COMPLETE).exists()


def note_warm() -> None:
    """Remember that the whole loop has been compiled into the cache."""
    if DIRECTORY is not None:
        (DIRECTORY / _COMPLETE).touch()


def has_cache() -> bool:
    """Say whether compiled code can be kept for the next start."""
    return DIRECTORY is not None


def fill() -> None:
    """Compile everything into the cache in a process of its own, so that this one stays as it is.

    What fails there is compiled later by who needs it.
    """
    command = [sys.executable, "-m", "collector.compile", "--quiet"]
    subprocess.run(command, check=False)  # noqa: S603 - ourselves
