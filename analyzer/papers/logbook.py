"""The audit log as the documents read it: its entries, or that it cannot be trusted. I/O."""

from typing import Any

from analyzer.store import Store
from privacy.log.entries import Entry
from privacy.log.file import AuditLog, LogRefused
from privacy.store.layout import keys_beside


def read_log(store: Store) -> tuple[tuple[Entry, ...], dict[str, Any]]:
    """Return the entries, and what state the log is in; a log that cannot be read is said, too."""
    log = AuditLog(store.root, keys_beside(store.root), lambda: 0)
    try:
        if not log.begun():
            return (), {"state": "absent", "entries": 0, "root": None, "last": None}
        found, entries = log.verify(), log.entries()
    except (LogRefused, OSError):
        return (), {"state": "unreadable", "entries": 0, "root": None, "last": None}
    return entries, {
        "state": "sound",
        "entries": found.size,
        "root": found.root.hex(),
        "last": entries[-1].at if entries else None,
    }
