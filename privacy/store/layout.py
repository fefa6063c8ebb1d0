"""Where things lie in a store, and the two records that it holds. Pure."""

from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa

from privacy.records import LINK_SCHEMA, SLICE_SCHEMA

FLOWS: Final = "flows"
LINK: Final = "link"
SCHEMAS: Final[dict[str, pa.Schema]] = {FLOWS: SLICE_SCHEMA, LINK: LINK_SCHEMA}
ENCRYPTED: Final = frozenset({FLOWS})
"""Link rows hold nothing of a device and outlive the days' keys."""
ADDED: Final = {
    FLOWS: ("up_bytes", "down_bytes"),
    LINK: ("up_bytes", "down_bytes", "local_bytes"),
}
"""Columns whose sum closes the accounting between what was taken and what was committed."""

MANIFEST: Final = "manifest.sqlite"
SPOOL: Final = "spool"
TEMPORARY: Final = ".tmp"
TRASH: Final = ".trash"
STATUS: Final = "status.json"
BALLAST: Final = "ballast"


def day_directory(root: Path, record: str, day: date) -> Path:
    """Return the directory of a record's files of one local day."""
    return root / record / f"day={day.isoformat()}"


def keys_beside(root: Path) -> Path:
    """Return where the keys of a store lie: beside it, so that a copy of the store holds none."""
    whole = root.resolve()
    return whole.with_name(whole.name + ".keys")
