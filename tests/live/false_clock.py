"""A live collector and a purge whose wall clock is false: what they wrote, deleted, rotated.

    python -m tests.live.false_clock            (root; one JSON object for each clock)

A shift of faketime(1), or the moment at which its clock begins: both changes of summer time are among them.
The collector asks the kernel for the time, which faketime does not reach; keys, guard and log ask Python.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from cli.exits import Exit
from privacy.store.keys import FileKeyring
from privacy.store.layout import keys_beside
from tests.analyzer_retention.test_false_clock import purge, seeded
from tests.live.test_interface_goes import PORT, SPOKEN, _speak
from tests.support.acknowledged import log_of
from tests.support.capturing import capturing
from tests.support.netns import wire
from tests.support.stores import segments_of

AUTUMN, SPRING = "@2026-10-25 00:59:57", "@2027-03-28 00:59:57"
"""Three seconds before Paris changes, UTC (as the child is told): at 3 o'clock it is 2 again; at 2, 3."""
SHIFTS = ("+1h", "-1h", "+1d", "-1d", "+10y", AUTUMN, SPRING)
WAIT_S = 4.0
CLOSE_S = 180
LIBRARIES = tuple(
    Path(f"/usr/lib/{machine}-linux-gnu/faketime/libfaketime.so.1")
    for machine in ("x86_64", "aarch64")
)


@dataclass
class Seen:
    """What a run under one clock showed."""

    rows: int = 0
    packets_missing: int = 0
    stamps_not_of_the_packets: int = 0
    negative_durations: int = 0
    files_overwritten: int = 0
    keys_rotated: int = 0
    deletions: int = 0

    def holds(self) -> bool:
        """Say whether the clock did no harm."""
        return bool(self.rows) and not any(
            getattr(self, field.name) for field in fields(self) if field.name != "rows"
        )


@contextmanager
def _faked(shift: str) -> Iterator[None]:
    """Let children begin under a false wall clock; the machine's own clock is left alone."""
    library = next(path for path in LIBRARIES if path.is_file())
    told = {"FAKETIME": shift, "LD_PRELOAD": str(library), "TZ": "UTC",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}  # fmt: skip
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def captured_under(shift: str, place: Path) -> Seen:
    """Capture, under a false clock, into a store that a true clock has begun; say what was seen."""
    store, seen = place / "store", Seen()
    with wire(offloads=True) as both:
        with capturing(both.gateway, store):  # the clock guard believes this one
            _speak(both)
        files = _files(store)
        began = datetime.fromtimestamp(time.time(), UTC)
        with _faked(shift):
            started = capturing(
                both.gateway, store, acknowledged=False, program="tests.live.sleepless"
            )
            captured = started.__enter__()
        try:
            _speak(both)
            time.sleep(WAIT_S)
            _speak(both)
        finally:
            started.__exit__(None, None, None)
    assert captured.exit_code == 0, captured.said
    slices, links = captured.slices.to_pylist(), captured.links.to_pylist()
    seen.rows = len(slices)
    packets = sum(row["up_packets"] for row in slices if row["server_port"] == PORT)
    seen.packets_missing = 3 * SPOKEN - packets
    for row in [*slices, *links]:
        off_s = ((row.get("minute") or row["start"]) - began).total_seconds()
        seen.stamps_not_of_the_packets += abs(off_s) > CLOSE_S
        seen.negative_durations += row.get("age_s", 0) < 0 or row.get("active_s", 0) < 0
    after = _files(store)
    seen.files_overwritten = sum(after.get(path) != stamp for path, stamp in files.items())
    kinds = [entry.kind for entry in log_of(store).entries()]
    seen.keys_rotated = max(0, kinds.count("pseudonym_key_made") - 1)
    seen.deletions = sum("destroyed" in kind or "deleted" in kind for kind in kinds)
    return seen


def purged_under(shift: str, place: Path) -> dict[str, bool]:
    """Purge a store of kept days under a false clock; say whether it refused, and left everything."""
    root = seeded(place / "store")
    keys = FileKeyring(keys_beside(root))
    before = sorted(root.rglob("*.parquet")), keys.days()
    done = purge(root, shift=shift)
    after = sorted(root.rglob("*.parquet")), keys.days()
    return {
        "purge_refused": done.returncode == int(Exit.FINDINGS),
        "purge_left_everything": before == after,
        "purge_goes_on_afterwards": purge(root).returncode == 0,
    }


def _files(store: Path) -> dict[str, tuple[int, int]]:
    """Return the committed files with their number and time of change."""
    found = {}
    for record in ("flows", "link"):
        for segment in segments_of(store, record):
            status = (store / segment.path).stat()
            found[segment.path] = (status.st_ino, status.st_mtime_ns)
    return found


def main() -> None:
    """Print what each clock did; 1 when one did harm."""
    bad = 0
    for shift in SHIFTS:
        with tempfile.TemporaryDirectory(prefix="jauge-clock-") as place:
            os.environ["JAUGE_MACHINE_DIR"] = f"{place}/machine"
            seen = captured_under(shift, Path(place))
            purged = purged_under(shift, Path(place) / "purged")
        holds = seen.holds() and all(purged.values())
        bad += not holds
        print(json.dumps({"clock": shift, **vars(seen), **purged, "holds": holds}), flush=True)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
