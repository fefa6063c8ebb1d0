"""A store whose DPO has acknowledged the settings: what a collector needs to write slices."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from privacy.acknowledgement import Decision, sign, state_of
from privacy.keys import public_text
from privacy.log.file import AuditLog
from privacy.store.layout import keys_beside
from privacy.terms import Terms
from school.enforced import terms_of
from school.load import load_school


def log_of(store: Path) -> AuditLog:
    """Return the audit log of a store."""
    return AuditLog(store, keys_beside(store), lambda: time.time_ns() // 1_000)


def school_of(options: Sequence[str]) -> Path | None:
    """Return the directory that a command line names with `--school`."""
    return Path(options[options.index("--school") + 1]) if "--school" in options else None


def acknowledge(
    store: Path,
    school: Path | None = None,
    *,
    key: Ed25519PrivateKey | None = None,
    decision: Decision = Decision.ACKNOWLEDGED,
) -> Ed25519PrivateKey:
    """Declare a DPO unless he is given, and record his decision on the settings in force."""
    log = log_of(store)
    terms = terms_of(load_school(school)) if school else Terms()
    if key is None:
        key = Ed25519PrivateKey.generate()
        log.append("dpo_key_declared", {"public_key": public_text(key.public_key())})
    after = state_of(log.entries()).last
    sealed = json.loads(sign(decision, terms, key, after=after))
    log.append("dpo_decided", {"sealed": sealed})
    return key
