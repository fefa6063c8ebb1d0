"""Facts of the machine: capabilities, clock, swap, systemd's units and their journal. Does I/O."""

import ctypes
import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cli.diagnosis.facts import MachineFacts, UnitFacts
from cli.hardening import swap_in_clear

PLACES: Final = (
    Path("/etc/systemd/system"),
    Path("/usr/lib/systemd/system"),
    Path("/lib/systemd/system"),
)
PATTERN: Final = "jauge-*.service"
ALWAYS: Final = ("jauge-collector.service", "jauge-web.service")
"""Those that run all the time; the others are started by timers."""
INSTEAD: Final = "jauge-listen.service"
"""In place of the collector where routers export; off until an administrator enables it."""
CALLERS: Final = ("jauge-lists.service",)
"""Whose work is to fetch something: what they send is no finding."""
_CAP_NET_RAW: Final = 13
_TIME_ERROR: Final = 5
_TIMEX_OCTETS: Final = 256
_SCORE: Final = re.compile(r"exposure level for .*?:\s*([0-9]+\.[0-9]+)")
_WORD: Final = re.compile(r"[0-9a-f:.]{4,}", re.IGNORECASE)
_MAC: Final = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", re.IGNORECASE)


def machine_of(today: date) -> MachineFacts:
    """Ask the machine."""
    units = _units()
    runs = any(unit.name in (ALWAYS[0], INSTEAD) and unit.active for unit in units or ())
    return MachineFacts(
        today,
        may_capture=runs or _has_capability(_CAP_NET_RAW),
        clock_synchronised=_clock_synchronised(),
        swap_in_clear=swap_in_clear(),
        units=units,
        lines_with_addresses=_lines_with_addresses(),
    )


def _has_capability(number: int) -> bool:
    text = Path("/proc/self/status").read_text("ascii")
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", text, re.MULTILINE)
    return bool(found and int(found[1], 16) >> number & 1)


def _clock_synchronised() -> bool | None:
    """Return what adjtimex(2) says; None where it cannot be called."""
    libc = ctypes.CDLL(None, use_errno=True)
    state = libc.adjtimex(ctypes.create_string_buffer(_TIMEX_OCTETS))
    return None if state < 0 else bool(state != _TIME_ERROR)


def _run(*command: str) -> str | None:
    """Return what a program of systemd prints, on both streams; None where it is not there."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, an absolute path
            [program, *command[1:]],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={**os.environ, "SYSTEMD_COLORS": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout


def _units() -> tuple[UnitFacts, ...] | None:
    found: dict[str, Path] = {}
    for place in PLACES:
        for path in sorted(place.glob(PATTERN)):
            found.setdefault(path.name, path)
    if not found or shutil.which("systemd-analyze") is None:
        return None
    booted = Path("/run/systemd/system").is_dir()
    units = [_unit(name, path, booted=booted) for name, path in sorted(found.items())]
    if any(unit.name == INSTEAD and unit.active for unit in units):
        units = [replace(unit, wanted=unit.wanted and unit.name != ALWAYS[0]) for unit in units]
    return tuple(units)


def _unit(name: str, path: Path, *, booted: bool) -> UnitFacts:
    active = sent = None
    if booted:
        said = _run("systemctl", "show", name, "-p", "ActiveState", "-p", "IPEgressPackets") or ""
        values = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        active = values.get("ActiveState") in {"active", "activating", "reloading"}
        counted = values.get("IPEgressPackets", "")
        if (
            counted.isdecimal()
            and int(counted) < 2**63
            and name not in (*CALLERS, "jauge-web.service")
        ):
            sent = int(counted)
    return UnitFacts(name, name in ALWAYS, active, score_of(path), sent)


def score_of(path: Path) -> float | None:
    """Return systemd's exposure level of a unit file; None where it cannot tell."""
    said = _run("systemd-analyze", "security", "--offline=true", "--no-pager", str(path)) or ""
    found = _SCORE.search(said)
    return float(found[1]) if found else None


def _lines_with_addresses() -> int | None:
    if not Path("/run/systemd/system").is_dir():
        return None
    said = _run("journalctl", "-q", "-o", "cat", "--since", "-24h", "-u", "jauge-*")
    return None if said is None else count_addresses(said)


def count_addresses(text: str) -> int:
    """Return how many lines hold an address of somebody; loopback is nobody's."""
    return sum(any(map(_is_somebodys, _WORD.findall(line))) for line in text.splitlines())


def _is_somebodys(word: str) -> bool:
    word = word.rstrip(".:") if not word.endswith("::") else word
    if _MAC.fullmatch(word):
        return True
    for candidate in (word, word.rpartition(":")[0]):  # with a port behind it
        try:
            address = ip_address(candidate)
        except ValueError:
            continue
        return not (address.is_loopback or address.is_unspecified)
    return False
