"""Polls a store like an impatient analyzer: every 50 ms, every committed file that it has not read yet.

`python -m benchmarks.store_reader STORE`; at SIGTERM it prints one JSON object: polls, files, corrupt. A
path on its standard input makes it print the object and go on with that store (a start costs a second).
"""

import json
import select
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from privacy.store.commit import parquet_key
from privacy.store.keys import FileKeyring, KeyMissing
from privacy.store.layout import FLOWS, LINK, keys_beside
from privacy.store.manifest import Manifest, NoStore, Segment
from privacy.store.parquet import decryption_of

POLL_S = 0.05


def whole(root: Path, segment: Segment) -> bool:
    """Read a file to its end; say whether it holds the rows that the manifest says."""
    key = parquet_key(FileKeyring(keys_beside(root)), segment.record, segment.day)
    try:
        table = pq.ParquetFile(root / segment.path, decryption_properties=decryption_of(key)).read()
    except (pa.ArrowException, OSError):
        return False
    return table.num_rows == segment.rows


@dataclass
class Watch:
    """One store, and what was seen of it."""

    root: Path
    seen: set[str] = field(default_factory=set)
    polls: int = 0
    corrupt: int = 0

    def poll(self) -> None:
        """Read every committed file that was not read yet."""
        self.polls += 1
        manifest = Manifest(self.root)
        try:
            listed = (
                [s for record in (FLOWS, LINK) for s in manifest.segments(record)]
                if manifest.exists()
                else []
            )
        except (NoStore, KeyMissing):
            listed = []
        for segment in listed:
            if segment.path not in self.seen:
                self.seen.add(segment.path)
                self.corrupt += not whole(self.root, segment)

    def say(self) -> None:
        """Print what was seen."""
        found = {"polls": self.polls, "files": len(self.seen), "corrupt": self.corrupt}
        print(json.dumps(found), flush=True)


def main() -> None:
    """Poll until SIGTERM, or until whoever asks is gone."""
    watch = Watch(Path(sys.argv[1]))
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    while not stopped:
        watch.poll()
        if not select.select([sys.stdin], [], [], POLL_S)[0]:
            continue
        if line := sys.stdin.readline().strip():
            watch.say()
            watch = Watch(Path(line))
        else:  # whoever asked is gone
            break
    watch.say()


if __name__ == "__main__":
    main()
