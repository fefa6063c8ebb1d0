"""The sign of life of a running collector, and what `jauge store status` says. Does I/O.

The file has a fixed size and is written over in place: it can still tell that the disk is full.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

from collector.store.space import stop_below
from collector.store.spool import SUFFIX
from privacy.store.layout import FLOWS, LINK, SPOOL, STATUS
from privacy.store.manifest import Manifest

SIZE: Final = 4_096
OLD_S: Final = 600
"""A spool older than two sealing times is not being looked after."""

RECENT_US: Final = 7 * 86_400 * 1_000_000
"""A gap is somebody's business for a week; it stays counted afterwards."""


class StatusFile:
    """Written by the collector about every four seconds."""

    def __init__(self, root: Path) -> None:
        self._path = root / STATUS
        self._handle = -1

    def open(self) -> None:
        """Make the file with its room.

        Raises:
            OSError: there is no room.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._handle = os.open(self._path, flags, 0o600)
        os.posix_fallocate(self._handle, 0, SIZE)

    def write(self, values: dict[str, Any]) -> None:
        """Say how things are; numbers and fixed words only.

        Raises:
            OSError: the disk does not take it.
        """
        if self._handle >= 0:
            os.pwrite(self._handle, json.dumps(values).encode().ljust(SIZE), 0)

    def close(self) -> None:
        """Close; what was written stays."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def read(root: Path) -> dict[str, Any]:
    """Return what the last collector said; empty when none did or the file makes no sense."""
    try:
        found = json.loads((root / STATUS).read_bytes().rstrip(b" \0"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def report(root: Path, *, now_us: int) -> dict[str, Any]:
    """Return segments, rows, octets, days, spools, gaps and disk of a store.

    Raises:
        NoStore: there is none.
        OSError: it cannot be read.
    """
    manifest = Manifest(root)
    manifest.check()
    records = {}
    for record in (FLOWS, LINK):
        segments = manifest.segments(record)
        days = sorted({segment.day for segment in segments})
        records[record] = {
            "segments": len(segments),
            "rows": sum(segment.rows for segment in segments),
            "bytes": sum(segment.bytes for segment in segments),
            "days": len(days),
            "first_day": days[0].isoformat() if days else None,
            "last_day": days[-1].isoformat() if days else None,
        }
    gaps: dict[str, dict[str, int]] = {}
    for gap in manifest.gaps():
        nothing = {"times": 0, "rows": 0, "recent": 0}
        entry = gaps.setdefault(gap.reason.partition(":")[0], nothing)
        entry["times"] += 1
        entry["rows"] += gap.rows or 0
        entry["recent"] += now_us - gap.at_us < RECENT_US
    disk = os.statvfs(root)
    said = read(root)
    return {
        "records": records,
        "spool": _spool(root, now_us),
        "gaps": gaps,
        "disk": {
            "free_bytes": disk.f_bavail * disk.f_frsize,
            "total_bytes": disk.f_blocks * disk.f_frsize,
            "stop_below_bytes": stop_below(disk.f_blocks * disk.f_frsize),
        },
        "collector": said or None,
    }


def _spool(root: Path, now_us: int) -> dict[str, Any]:
    ages, size = [], 0
    for path in (root / SPOOL).glob(f"*{SUFFIX}"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        ages.append(max(0, now_us // 1_000_000 - int(stat.st_mtime)))
        size += stat.st_size
    return {"files": len(ages), "bytes": size, "last_write_age_s": max(ages, default=0)}


def findings(found: dict[str, Any], lang: str = "en") -> list[str]:
    """Return what somebody has to look at, as sentences, French or English."""
    said = []
    disk = found["disk"]
    if disk["free_bytes"] < disk["stop_below_bytes"]:
        free, least = disk["free_bytes"] >> 20, disk["stop_below_bytes"] >> 20
        said.append(
            (
                f"the disk is nearly full: {free:,} MiB free, slices are written from "
                f"{least:,} MiB; make room",
                f"le disque est presque plein : {free} Mio libres, les tranches ne s'écrivent qu'à partir "
                f"de {least} Mio ; faire de la place",
            )
        )
    for reason, entry in sorted(found["gaps"].items()):
        if entry["recent"]:
            times, rows = entry["times"], entry["rows"]
            said.append(
                (
                    f"{reason}: {times} times, {rows:,} rows not kept",
                    f"{reason} : {times} fois, {rows} rangées non gardées",
                )
            )
    if found["spool"]["files"] and found["spool"]["last_write_age_s"] > OLD_S:
        said.append(
            (
                "a spool waits that nobody writes: start the collector, or run `jauge store tidy`",
                "un fichier d'attente n'a plus d'écrivain : démarrer le collecteur, ou lancer "
                "`jauge store tidy`",
            )
        )
    return [french if lang == "fr" else english for english, french in said]
