"""What the audit log is told when the policy or the catalogue in force is another one. Pure.

Who starts working under a policy compares it with the one that the log names last: the collector at
its start, the analyzer at each run. So a tightening, which nobody has to sign, is in the log, too.
"""

from collections.abc import Iterable
from typing import Any, Final

from privacy.acknowledgement import State, state_of
from privacy.keys import public_key
from privacy.log.entries import Entry
from privacy.sealed import key_id
from privacy.terms import Terms

POLICY: Final = "policy_changed"
CATALOGUE: Final = "catalogue_updated"
SIGNED: Final = "signed"
TIGHTENED: Final = "tightened"


def policy_change(entries: Iterable[Entry], policy: str, terms: Terms) -> dict[str, Any] | None:
    """Return the facts of an entry `policy_changed`, or None where the log has it already.

    Args:
        entries: the log, oldest first.
        policy: digest of the policy in force.
        terms: what of it a DPO acknowledges.
    """
    known = list(entries)
    state = state_of(known)
    change, signer = _change(state, terms), _signer(state)
    old = next((e.facts for e in reversed(known) if e.kind == POLICY), None)
    if old is not None and (old["new"], old["change"], old["signer"]) == (policy, change, signer):
        return None
    return {
        "old": old["new"] if old is not None else None,
        "new": policy,
        "terms": terms.digest(),
        "change": change,
        "signer": signer,
    }


def _change(state: State, terms: Terms) -> str:
    """Return `signed`, `tightened`, or why the terms are not in force."""
    found = state.covered(terms)
    if state.acknowledged is None or found.value != "in_force":
        return found.value
    return SIGNED if terms.digest() == state.acknowledged.digest() else TIGHTENED


def _signer(state: State) -> str | None:
    if state.key is None or state.acknowledged is None:
        return None
    return key_id(public_key(state.key))


def catalogue_change(entries: Iterable[Entry], catalogue: str, lists: str) -> dict[str, Any] | None:
    """Return the facts of an entry `catalogue_updated`, or None where the log has it already."""
    old = next((e.facts for e in reversed(list(entries)) if e.kind == CATALOGUE), None)
    new = {"catalogue": catalogue, "lists": lists}
    return None if old == new else new
