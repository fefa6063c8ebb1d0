"""Words of *Confiance et confidentialité*: days, moments, settings, entries of the log, the audit. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from dashboards.reading import Snapshot
from dashboards.texts import NARROW, Texts

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
VALUES: Final = frozenset(
    {"acknowledged", "withdrawn", "signed", "locked memory", "kernel keyring", "rehearsal"}
)
"""Values of the log that are words of the program."""
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


def span(days: Sequence[str], texts: Texts) -> str:
    """Return some ISO days as one: from the first to the last."""
    return texts.span(date.fromisoformat(min(days)), date.fromisoformat(max(days)))


def key_age(living: str, epochs: Sequence[Mapping[str, Any]], texts: Texts) -> str:
    """Return the day of a living key, and when it was made."""
    made = [each["made"] for each in epochs if each["day"] == living and not each["destroyed"]]
    named = day(living, texts)
    return (
        f"{named} ({texts('trust.keys.age.made', moment=moment(made[0], texts))})"
        if made
        else named
    )


def runs(snapshot: Snapshot, texts: Texts) -> str:
    """Say whether the measurement runs, as far as the signed log knew on the day of the page."""
    content = snapshot.papers.get("journal", {}).get("content", {})
    collector = content.get("collector")
    if not collector:
        return texts(
            "trust.stop.never" if content else "trust.unknown", day=_as_of(snapshot, texts)
        )
    key = "running" if collector["running"] else "halted"
    return texts(
        f"trust.stop.{key}",
        day=_as_of(snapshot, texts),
        moment=moment(collector["since"], texts),
    )


def _as_of(snapshot: Snapshot, texts: Texts) -> str:
    return texts.day_short(snapshot.status.as_of)


def chance(share: float, texts: Texts) -> str:
    """Return a chance as a percentage; what is nearly certain is never written as certain."""
    if share >= ALMOST:
        return texts("trust.nearly_all")
    if share < NEARLY:
        return texts.percent(share)
    percent = f"{NARROW}%" if texts.lang == "fr" else "%"
    return texts.number(share * 100, 1) + percent


NEARLY: Final = 0.99
"""From here on a decimal is told: 99.7 % is not 100 %."""
ALMOST: Final = 0.999
CHANCES: Final = {"mean": "device_day", "week": "school_week", "month": "school_month"}


def chances(budget: Mapping[str, Any], texts: Texts) -> dict[str, str]:
    """Return the three chances of the sentence on top; unknown where an older journal has none."""
    means = {each["name"]: each["mean"] for each in budget.get("chances", ())}
    return {
        place: chance(means[name], texts) if name in means else "?"
        for place, name in CHANCES.items()
    }


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
    elif value is None:
        text = texts("trust.none_yet")
    elif text in VALUES:
        text = texts(f"trust.value.{text}")
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
