"""Facts of a store: what is there, who may open it, what the link rows say. Does I/O (reads)."""

import os
import re
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from cli.diagnosis.facts import LinkFacts, StoreFacts
from cli.store import bytes_a_day

_OTHERS: Final = 0o077
_NAMED_ROWS: Final = 500_000
_LEAST_OCTETS: Final = 1_000_000
"""Fewer say nothing of how much is named."""
_FILES: Final = 200
"""Newest files that are looked into: a day's, and weeks of releases."""
_TAIL: Final = 1 << 20
_TOLD: Final = ("documents/status.json", "health.json")
"""What is published besides releases and does not come from the school's own declarations."""
_WORDS: Final = re.compile(r"[\x21-\x7e]{7,}")
_LINK: Final = ("offered", "kernel_drops", "up_bytes", "down_bytes")


def store_of(root: Path, school: Any, today: date) -> tuple[StoreFacts, LinkFacts | None]:
    """Return the facts of a store and of its newest link rows; None where nobody has measured yet."""
    if not root.is_dir():
        return StoreFacts(str(root), refused="there is no such directory", missing=True), None
    from collector.store.status import report
    from privacy.store.manifest import NoStore

    try:
        found = report(root, now_us=time.time_ns() // 1_000)
        link = _link(root, found)
        return _store(root, school, found, today), link
    except NoStore as refused:
        return StoreFacts(str(root), refused=str(refused)), None
    except OSError as error:
        return StoreFacts(str(root), refused=error.strerror or "?"), None


def _store(root: Path, school: Any, found: dict[str, Any], today: date) -> StoreFacts:
    from privacy.store.keys import FileKeyring
    from privacy.store.layout import keys_beside

    records = found["records"].values()
    kept = school.privacy.retention_days if school is not None else 14
    keys = FileKeyring(keys_beside(root)).days()
    return StoreFacts(
        str(root),
        acknowledged=_acknowledged(root, school),
        days=max(entry["days"] for entry in records),
        bytes_a_day=bytes_a_day(found["records"]),
        bytes_free=found["disk"]["free_bytes"],
        named_share=_named_share(root),
        open_paths=_open_paths(root),
        old_keys=sum(day < today - timedelta(days=kept + 1) for day in keys),
        addresses_kept=_addresses_kept(root),
    )


def _acknowledged(root: Path, school: Any) -> bool:
    from cli.records import log_of
    from privacy.acknowledgement import Standing, standing
    from privacy.log.file import LogRefused
    from school.enforced import terms_of

    if school is None:
        return False
    try:
        entries = log_of(root).entries()
    except LogRefused:
        return False
    return standing(entries, terms_of(school)) is Standing.IN_FORCE


def _link(root: Path, found: dict[str, Any]) -> LinkFacts | None:
    """Return the sums of the newest day of link rows."""
    import pyarrow.compute as pc

    from privacy.store.keys import FileKeyring
    from privacy.store.layout import LINK, keys_beside
    from privacy.store.reader import Reader

    written = _written_s_ago(root)
    newest = found["records"][LINK]["last_day"]
    if newest is None:
        return LinkFacts(written_s_ago=written)
    reader = Reader(root, FileKeyring(keys_beside(root)))
    rows = reader.table(LINK, date.fromisoformat(newest), _LINK)
    offered, dropped, up, down = (int(pc.sum(rows[name], min_count=0).as_py()) for name in _LINK)
    return LinkFacts(offered, dropped, up, down, written)


def _written_s_ago(root: Path) -> int | None:
    """Return the age of the newest file of spool and days."""
    from privacy.store.layout import FLOWS, LINK, SPOOL

    newest = 0.0
    for part in (SPOOL, FLOWS, LINK):
        for directory, _, names in os.walk(root / part):
            for name in names:
                try:
                    newest = max(newest, (Path(directory) / name).stat().st_mtime)
                except FileNotFoundError:
                    continue  # sealed meanwhile
    return int(max(0, time.time() - newest)) if newest else None


def _named_share(root: Path) -> float | None:
    """Return which part of the newest slices' octets bears a site; None: too few, or erased."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from privacy.store.keys import FileKeyring, KeyMissing
    from privacy.store.layout import FLOWS, keys_beside
    from privacy.store.machine import MachineKeyRefused
    from privacy.store.reader import Reader

    reader = Reader(root, FileKeyring(keys_beside(root)))
    days = reader.manifest.days(FLOWS)
    if not days:
        return None
    segments = sorted(reader.segments(FLOWS, days[-1]), key=lambda one: one.path)[::-1]
    octets = named = rows = 0
    try:
        for batch in reader.batches(segments, ("site_source", "down_bytes")):
            has_name = pc.not_equal(batch["site_source"].cast(pa.string()), "none")
            octets += pc.sum(batch["down_bytes"], min_count=0).as_py()
            named += pc.sum(batch["down_bytes"].filter(has_name), min_count=0).as_py()
            rows += len(batch)
            if rows >= _NAMED_ROWS:
                break
    except (KeyMissing, MachineKeyRefused, pa.ArrowException):
        return None
    return named / octets if octets >= _LEAST_OCTETS else None


def _open_paths(root: Path) -> tuple[str, ...]:
    """Return private paths that others may open: days, spool, analyzer's files, keys, the secret."""
    from privacy.store.layout import FLOWS, MANIFEST, SPOOL, keys_beside
    from privacy.store.machine import FILE, secret_directory

    secret = secret_directory(os.environ, root=os.geteuid() == 0) / FILE
    private = [
        root / FLOWS,
        root / SPOOL,
        root / "private",
        root / MANIFEST,
        keys_beside(root),
        secret,
    ]
    return tuple(str(path) for path in private if path.exists() and path.stat().st_mode & _OTHERS)


def _addresses_kept(root: Path) -> int:
    """Return how many words of the newest footers and releases are addresses: there may be none."""
    from cli.diagnosis.gather_machine import count_addresses
    from privacy.store.layout import FLOWS, LINK

    files = [path for part in (FLOWS, LINK) for path in (root / part).rglob("*.parquet")]
    texts = [_footer(path) for path in sorted(files)[-_FILES:]]
    public = sorted((root / "public" / "releases").rglob("*.json"))[-_FILES:]
    public += [root / "public" / name for name in _TOLD]
    texts += [path.read_text("utf-8") for path in public if path.is_file()]
    return sum(count_addresses("\n".join(_WORDS.findall(text))) for text in texts)


def _footer(path: Path) -> str:
    """Return the end of a Parquet file: what stands there in clear, statistics of columns included."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - _TAIL))
            tail = file.read()
    except FileNotFoundError:
        return ""  # compacted meanwhile
    if tail[-4:] != b"PAR1":
        return ""  # encrypted: nothing stands there in clear
    length = int.from_bytes(tail[-8:-4], "little") + 8
    return tail[-length:].decode("latin-1")
