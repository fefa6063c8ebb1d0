"""A year of sealed releases, and `jauge serve` over it, alone on one core."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.pages.published_school import Publisher, publish

SPAN = timedelta(weeks=10)
"""What the published school of the tests covers; the year is made of shifted copies of it."""
COPIES = 5
PASSWORD = "trois chats dorment au grenier"  # noqa: S105 - of an invented person
SERVER_CORE, CLIENT_CORE = 0, 1


def publish_year(public: Path) -> int:
    """Write 60 weeks of every table that the tests' school has; returns the number of releases."""
    publish(public)
    publisher = Publisher(public)
    stored = [
        (path.parent.name, json.loads(path.read_bytes())["payload"])
        for path in sorted((public / "releases").rglob("*.json"))
    ]
    for copy in range(1, COPIES + 1):
        for table, payload in stored:
            moved = _moved(payload, -copy * SPAN)
            publisher.write(f"releases/{table}", moved["period"], moved)
    days = next(payload for table, payload in stored if table == "T6")
    for number in range(1, 365):
        moved = _moved(days, -timedelta(days=number))
        publisher.write("releases/T6", moved["period"], moved)
    return sum(1 for _ in (public / "releases").rglob("*.json"))


def _moved(payload: dict[str, Any], by: timedelta) -> dict[str, Any]:
    moved = dict(payload)
    for name in ("starts", "ends"):
        if name in moved:
            moved[name] = (date.fromisoformat(moved[name]) + by).isoformat()
    if "-W" in payload["period"]:
        year, week, _ = date.fromisoformat(moved["starts"]).isocalendar()
        moved["period"] = f"{year}-W{week:02d}"
    else:
        moved["period"] = (date.fromisoformat(payload["period"]) + by).isoformat()
    return moved


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    address: str
    pid: int
    accounts: Path
    session: str
    """Cookie of the committee."""

    def cpu_s(self) -> float:
        """Return the processor time that the server took so far: other work does not add to it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self) -> float:
        """Return the resident memory of the server."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise ProcessLookupError(self.pid)


@contextmanager
def served(public: Path, port: int) -> Iterator[Served]:
    """Run `jauge serve` on one core and log in once."""
    command = ["taskset", "-c", str(SERVER_CORE), sys.executable, "-m", "cli", "serve"]
    command += ["--public", str(public), "--port", str(port), "--demo", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - asked for above
            said = json.loads(process.stdout.readline())
            cookie = httpx.get(said["links"]["committee"]).cookies["jauge_session"]
            accounts = public.parent / "web/accounts.sqlite"
            yield Served(said["address"].rstrip("/"), process.pid, accounts, cookie)
        finally:
            process.terminate()


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
