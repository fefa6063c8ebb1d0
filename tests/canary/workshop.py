"""Directories of one canary run, and the command started inside them: everything it writes is here."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import ROOT

RUN_S = 120


@dataclass(frozen=True, slots=True)
class Workshop:
    """`input` holds the capture and is not searched; everything under `written` is."""

    root: Path

    @property
    def input(self) -> Path:
        """What the command reads."""
        return self.root / "input"

    @property
    def written(self) -> Path:
        """Everything that the command may write."""
        return self.root / "written"

    @property
    def store(self) -> Path:
        """The store."""
        return self.written / "store"

    def make(self) -> "Workshop":
        """Make the directories."""
        self.input.mkdir(parents=True)
        for name in ("cwd", "tmp", "home", "said"):
            (self.written / name).mkdir(parents=True)
        return self

    def environment(self) -> dict[str, str]:
        """As talkative as can be asked for, and every place to write inside the workshop."""
        home = self.written / "home"
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONFAULTHANDLER": "1",
            "JAUGE_LOG_LEVEL": "DEBUG",
            "TMPDIR": str(self.written / "tmp"),
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_STATE_HOME": str(home / "state"),
            "JAUGE_MACHINE_DIR": os.environ["JAUGE_MACHINE_DIR"],
            "LANG": "C.UTF-8",
        }

    def command(self, *arguments: str | Path, module: str = "tests.canary.at_debug") -> list[str]:
        """Return the whole command line."""
        return [sys.executable, "-m", module, *map(str, arguments)]

    def run(
        self, *arguments: str | Path, module: str = "tests.canary.at_debug"
    ) -> subprocess.CompletedProcess[str]:
        """Run `jauge`; keep what it said where the scanner looks."""
        done = subprocess.run(
            self.command(*arguments, module=module),
            capture_output=True,
            text=True,
            timeout=RUN_S,
            cwd=self.written / "cwd",
            env=self.environment(),
            check=False,
        )
        number = len(list((self.written / "said").iterdir()))
        said = self.written / "said" / f"{number:02d}"
        said.write_text(f"{done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def cores(self) -> list[Path]:
        """Core files that were left."""
        return [path for path in self.written.rglob("*") if path.name.startswith("core")]
