"""Whether the DPO's signature covers what is released, and what the audit log is told. I/O.

Nothing noisy is drawn under terms that the DPO did not acknowledge, or under looser ones. A stop of
the capture does not stop releases of what was captured before; a withdrawal does.
"""

import hashlib
import time
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from analyzer.code import code_digest
from analyzer.exact import Bench
from privacy.acknowledgement import SENTENCES, Standing, state_of
from privacy.log.changes import CATALOGUE, POLICY, catalogue_change, policy_change
from privacy.log.file import AuditLog, LogRefused
from privacy.published import NOISY_TABLES
from privacy.release import load_release
from privacy.requests import stop_requested
from privacy.sealed import open_sealed
from privacy.store.layout import keys_beside

RELEASED: Final = "release_made"
LATE: Final = "late_slices"
UNKNOWN: Final = "unknown"
WHAT_TO_DO: Final = "`jauge privacy status` says what to do"


def log_of(bench: Bench) -> AuditLog:
    """Return the audit log of a store; nothing is opened."""
    root = bench.store.root
    return AuditLog(root, keys_beside(root), lambda: time.time_ns() // 1_000)


def missing(bench: Bench, log: AuditLog) -> str | None:
    """Return why nothing may be drawn, or None where the DPO's signature covers the terms.

    Raises:
        LogRefused: the log is damaged.
    """
    found = state_of(log.entries()).covered(bench.enforced.terms)
    return None if found is Standing.IN_FORCE else f"{SENTENCES[found]}; {WHAT_TO_DO}"


def capture(bench: Bench) -> str:
    """Return whether the collector may write about devices: a `Standing`, or `unknown`."""
    if stop_requested(bench.store.root):
        return Standing.STOPPED.value
    try:
        return state_of(log_of(bench).entries()).standing(bench.enforced.terms).value
    except (LogRefused, OSError):
        return UNKNOWN


def tell_policy(bench: Bench, log: AuditLog) -> None:
    """Tell the log that another policy, or another catalogue, is in force than it knows.

    Raises:
        LogRefused, OSError: the log takes no entry.
    """
    entries, enforced = log.entries(), bench.enforced
    policy = policy_change(entries, enforced.digest, enforced.terms)
    if policy is not None:
        log.append(POLICY, policy)
    parts = enforced.parts
    catalogue = catalogue_change(entries, parts["catalogue"], parts["lists"])
    if catalogue is not None:
        log.append(CATALOGUE, catalogue)


def tell_releases(bench: Bench, log: AuditLog, public: Any) -> None:
    """Tell the log of every stored release that it does not know: one written before a crash, too.

    Args:
        bench: store and school.
        log: its audit log.
        public: public half of the seal's key.

    Raises:
        LogRefused, OSError: the log takes no entry.
        SealBroken: a stored release was altered.
    """
    known = {(e.facts["table"], e.facts["period"]) for e in log.entries() if e.kind == RELEASED}
    for table in NOISY_TABLES:
        for path in sorted(bench.store.releases(table).glob("*.json")):
            if (table, path.stem) not in known:
                log.append(RELEASED, _facts(path.read_bytes(), public))


def tell_late(log: AuditLog, late: Mapping[date, int]) -> None:
    """Tell the log of slices that came after a release of their day, when there are more than it knows.

    Raises:
        LogRefused, OSError: the log takes no entry.
    """
    if not late:
        return
    known = {e.facts["day"]: e.facts["slices"] for e in log.entries() if e.kind == LATE}
    for day, slices in late.items():
        if known.get(day.isoformat()) != slices:
            log.append(LATE, {"day": day.isoformat(), "slices": slices})


def _facts(data: bytes, public: Any) -> dict[str, Any]:
    release = load_release(open_sealed(data, public))
    return {
        "table": release.table,
        "period": release.period,
        "rho": release.method.rho,
        "delta": round(release.method.sensitivity, 6),
        "sigma": release.method.sigma,
        "policy": release.policy_digest,
        "code": code_digest(),
        "output": hashlib.sha256(data).hexdigest(),
    }
