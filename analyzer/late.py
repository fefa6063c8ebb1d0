"""Slices that came after a release of their day: counted and said, and they change no release. I/O.

At its first release, how many slices a day had is noted beside the exact cells (`private/`). What
comes later enters no period that was released; a longer one that is still open counts it as usual.
"""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from analyzer.exact import Bench
from analyzer.store import PRIVATE_DIRECTORY, PRIVATE_FILE, make_directory, write_whole


def _file(bench: Bench, day: date) -> Path:
    return bench.store.private / "released-days" / f"{day.isoformat()}.json"


def _slices(bench: Bench, day: date) -> int:
    return sum(rows for _, rows, _ in bench.store.origins("flows", day))


def note(bench: Bench, days: Iterable[date]) -> None:
    """Note how many slices the days of a period have, before it is released; the first time counts."""
    make_directory(bench.store.private / "released-days", PRIVATE_DIRECTORY)
    for day in days:
        path = _file(bench, day)
        slices = _slices(bench, day)
        if slices and not path.exists():
            write_whole(path, json.dumps({"slices": slices}).encode(), PRIVATE_FILE)


def arrived(bench: Bench) -> dict[date, int]:
    """Return how many slices came late, by day; forgets the days whose slices are erased."""
    found = {}
    for path in sorted((bench.store.private / "released-days").glob("*.json")):
        day = date.fromisoformat(path.stem)
        now = _slices(bench, day)
        if not now:
            path.unlink()
            continue
        late = now - int(json.loads(path.read_bytes())["slices"])
        if late > 0:
            found[day] = late
    return found
