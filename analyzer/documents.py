"""The sealed documents that the pages read instead of the school's files. I/O.

school   places, timetable and lines as declared         charter  the text and its rules, enforced
privacy  the settings in force and what they amount to    status   origin of the days and coverage
register, dpia, notices, breach, journal: analyzer.papers
annotations  dated events that the charts mark (analyzer.annotations)

Each bears the digest of the policy in force (`write_document`), so that who serves can tell whether
they belong together. Nothing in them comes from a slice. The coverage counts packets of the whole school, for school days
that are over only: on an empty day the count of all would be the count of one.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

import pyarrow.compute as pc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analyzer import mandate
from analyzer.annotations import annotations_document
from analyzer.exact import Bench
from analyzer.papers.all import papers
from analyzer.practice import practice
from analyzer.store import MEASURED, PUBLIC_FILE, SIMULATED, Store, write_whole
from privacy.effects import MONTH_DAYS
from privacy.gate.noise import epsilon, epsilons
from privacy.gate.periods import LONGEST_MONTH
from privacy.memory import SEEN
from privacy.published import Published
from privacy.records import LINK_COLUMNS, SLICE_COLUMNS, Reject
from privacy.records_fr import LINK_FR, SLICE_FR
from privacy.sealed import SealBroken, seal
from privacy.settings import PrivacySettings, TableName
from school.conditions import rule_sentences
from school.terms import terms_between

MEGA = 1_000_000
MONTHLY: tuple[TableName, ...] = ("T5-bis", "T7")
"""Tables of which one release holds a month of device-days."""
COUNTED = ("offered", "parsed", *(f"rejected_{r.value}" for r in Reject), "kernel_drops", "shed")


def school_document(bench: Bench, as_of: date) -> dict[str, Any]:
    """Return places, timetable, lines, and the weeks from the first stored day to `as_of`."""
    school = bench.school
    days = [*bench.store.days("flows"), *bench.store.days("link"), as_of]
    weeks = school.calendar.weeks(min(days), max(days) + timedelta(days=1))
    return {
        "document": "school",
        "name": school.name,
        "uai": school.uai,
        "public_url": school.public_url,
        "dpo": school.contacts.dpo.line() if school.contacts.dpo else None,
        "timezone": school.calendar.timezone.key,
        "holiday_zone": school.calendar.holiday_zone,
        "zones": [
            {
                "name": zone.name,
                "label": zone.label.as_dict(),
                "kind": zone.kind,
                "persons": zone.persons,
                "published_as": bench.published[zone.name],
                "cells": _cells(zone, bench.published[zone.name]),
            }
            for zone in school.zones
        ],
        "whole_school_tables": [name for name, table in bench.tables.items() if not table.zones],
        "slots": [
            {
                "name": slot.name,
                "period": slot.period,
                "days": list(slot.days),
                "from": slot.from_to[0],
                "to": slot.from_to[1],
                "persons": slot.persons,
            }
            for slot in school.calendar.slots
        ],
        "lines": [_line(line) for line in school.lines],
        "weeks": [
            {
                "period": week.period,
                "starts": week.starts.isoformat(),
                "ends": week.ends.isoformat(),
                "school_days": [day.isoformat() for day in week.school_days],
            }
            for week in weeks
        ],
        "terms": [
            {
                "term": term.name,
                "starts": term.starts.isoformat(),
                "ends": term.ends.isoformat(),
                "weeks": list(term.weeks),
            }
            for term in terms_between(school.calendar, min(days), as_of)
        ],
    }


def _cells(zone: Any, published: str | None) -> str:
    """Return which cells by zone hold a zone's devices, from declarations alone.

    `own`, `merged` (in those of the zone that the school named), `no_devices` (none are counted),
    or `too_few`: in none. Tables of the whole school hold whoever is counted anywhere, so the use of
    a small office shows there only; of what may be acted against, in T5-bis, month by month.
    """
    if not zone.counts_devices:
        return "no_devices"
    if published is None:
        return "too_few"
    return "own" if published == zone.name else "merged"


def _line(line: Any) -> dict[str, Any]:
    return {
        "name": line.name,
        "label": line.label.as_dict(),
        "capacity": [
            {
                "from": capacity.since.isoformat(),
                "down_mbit_s": round(capacity.down_bit_s / MEGA, 3),
                "up_mbit_s": round(capacity.up_bit_s / MEGA, 3),
            }
            for capacity in line.capacity
        ],
    }


def charter_document(bench: Bench) -> dict[str, Any]:
    """Return the charter that is enforced, its conditions as sentences."""
    charter = bench.school.charter
    return {
        "document": "charter",
        "digest": bench.school.charter_digest,
        "title": charter.title.as_dict(),
        "version": charter.version,
        "clauses": [{"id": clause.id, **clause.text.as_dict()} for clause in charter.clauses],
        "rules": [
            {
                "id": rule.id,
                "use": rule.use,
                "clause": rule.clause,
                "because": rule.because.as_dict(),
                "condition": rule_sentences(rule).as_dict(),
            }
            for rule in charter.rules
        ],
        "practice": practice(bench.school),
    }


@lru_cache(maxsize=8)
def _epsilons(rho: float) -> dict[str, float]:
    return epsilons(rho)


def _device_month(settings: PrivacySettings) -> list[dict[str, Any]]:
    """Return what one month of a monthly table says of a device that came on several of its days.

    Its unit is the device-day, as everywhere, but one release holds a month of them: n days of one
    device weigh n times, and cost n² times (group privacy).
    """
    return [
        {
            "table": name,
            "days": days,
            "rho": round(settings.method(name).rho * days**2, 9),
            "epsilon": _epsilon_of_days(settings.method(name).rho, days),
        }
        for name in MONTHLY
        for days in (MONTH_DAYS, LONGEST_MONTH)
    ]


@lru_cache(maxsize=32)
def _epsilon_of_days(rho: float, days: int) -> float:
    return epsilon(rho, days)


def privacy_document(bench: Bench) -> dict[str, Any]:
    """Return the settings in force; the four epsilons are always published together."""
    settings = bench.settings
    tables = []
    for name, definition in bench.tables.items():
        method = settings.method(name)
        tables.append(
            {
                "name": name,
                "unit": method.unit,
                "period": definition.period.value,
                "share": settings.table(name).share,
                "rho": round(method.rho, 9),
                "cap": method.cap,
                "sigma": method.sigma,
            }
        )
    return {
        "document": "privacy",
        "digest": bench.school.privacy_digest,
        "settings": settings.model_dump(mode="json"),
        "policy_parts": dict(bench.enforced.parts),
        "profile": settings.profile,
        "total_rho": settings.total_rho,
        "delta": "1e-6",
        **{f"epsilon_{name}": value for name, value in _epsilons(settings.total_rho).items()},
        "device_month": _device_month(settings),
        "retention_days": settings.retention_days,
        "tables": tables,
        "floor_persons": settings.floor_persons,
        "display": settings.display.model_dump(mode="json"),
        "columns": [
            {
                "name": column.name,
                "record": record,
                "meaning": column.meaning,
                "unit": column.unit,
                "purpose": column.purpose,
                "identifying": column.identifying.value,
                "fr": {"meaning": french[column.name][0], "purpose": french[column.name][1]},
            }
            for record, columns, french in (
                ("flows", SLICE_COLUMNS, SLICE_FR),
                ("link", LINK_COLUMNS, LINK_FR),
            )
            for column in columns
        ],
        "dropped": [
            {
                "name": seen.name,
                "what": {"fr": seen.what_fr, "en": seen.what},
                "until": {"fr": seen.until_fr, "en": seen.until},
                "becomes": list(seen.becomes),
            }
            for seen in SEEN
        ],
        "legal_basis": bench.school.contacts.legal_basis,
        "legal_text": bench.school.contacts.legal_text,
        "council_decision": bench.school.contacts.council_decision,
        "dpo": bench.school.contacts.dpo.name if bench.school.contacts.dpo else None,
    }


def status_document(bench: Bench, as_of: date, analyzed: str | None) -> dict[str, Any]:
    """Return where the days come from and what the capture saw of them.

    Args:
        bench: store and school.
        as_of: the school's local day.
        analyzed: the last day, ISO 8601, on which an analysis or a release wrote it; None before the first.
            The first day's load writes it, too, and is neither.
    """
    store = bench.store
    records = ("flows", "link")
    # A purge that was killed half-way leaves files of a day whose key is gone: it is no day any more.
    days = sorted({day for each in records for day in store.days(each) if store.origins(each, day)})
    origins = [(day, _origin(store, day)) for day in days]
    return {
        "document": "status",
        "as_of": as_of.isoformat(),
        "analyzed": analyzed,
        "capture": mandate.capture(bench),
        "origins": _runs(origins),
        "coverage": [
            _coverage(store, day)
            for day in store.days("link")
            if day < as_of and bench.school.calendar.is_school_day(day)
        ],
    }


def _origin(store: Store, day: date) -> str:
    there = [record for record in ("flows", "link") if store.origins(record, day)]
    found = {store.checked(record, day)[1] for record in there}
    return SIMULATED if SIMULATED in found else MEASURED


def _runs(origins: Iterable[tuple[date, str]]) -> list[dict[str, str]]:
    """Return runs of days of one origin, both ends included."""
    runs = []
    for origin, group in groupby(origins, key=lambda item: item[1]):
        days = [day for day, _ in group]
        runs.append({"from": days[0].isoformat(), "to": days[-1].isoformat(), "origin": origin})
    return runs


def _coverage(store: Store, day: date) -> dict[str, Any]:
    table = store.link_rows(day, COUNTED)
    totals = {name: pc.sum(table[name], min_count=0).as_py() for name in COUNTED}
    rejected = {r.value: totals[f"rejected_{r.value}"] for r in Reject}
    return {
        "day": day.isoformat(),
        "offered": totals["offered"],
        "parsed": totals["parsed"],
        "rejected": sum(rejected.values()),
        "rejected_by_reason": rejected,
        "kernel_drops": totals["kernel_drops"],
        "shed": totals["shed"],
    }


def last_analyzed(bench: Bench) -> str | None:
    """Return the day of the last analysis that the published status tells; None where there is none."""
    try:
        found = Published(bench.store.public).document("status").get("analyzed")
    except (FileNotFoundError, SealBroken):
        return None
    return str(found) if found else None


def write(
    bench: Bench, key: Ed25519PrivateKey, as_of: date, *, analysis: bool = True
) -> tuple[str, ...]:
    """Seal and publish every document; return their names.

    Args:
        bench: store and school; the store is held (`Store.locked`).
        key: of the seal.
        as_of: the school's local day.
        analysis: an analysis or a release does it, not the load of the first day alone.
    """
    analyzed = as_of.isoformat() if analysis else last_analyzed(bench)
    payloads = (
        school_document(bench, as_of),
        charter_document(bench),
        privacy_document(bench),
        status_document(bench, as_of, analyzed),
        *papers(bench, as_of),
        annotations_document(bench.school),
    )
    for payload in payloads:
        write_document(bench, payload, key)
    return tuple(payload["document"] for payload in payloads)


def write_document(bench: Bench, payload: dict[str, Any], key: Ed25519PrivateKey) -> None:
    """Seal one document under the policy in force and publish it under its own name.

    Args:
        bench: store and school; the store is held (`Store.locked`).
        payload: JSON values; `document` is its name.
        key: of the seal.
    """
    path = bench.store.public / "documents" / f"{payload['document']}.json"
    write_whole(path, seal({**payload, "policy": bench.enforced.digest}, key), PUBLIC_FILE)
