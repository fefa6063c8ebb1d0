"""Words of *Confiance et confidentialité*: days, moments, settings, entries of the log, the audit. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from dashboards.texts import Texts

PARIS = ZoneInfo("Europe/Paris")
"""Times of the log are shown as French school time; the log itself holds UTC."""
DIGEST: Final = re.compile(r"[0-9a-f]{32,}|[A-Za-z0-9+/]{43}=")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
SHORT: Final = 16
EPSILONS: Final = ("device_day", "two_devices", "school_week", "boarding_week")
PARTS: Final = {"cost (rho)": "cost", "cap": "cap", "noise (sigma)": "noise"}
OTHERS: Final = {"profile": "profile", "addresses of the school": "addresses"}
GREEN: Final = "vert"
"""The verdict of an audit that every attack and every mutant ended as it must."""
ROLES: Final = frozenset({"admin", "committee", "dpo"})


def day(text: str, texts: Texts) -> str:
    """Return an ISO day as the language writes it."""
    return texts.day_short(date.fromisoformat(text))


def local(text: str, texts: Texts) -> str:
    """Return an ISO local time as a day and a clock time."""
    when = datetime.fromisoformat(text)
    return texts(
        "trust.moment", day=texts.day_short(when.date()), time=texts.clock(f"{when:%H:%M}")
    )


def moment(text: str, texts: Texts) -> str:
    """Return an ISO time in UTC as a day and a clock time of the school."""
    when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return local(aware.astimezone(PARIS).replace(tzinfo=None).isoformat(), texts)


def epsilons(budget: Mapping[str, Any], texts: Texts) -> str:
    """Return the four epsilons, always together."""
    four = budget["epsilons"]
    return texts(
        "trust.budget.epsilons", **{name: texts.number(four[name], 2) for name in EPSILONS}
    )


@dataclass(frozen=True, slots=True)
class Audit:
    """What the last attack suite said."""

    passed: bool
    current: bool
    """It attacked what is in force now."""
    sentence: str


def audit_told(document: Mapping[str, Any], texts: Texts, policy: str) -> Audit:
    """Return the last audit: its day, its verdict, its mutant score; under which policy."""
    passed = document["verdict"] == GREEN
    current = document["policy"] == policy
    key = "failed" if not passed else "passed" if current else "older"
    sentence = texts(
        f"trust.audit.{key}",
        day=moment(document["begun"], texts),
        caught=document["mutants_caught"],
        mutants=document["mutants"],
    )
    return Audit(passed, current, sentence)


def respect_name(respect: str, texts: Texts) -> str:
    """Return what a setting, or a respect in which terms differ (`privacy.terms`), is called."""
    table, _, part = respect.partition(": ")
    if part in PARTS:
        return texts(f"trust.setting.{PARTS[part]}", table=table)
    if respect.startswith("zone "):
        name = table.removeprefix("zone ")
        if part:
            return texts("trust.respect.zone_part", name=name, part=part)
        return texts("trust.respect.zone", name=name)
    if respect.startswith("figures of "):
        return texts("trust.respect.figures", name=respect.removeprefix("figures of "))
    if respect in OTHERS:
        return texts(f"trust.respect.{OTHERS[respect]}")
    return texts(f"trust.setting.{respect.rpartition('.')[2]}")


def change_said(difference: Mapping[str, str], texts: Texts) -> str:
    """Return one difference as a sentence."""
    return texts(
        "trust.change",
        respect=respect_name(difference["respect"], texts),
        before=difference["before"],
        after=difference["after"],
        sense=texts(f"trust.sense.{difference['direction']}"),
    )


def kind_name(kind: str, texts: Texts) -> str:
    """Return what an entry of the audit log says; of a kind without words, its name."""
    try:
        return texts(f"trust.kind.{kind}")
    except KeyError:
        return kind.replace("_", " ")


def fact(name: str, value: Any, texts: Texts) -> str:
    """Return one fact of an entry: digests cut short, days written out."""
    try:
        word = texts(f"trust.fact.{name}")
    except KeyError:
        word = name.replace("_", " ")
    text = str(value)
    if isinstance(value, bool):
        text = texts("trust.yes" if value else "trust.no")
    elif isinstance(value, str) and DIGEST.fullmatch(value):
        text = value[:SHORT]
    elif isinstance(value, str) and _DAY.fullmatch(value):
        text = day(value, texts)
    return texts("trust.fact_is", word=word, value=text)


def role_name(role: str, texts: Texts) -> str:
    """Return what a role is called; an account that nobody knows has one, too."""
    return texts(f"trust.role.{role if role in ROLES else 'unknown'}")


def event_name(event: str, texts: Texts) -> str:
    """Return what happened to an account; of an event without words, its name."""
    try:
        return texts(f"trust.event.{event}")
    except KeyError:
        return event.replace("_", " ")
