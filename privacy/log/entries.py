"""Which facts an entry of the audit log may hold: one table, and nothing else fits. Pure.

An entry never names a device, a person of the school or an address: days, counts, digests, public
keys. A new kind is a new line here (a test holds the table against docs/audit-log.md).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from privacy import canonical

TEXT_MAX: Final = 400
"""Characters of a reason or name: a line stays readable, and nobody can fill the log with one."""
ROLES: Final = ("admin", "committee", "dpo")
"""Who logs in. An account is an opaque number (keyed digest, 16 hex digits), never a name: lines of
this log cannot be taken out after twelve months, so the key that gives the number its name goes."""
_DIGEST: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")
_KEY: Final = re.compile(r"[A-Za-z0-9+/]{43}=")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_MAX and value.isprintable()


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and bool(_DIGEST.fullmatch(value))


def _is_public_key(value: object) -> bool:
    return isinstance(value, str) and bool(_KEY.fullmatch(value))


def _is_sealed(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"payload", "seal"}


def _is_size(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _is_role(value: object) -> bool:
    return value in ROLES


Check = Callable[[object], bool]


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


KINDS: Final[dict[str, dict[str, Check]]] = {
    "log_begun": {"public_key": _is_public_key},
    "log_repaired": {"octets": _is_count},
    "collector_started": {"source": _is_text, "config": _is_digest, "settings": _is_digest,
                          "acknowledged": lambda v: isinstance(v, bool)},
    "collector_stopped": {"source": _is_text, "slices": _is_count, "not_recorded": _is_count},
    "acknowledgement_in_force": {"settings": _is_digest},
    "acknowledgement_missing": {"settings": _is_digest},
    "dpo_key_declared": {"public_key": _is_public_key},
    "dpo_decided": {"sealed": _is_sealed},
    "pseudonym_key_made": {"day": _is_day, "epoch": _is_digest, "number": _is_count,
                           "kept_in": _is_text},
    "pseudonym_key_destroyed": {"day": _is_day, "epoch": _is_digest},
    "day_key_destroyed": {"day": _is_day, "segments": _is_count, "rows": _is_count,
                          "octets": _is_count},
    "day_files_deleted": {"day": _is_day, "files": _is_count},
    "unknown_files_deleted": {"files": _is_count},
    "clock_jumped": {"seconds": _is_number},
    "clock_agreed": {"seconds": _is_number},
    "clock_confirmed": {"seconds": _is_number},
    "objection_added": {"objections": _is_count},
    "objection_removed": {"objections": _is_count},
    "policy_changed": {"old": _or_none(_is_digest), "new": _is_digest, "terms": _is_digest,
                       "change": _is_text, "signer": _or_none(_is_digest)},
    "catalogue_updated": {"catalogue": _is_digest, "lists": _is_digest},
    "capture_stopped_by_dpo": {"settings": _is_digest},
    "release_made": {"table": _is_text, "period": _is_text, "rho": _is_size, "delta": _is_size,
                     "sigma": _is_size, "policy": _or_none(_is_digest), "code": _is_digest,
                     "output": _is_digest},
    "late_slices": {"day": _is_day, "slices": _is_count},
    "login": {"role": _is_role, "account": _is_digest},
    "audit_verdict": {"profile": _is_text, "passed": lambda v: isinstance(v, bool),
                      "attacks": _is_count, "mutants": _is_count, "caught": _is_count,
                      "report": _is_digest},
    "export_made": {"document": _is_text, "format": _is_text, "policy": _is_digest},
}  # fmt: skip
"""Kind → its facts, each with what it may be."""


class EntryRefused(Exception):
    """No entry of the audit log: another kind or other facts. A fault of the caller."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done."""

    number: int
    """Place in the log, from 0."""
    at: str
    """Wall clock, UTC, `2026-11-16T08:00:00Z`: what the machine believed."""
    kind: str
    facts: Mapping[str, Any]

    def octets(self) -> bytes:
        """Return the leaf of the tree: the canonical form."""
        return canonical.dump(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as JSON values."""
        return {"number": self.number, "at": self.at, "kind": self.kind, "facts": dict(self.facts)}


def check_entry(entry: Entry) -> None:
    """Check kind, facts and time.

    Raises:
        EntryRefused: naming the kind or the fact, never its value.
    """
    allowed = KINDS.get(entry.kind)
    if allowed is None:
        raise EntryRefused("no such kind of entry")
    if entry.facts.keys() != allowed.keys():
        raise EntryRefused(f"{entry.kind}: its facts are {', '.join(allowed) or 'none'}")
    for name, check in allowed.items():
        if not check(entry.facts[name]):
            raise EntryRefused(f"{entry.kind}: {name} is not what it may be")
    try:
        datetime.strptime(entry.at, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        raise EntryRefused("no time") from None
