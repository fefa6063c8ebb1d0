"""A disk that fills: tmpfs of 2 and 64 MiB, filled by somebody else, held, then freed.

    python -m benchmarks.store_full --hold 60              (root)

Looked at: is the collector alive, do link counters go on, when is the alarm said, does SIGTERM end it
within 5 s, is everything acknowledged there once, how soon are slices written after there is room.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.store_harness import Ledger, Outcome, Poller, Writer, gaps, in_own_mounts, tidied
from collector.store.status import read
from privacy.store.layout import FLOWS, LINK

SIZES_MIB = (2, 64)
START_S = 6.0
AGAIN_S = 12.0
"""How long slices are waited for once there is room: two seconds more than they may take."""
SETTLED_S = 2.0
CHUNK = bytes(64 << 10)


def fill(place: Path) -> Path:
    """Take all the room there is, to the last page."""
    filler = place / "filler"
    handle = os.open(filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for chunk in (CHUNK, CHUNK[:4096], CHUNK[:1]):
        try:
            while os.write(handle, chunk) == len(chunk):
                pass
        except OSError:
            continue
    os.close(handle)
    return filler


def _since(ledger: Ledger, record: str, at: float) -> list[float]:
    return [when - at for when, kind in ledger.ack_times if kind == record and when > at]


def one_size(size_mib: int, hold_s: float, *, end_while_full: bool) -> dict[str, Any]:
    """Fill one disk; returns what was seen."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "mounted"
        place.mkdir()
        options = f"size={size_mib}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True)
        try:
            return _watched(place, size_mib, hold_s, end_while_full=end_while_full)
        finally:
            subprocess.run(["umount", str(place)], check=True)


def _watched(place: Path, size_mib: int, hold_s: float, *, end_while_full: bool) -> dict[str, Any]:
    store, ledger, outcome = place / "store", Ledger(), Outcome()
    poller = Poller(store)
    writer = Writer(store, 0, ledger, "--rate", "300", "--flush", "2.0")
    time.sleep(START_S)
    filled_at = time.monotonic()
    filler = fill(place)
    filling, until = time.monotonic(), filled_at + hold_s
    while time.monotonic() < until:
        time.sleep(0.5)
        fill(place)
    found: dict[str, Any] = {
        "size_mib": size_mib,
        "alive_while_full": writer.process.poll() is None,
        "status_says": read(store).get("level"),
        "alarm_after_s": next((at - filled_at for at, _ in ledger.said if at > filled_at), None),
        "link_rows_while_full": len(_since(ledger, LINK, filling)),
    }
    if end_while_full:
        found["sigterm_s"] = _terminate(writer)
        filler.unlink()
    else:
        filler.unlink()
        freed_at = time.monotonic()
        while not (again := _since(ledger, FLOWS, freed_at)):
            if time.monotonic() > freed_at + AGAIN_S:
                break
            time.sleep(0.1)
        found["slices_again_after_s"] = next(iter(again), None)
        time.sleep(SETTLED_S)
        found["sigterm_s"] = _terminate(writer)
    found["left_for_tidy"] = tidied(store)
    outcome.poll(poller.stop())
    outcome.compare(store, ledger)
    outcome.kills = 1
    return {**found, "gaps": gaps(store), **outcome.as_dict()}


def _terminate(writer: Writer) -> float | None:
    began = time.monotonic()
    writer.process.send_signal(signal.SIGTERM)
    return round(time.monotonic() - began, 2) if writer.end(30) else None


def holds(found: dict[str, Any]) -> bool:
    """Say whether the promises were kept."""
    again = found.get("slices_again_after_s", 0.0)
    return bool(
        found["holds"]
        and found["alive_while_full"]
        and found["alarm_after_s"] is not None
        and found["alarm_after_s"] <= 30
        and found["link_rows_while_full"] > 0
        and found["sigterm_s"] is not None
        and found["sigterm_s"] <= 5
        and again is not None
        and again <= 10
    )


def main() -> None:
    """Print one JSON object per disk; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hold", type=float, default=60)
    options = parser.parse_args()
    in_own_mounts("benchmarks.store_full")
    bad = 0
    for size in SIZES_MIB:
        for end_while_full in (False, True):
            found = one_size(size, options.hold, end_while_full=end_while_full)
            bad += not holds(found)
            print(json.dumps({**found, "end_while_full": end_while_full}), flush=True)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
