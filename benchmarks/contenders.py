"""The programs that are measured beside each other, and how each reads a capture file."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket

ROOT = Path(__file__).resolve().parents[1]
FLOWS_AT_ONCE = 262_144
"""Our own cap, given to whoever lets it be chosen: nobody is measured while evicting."""
_NFSTREAM_HOME = ROOT / "build" / "bench-venv"
_NFSTREAM_RUN = """
import sys, nfstream
flows = packets = 0
for flow in nfstream.NFStreamer(source=sys.argv[1]):
    flows, packets = flows + 1, packets + flow.bidirectional_packets
print(flows, packets)
"""

Command = Callable[[Path, Path], list[str]]
"""From the capture and a scratch directory to the command."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One program."""

    name: str
    version: str
    finds_names: bool
    command: Command
    share: int = 1
    """It reads files so many times smaller, when it is slow: the marginal cost does not depend on
    the size."""


@contextmanager
def listener() -> Iterator[int]:
    """A UDP port of this machine that takes what exporters send; nobody reads it."""
    with socket(AF_INET, SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def _version(command: list[str], line: int = 0) -> str:
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    text = (said.stdout + said.stderr).splitlines()
    number = re.search(r"\d+\.\d+(\.\d+)?", text[line]) if len(text) > line else None
    return number.group() if number else "unknown version"


def jauge() -> Contender:
    """This repository's `jauge replay`."""

    def command(capture: Path, scratch: Path) -> list[str]:
        out = scratch / "slices.parquet"
        return [sys.executable, "-m", "cli", "replay", str(capture), "--out", str(out), "--json"]

    return Contender("jauge replay", "this tree", finds_names=True, command=command)


def softflowd(port: int) -> Contender | None:
    """Debian's softflowd, exporting NetFlow v9 to a local port."""
    program = shutil.which("softflowd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        return None

    def command(capture: Path, scratch: Path) -> list[str]:
        return [
            program, "-r", str(capture), "-n", f"127.0.0.1:{port}", "-v", "9",
            "-m", str(FLOWS_AT_ONCE), "-p", str(scratch / "softflowd.pid"),
            "-c", "none",  # with a control socket it waits for somebody to call
        ]  # fmt: skip

    version = _version([program, "-h"], line=1)
    return Contender("softflowd", version, finds_names=False, command=command)


def ndpi_reader() -> Contender | None:
    """Debian's ndpiReader: the names and protocols of each flow."""
    program = shutil.which("ndpiReader")
    if program is None:
        return None

    def command(capture: Path, scratch: Path) -> list[str]:
        return [program, "-i", str(capture), "-C", str(scratch / "ndpi.csv"), "-q"]

    version = _version([program, "-h"], line=1)
    return Contender("ndpiReader", version, finds_names=True, command=command)


def argus() -> Contender | None:
    """Debian's argus, writing its own records."""
    program = shutil.which("argus", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        return None

    def command(capture: Path, scratch: Path) -> list[str]:
        out = scratch / "argus.out"
        out.unlink(missing_ok=True)
        return [program, "-F", "/dev/null", "-r", str(capture), "-w", str(out)]

    return Contender("argus", _version([program, "-h"]), finds_names=False, command=command)


def nfpcapd() -> Contender | None:
    """Read with nfpcapd of nfdump, writing its own files."""
    program = shutil.which("nfpcapd")
    if program is None:
        return None

    def command(capture: Path, scratch: Path) -> list[str]:
        directory = scratch / "nfpcapd"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        return [program, "-r", str(capture), "-w", str(directory)]

    version = _version([program, "-V"])
    return Contender("nfpcapd", version, finds_names=False, command=command)


def nfstream(*, install: bool) -> Contender | None:
    """Use nfstream from PyPI in an environment of its own, made on demand from locks/bench.lock."""
    python = _NFSTREAM_HOME / "bin" / "python"
    if install and not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(_NFSTREAM_HOME)], check=True)
        options = [
            "-q",
            "--disable-pip-version-check",
            "--require-hashes",
            "--only-binary",
            ":all:",
        ]
        lock = str(ROOT / "locks" / "bench.lock")
        subprocess.run([str(python), "-m", "pip", "install", *options, "-r", lock], check=True)
    if not python.exists():
        return None

    def command(capture: Path, scratch: Path) -> list[str]:  # noqa: ARG001 - writes nothing
        return [str(python), "-c", _NFSTREAM_RUN, str(capture)]

    version = _version([str(python), "-c", "import nfstream; print(nfstream.__version__)"])
    return Contender("nfstream", version, finds_names=True, command=command, share=10)
