"""The real `jauge` command in a child process, as talkative as it can be made, and altered or crashed on demand.

`cli` lies above this room and is not imported: the child does that, from the few lines below. Everything
it may write lies in one directory, which the attack then searches. The pseudonym keys that it makes are
noted outside that directory, so that the attack knows what to search for.
"""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
RUN_S: Final = 240

TALKATIVE: Final = """
import faulthandler, logging, os, resource, signal, sys, warnings
import collector.keys as keys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)
warnings.simplefilter("always")
_, hard = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
taken = keys.DayKeys._take
def noted(self, day):
    held = taken(self, day)
    with open(os.environ["AUDIT_KEYS"], "ab") as file:
        file.write(bytes(self._page.view(held.slot)[:32]))
    return held
keys.DayKeys._take = noted
"""
CRASH: Final = """
import collector.engine
def crash(*_, **__):
    os.kill(os.getpid(), signal.{name})
collector.engine.slice_table = crash
"""
RUN: Final = """
from cli.main import run
run()
"""
UNKEYED: Final = """
import collector.resolve, hashlib
collector.resolve.device_pseudonym = lambda _key, mac: int.from_bytes(
    hashlib.blake2b(mac, digest_size=8, person=b"dev/v1").digest(), "big", signed=True)
"""
KEY_IN_THE_STORE: Final = """
def stored(self, day):
    held = noted(self, day)
    with open(os.path.join(os.environ["AUDIT_STORE"], "keys.db"), "ab") as file:
        file.write(bytes(self._page.view(held.slot)[:32]))
    return held
keys.DayKeys._take = stored
"""
LOGGED_NAME: Final = """
import collector.resolve
known = collector.resolve.Sites.number_of
def told(self, name):
    logging.getLogger("jauge").debug("name %s", name)
    return known(self, name)
collector.resolve.Sites.number_of = told
"""


@dataclass(frozen=True, slots=True)
class Child:
    """One directory, and the command that runs in it."""

    place: Path

    def __post_init__(self) -> None:
        for name in ("input", "written/cwd", "written/tmp", "written/said"):
            (self.place / name).mkdir(parents=True, exist_ok=True)
        self.store.mkdir(mode=0o700, exist_ok=True)

    @property
    def written(self) -> Path:
        """Everything that the command writes."""
        return self.place / "written"

    @property
    def store(self) -> Path:
        """The store."""
        return self.written / "store"

    @property
    def keys(self) -> list[bytes]:
        """The pseudonym keys that were made."""
        path = self.place / "keys"
        data = path.read_bytes() if path.exists() else b""
        return [data[n : n + 32] for n in range(0, len(data), 32)]

    def run(self, *arguments: str | Path, altered: str = "", crash: str = "") -> int:
        """Run `jauge` with these arguments; what it says is kept where the attack searches.

        Args:
            arguments: of the command.
            altered: lines that take a protection out.
            crash: name of a signal by which it ends when it knows most; empty: none.
        """
        program = TALKATIVE + altered + (CRASH.format(name=crash) if crash else "") + RUN
        done = subprocess.run(
            [sys.executable, "-c", program, *map(str, arguments)],
            capture_output=True,
            timeout=RUN_S,
            cwd=self.written / "cwd",
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "PYTHONFAULTHANDLER": "1",
                "JAUGE_LOG_LEVEL": "DEBUG",
                "TMPDIR": str(self.written / "tmp"),
                "AUDIT_KEYS": str(self.place / "keys"),
                "AUDIT_STORE": str(self.store),
            },
            check=False,
        )
        said = self.written / "said"
        number = len(list(said.iterdir()))
        (said / f"{number:02d}").write_bytes(done.stdout + b"\n" + done.stderr)
        return done.returncode


def crashed(code: int) -> bool:
    """Say whether a child ended by a signal."""
    return code in {-signal.SIGSEGV, -signal.SIGABRT}
