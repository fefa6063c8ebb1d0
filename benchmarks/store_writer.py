"""A collector's store without its meter: numbered slices, each acknowledged one told to a ledger.

    python -m benchmarks.store_writer STORE FIRST [--ledger FD] [--seconds S] [--rate N] [--short-write N]

Started and killed by `store_harness`. The store is the real one; only its clock runs fast (a sealing
every second or so, days of three seconds), so that every step happens many times before the kill.
"""

import argparse
import os
import signal
import socket
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from collector.store import DirectoryStore, background
from privacy.store.layout import SCHEMAS

FIRST_DAY = date(2026, 11, 2)
DAY_S = 3.0
"""So long lasts a day of the writer: then the one before is compacted."""
FAST = 250.0
"""Seconds of the store's clock in one real second, if not said otherwise: sealed after 1.2 s."""
STEP_S = 0.05


def slices(first: int, count: int, day: date) -> pa.Table:
    """Return slices whose `flow` is their number."""
    start = int(datetime(day.year, day.month, day.day, 8, tzinfo=UTC).timestamp())
    numbers = np.arange(first, first + count)
    given: dict[str, Any] = {
        "minute": pa.array(start + numbers % 30_000 // 60 * 60).cast(pa.timestamp("s", "UTC")),
        "flow": pa.array(numbers),
        "device": pa.array(numbers % 1_500),
        "up_bytes": pa.array(numbers % 7_919),
        "down_bytes": pa.array(numbers % 104_729),
    }
    return _filled("flows", given, count)


def links(first: int, day: date) -> pa.Table:
    """Return one link row whose `offered` is its number."""
    start = int(datetime(day.year, day.month, day.day, 8, tzinfo=UTC).timestamp())
    stamp = pa.array([start + first % 3_000 * 10]).cast(pa.timestamp("s", "UTC"))
    return _filled("link", {"start": stamp, "offered": pa.array([first])}, 1)


def _filled(record: str, given: dict[str, Any], count: int) -> pa.Table:
    schema = SCHEMAS[record]
    blank = {pa.string(): "x", pa.bool_(): False, pa.float32(): 1.0}
    columns = [
        given[f.name] if f.name in given
        else pa.nulls(count, f.type) if f.nullable
        else pa.array([blank.get(f.type, 0)] * count, f.type)
        for f in schema
    ]  # fmt: skip
    return pa.Table.from_arrays(columns, schema=schema)


class Ledger:
    """Tells another process, by a socket, so that no injected fault of `write` hits it."""

    def __init__(self, handle: int) -> None:
        self._socket = socket.socket(fileno=handle) if handle >= 0 else None

    def tell(self, line: str) -> None:
        """Send a line; it is in the other process's hands when this returns."""
        if self._socket is not None:
            self._socket.sendall(line.encode() + b"\n")

    def acknowledged(self, record: str, table: pa.Table) -> None:
        """Tell which numbers are safe."""
        name = "flow" if record == "flows" else "offered"
        numbers = table[name].to_numpy()
        breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
        for run in np.split(numbers, breaks):
            self.tell(f"A {record} {run[0]} {run[-1]}")


def _short_writes(every: int) -> None:
    """Let the kernel seem to take only a part of each so-manieth write."""
    real, calls = os.write, iter(range(1 << 62))

    def write(handle: int, data: Any) -> int:
        if next(calls) % every == 0 and len(data) > 1:
            return real(handle, memoryview(data)[: len(data) // 2])
        return real(handle, data)

    os.write = write


def main() -> None:
    """Write until the time is over or SIGTERM comes, then close the store."""
    parser = argparse.ArgumentParser()
    parser.add_argument("store", type=Path)
    parser.add_argument("first", type=int)
    parser.add_argument("--ledger", type=int, default=-1)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--flush", type=float, default=4.0)
    parser.add_argument("--fast", type=float, default=FAST)
    parser.add_argument("--flushes", type=int, default=0, help="end after so many; 0: by the time")
    parser.add_argument("--short-write", type=int, default=0)
    parser.add_argument("--no-sync", action="store_true", help="the control: promises must break")
    options = parser.parse_args()
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    if options.short_write:
        _short_writes(options.short_write)
    if options.no_sync:
        os.fdatasync = lambda _handle: None
    background.ROUND_S, background.TIDY_ROUNDS = 0.25, 2
    ledger = Ledger(options.ledger)
    store = DirectoryStore(
        options.store,
        monotonic=lambda: time.monotonic() * options.fast,
        say=lambda sentence: ledger.tell(f"S {time.monotonic()} {sentence}"),
        acknowledged=ledger.acknowledged,
    )
    store.open()
    ledger.tell(f"O {time.monotonic()}")
    began = flushed = time.monotonic()
    left = options.flushes or -1
    number, count = options.first, max(1, int(options.rate * STEP_S))
    while not stopped and left and time.monotonic() - began < options.seconds:
        now = time.monotonic()
        day = FIRST_DAY + timedelta(days=int((now - began) / DAY_S))
        ledger.tell(f"G {number} {number + count - 1} {now}")
        store.slices(slices(number, count, day), day)
        store.links(links(number, day), day)
        number += count
        if time.monotonic() - flushed >= options.flush:
            store.flush()
            left -= 1
            flushed = time.monotonic()
        time.sleep(STEP_S)
    store.close()
    ledger.tell(f"E {time.monotonic()}")
    sys.exit(0)


if __name__ == "__main__":
    main()
