"""Power cuts: ext4 on a loop device loses everything that was not synced, at a random moment.

    python -m benchmarks.store_power --cuts 100            (root)

The cut is ext4's shutdown ioctl without a flush of its log (0x8004587D, argument 2): what the page
cache holds is gone, as it is when the plug is pulled. Not covered: disks that lie about a flush, and
blocks written in another order.
"""

import argparse
import fcntl
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.store_harness import Ledger, Outcome, Writer, in_own_mounts, recover, seeded

SHUTDOWN = 0x8004587D
WITHOUT_LOG = struct.pack("I", 2)
LONGEST_S = 5.0
LIVES = 10
AFTER_OPEN = 0.8
"""Share of the cuts that wait until the store is open; the others come at any time from the start."""
NUMBERS = 1_000_000
IMAGE = 192 << 20


def _root(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Disk:
    """A file that is a disk."""

    def __init__(self, scratch: Path) -> None:
        self._image = scratch / "disk"
        self.place = scratch / "mounted"
        self.place.mkdir()
        with self._image.open("wb") as file:
            file.truncate(IMAGE)
        _root("mkfs.ext4", "-q", "-F", str(self._image))

    def mount(self) -> None:
        """Attach it."""
        _root("mount", "-o", "loop", str(self._image), str(self.place))

    def cut(self) -> None:
        """Pull the plug."""
        handle = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, WITHOUT_LOG)
        finally:
            os.close(handle)

    def unmount(self) -> None:
        """Detach it."""
        _root("umount", str(self.place))


@contextmanager
def disk() -> Iterator[Disk]:
    """Give a mounted disk; it is gone afterwards."""
    with tempfile.TemporaryDirectory() as scratch:
        made = Disk(Path(scratch))
        made.mount()
        try:
            yield made
        finally:
            made.unmount()


def empty_files(store: Path) -> int:
    """Return how many files of no length stand under a final name."""
    return sum(path.stat().st_size == 0 for path in store.glob("*/day=*/*.parquet"))


def run(cuts: int, seed: int, longest_s: float = LONGEST_S, *options: str) -> tuple[Outcome, int]:
    """Cut so often; returns the sums and the empty files that were found."""
    randomness = seeded(seed)
    outcome, empty = Outcome(), 0
    while outcome.kills < cuts:
        with disk() as made:
            store = made.place / "store"
            whole = Ledger()
            for life in range(min(LIVES, cuts - outcome.kills)):
                ledger = Ledger(acknowledged=whole.acknowledged)
                rate = ("--rate", str(randomness.choice((200, 4_000))))
                flush = ("--flush", str(randomness.choice((0.2, 4.0))))
                writer = Writer(store, life * NUMBERS, ledger, *rate, *flush, *options)
                if randomness.random() < AFTER_OPEN:
                    writer.wait_open()
                time.sleep(randomness.uniform(0, longest_s))
                made.cut()
                died = writer.kill()
                writer.heard()
                made.unmount()
                made.mount()
                outcome.kills += 1
                empty += empty_files(store)
                outcome.slowest_recovery_s = max(outcome.slowest_recovery_s, recover(store))
                outcome.age(store, ledger, died)
            outcome.compare(store, whole)
        print(json.dumps(outcome.as_dict()), file=sys.stderr, flush=True)
    return outcome, empty


def main() -> None:
    """Print the sums; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-sync", action="store_true", help="the control: it has to fail")
    options = parser.parse_args()
    in_own_mounts("benchmarks.store_power")
    broken = ("--no-sync",) if options.no_sync else ()
    outcome, empty = run(options.cuts, options.seed, LONGEST_S, *broken)
    print(json.dumps({**outcome.as_dict(), "empty_files": empty, "seed": options.seed}))
    sys.exit(not outcome.holds() or empty > 0)


if __name__ == "__main__":
    main()
