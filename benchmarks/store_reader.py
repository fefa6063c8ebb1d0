"""Polls a store like an impatient analyzer: every 50 ms, every committed file that it has not read yet.

`python -m benchmarks.store_reader STORE`; at SIGTERM it prints one JSON object: polls, files, corrupt.
"""

import json
import signal
import sys
import time
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


def main() -> None:
    """Poll until SIGTERM."""
    root = Path(sys.argv[1])
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    seen: set[str] = set()
    polls = corrupt = 0
    manifest = Manifest(root)
    while not stopped:
        polls += 1
        if manifest.exists():
            try:
                listed = [s for record in (FLOWS, LINK) for s in manifest.segments(record)]
            except (NoStore, KeyMissing):
                listed = []
            for segment in listed:
                if segment.path not in seen:
                    seen.add(segment.path)
                    corrupt += not whole(root, segment)
        time.sleep(POLL_S)
    print(json.dumps({"polls": polls, "files": len(seen), "corrupt": corrupt}))


if __name__ == "__main__":
    main()
