"""The journal: change log, keys, deletions and budget, from the audit log, the keys and the ledger. I/O.

Dates, ids and digests only. Counts of one day's slices stay out, though the log holds them: on a day
when one person was in the school they would be his. How many devices object stays out, too.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from analyzer.exact import Bench
from analyzer.papers.chances import four, in_chances, price
from analyzer.papers.erasure import DAYS_SHOWN, erasure
from analyzer.papers.logbook import read_log
from analyzer.papers.processing import MONTH_DAYS
from analyzer.papers.settings import against_profile, decisions, told
from analyzer.plan import has_school_day
from analyzer.store import Store
from privacy.acknowledgement import state_of
from privacy.effects import MONTH_DAYS as SCHOOL_DAYS
from privacy.gate.ledger import Charge, Ledger
from privacy.gate.periods import period_of
from privacy.gate.tables import PERIODS
from privacy.log.entries import Entry
from privacy.settings import DELTA
from privacy.terms import differences

SHOWN: Final = 300
"""Entries of the change log: some months; `jauge log show` prints all."""
EPOCHS_SHOWN: Final = 21
TOLD: Final = frozenset({
    "day", "epoch", "number", "kept_in", "settings", "config", "acknowledged", "source", "seconds",
    "public_key", "document", "format", "policy", "table", "period", "rho", "delta", "sigma", "code",
    "output", "old", "new", "terms", "change", "signer", "catalogue", "lists", "profile", "passed",
    "attacks", "mutants", "caught", "report", "role", "size", "root",
})  # fmt: skip
"""Facts of the log that may be repeated; anything else is left in the log."""


def journal(bench: Bench, as_of: date) -> dict[str, Any]:
    """Return the journal of a store on a day."""
    entries, state = read_log(bench.store)
    acknowledged, terms = state_of(entries), bench.enforced.terms
    return {
        "log": state,
        "acknowledged": acknowledged.standing(terms).value,
        "since": told(differences(acknowledged.acknowledged, terms))
        if acknowledged.acknowledged
        else [],
        "decisions": decisions(entries),
        "settings": against_profile(bench.settings),
        "keys": _keys(bench.store, entries, as_of),
        "retention": erasure(
            bench.store, entries, retention_days=bench.settings.retention_days, as_of=as_of
        ).as_payload(),
        "collector": _collector(entries),
        "budget": _budget(bench, as_of),
        "zones": _zones(bench),
        "entries": [_told(entry) for entry in entries[-SHOWN:]][::-1],
    }


STARTED: Final = "collector_started"
STOPS: Final = frozenset({"collector_stopped", "capture_stopped_by_dpo", "acknowledgement_missing"})
RUNS: Final = frozenset({STARTED, "acknowledgement_in_force"})


def _collector(entries: Iterable[Entry]) -> dict[str, Any] | None:
    """Return whether devices are recorded, as the log says last, and since when; None: never begun."""
    told = [entry for entry in entries if entry.kind in STOPS | RUNS]
    if not any(entry.kind == STARTED for entry in told):
        return None
    running = told[-1].kind in RUNS and told[-1].facts.get("acknowledged", True)
    return {"running": running, "since": told[-1].at}


# --- keys


def _keys(store: Store, entries: Iterable[Entry], as_of: date) -> dict[str, Any]:
    epochs: dict[str, dict[str, Any]] = {}
    for entry in entries:
        facts = entry.facts
        if entry.kind == "pseudonym_key_made":
            epochs[facts["epoch"]] = {
                "day": facts["day"], "epoch": facts["epoch"], "kept_in": facts["kept_in"],
                "made": entry.at, "destroyed": None,
            }  # fmt: skip
        elif entry.kind == "pseudonym_key_destroyed" and facts["epoch"] in epochs:
            epochs[facts["epoch"]]["destroyed"] = entry.at
    living = [epoch for epoch in epochs.values() if epoch["destroyed"] is None]
    return {
        "epochs": list(epochs.values())[-EPOCHS_SHOWN:][::-1],
        "living": [epoch["day"] for epoch in living],
        "overdue": [
            epoch["day"]
            for epoch in living
            if date.fromisoformat(epoch["day"]) < as_of - timedelta(days=1)
        ],
        "next_rotation": f"{as_of + timedelta(days=1)}T00:10",
        "day_keys": [day.isoformat() for day in store.keys.days()],
    }


# --- budget


def _budget(bench: Bench, as_of: date) -> dict[str, Any]:
    settings = bench.settings
    charges = Ledger(bench.store.ledger).charges()
    first = as_of - timedelta(days=DAYS_SHOWN)
    charged = sorted(
        {
            date.fromisoformat(charge.starts) + timedelta(days=offset)
            for charge in charges
            for offset in range(_length(charge))
        }
    )
    return {
        "total_rho": settings.total_rho,
        "delta": f"{DELTA:g}",
        "epsilons": four(settings.total_rho),
        "chances": [chance.as_payload() for chance in in_chances(settings)],
        "month": [
            {
                "table": name,
                "days": days,
                "rho": round(settings.method(name).rho, 9),
                "epsilon": price(settings.method(name).rho, days),
            }
            for name in ("T5-bis", "T7")
            for days in (SCHOOL_DAYS, MONTH_DAYS)
        ],
        "days": [_day(bench, day, charges, as_of) for day in charged if day >= first][::-1],
        "tables": [
            {
                "table": name,
                "period": definition.period.value,
                "rho": round(settings.method(name).rho, 9),
                "sigma": settings.method(name).sigma,
                "measure": settings.method(name).measure.value,
                "charges": sum(charge.table == name for charge in charges),
                "last": max((c.period for c in charges if c.table == name), default=None),
            }
            for name, definition in bench.tables.items()
        ],
        "charges": len(charges),
    }


def _length(charge: Charge) -> int:
    return (date.fromisoformat(charge.ends) - date.fromisoformat(charge.starts)).days


def _open(bench: Bench, table: str, day: date, as_of: date) -> bool:
    """Say whether a table may still be charged for a day: its period goes on, or its release is due.

    A week is rehearsed only while its slices are there.
    """
    if table == "rehearsal":
        return day + timedelta(days=bench.settings.retention_days) > as_of
    period = period_of(PERIODS[table], day)
    return not period.closed(as_of) or has_school_day(bench, period)


def _day(bench: Bench, day: date, charges: Iterable[Charge], as_of: date) -> dict[str, Any]:
    """Return what one device-day of that day has cost so far, and what is promised to tables to come."""
    text, settings = day.isoformat(), bench.settings
    covering = [charge for charge in charges if charge.starts <= text < charge.ends]
    spent, drawn = sum(charge.rho for charge in covering), {charge.table for charge in covering}
    promised = [
        name
        for name in (*bench.tables, "rehearsal")
        if name not in drawn and _open(bench, name, day, as_of)
    ]
    pledged = sum(settings.method(name).rho for name in promised)
    return {
        "day": text,
        "spent": round(spent, 9),
        "pledged": round(pledged, 9),
        "left": round(max(settings.total_rho - spent - pledged, 0.0), 9),
        "tables": sorted(drawn),
        "promised": sorted(promised),
    }


# --- entries


def _told(entry: Entry) -> dict[str, Any]:
    facts: Mapping[str, Any] = entry.facts
    told = {name: value for name, value in facts.items() if name in TOLD}
    sealed = facts.get("sealed")
    if isinstance(sealed, dict):
        payload = sealed.get("payload", {})
        told |= {
            name: payload[name] for name in ("decision", "settings", "policy") if name in payload
        }
        told["signer"] = str(sealed.get("seal", {}).get("key", ""))
    return {"number": entry.number, "at": entry.at, "kind": entry.kind, "facts": told}


def _zones(bench: Bench) -> list[dict[str, Any]]:
    return [
        {
            "label": zone.label.as_dict(),
            "persons": zone.persons,
            "published_as": bench.published[zone.name],
            "name": zone.name,
            "measured": zone.measured,
        }
        for zone in bench.school.zones
    ]
