"""Before and after a dated event, said in words and as a table. Pure.

The comparison itself is `privacy.derived.compare`: like school weeks, holidays and exams left out,
refused with its reason where there are not two on each side.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dashboards.reading import Snapshot
from dashboards.tables import Datum, Line, Table
from dashboards.texts import Texts
from dashboards.views.common import rule_of, school_days
from privacy.derived import Change, Derived, Like, OneSided, Refused, comparable, difference, margin
from privacy.release import Release, Shown, Withheld


@dataclass(frozen=True, slots=True)
class Compared:
    """One number before and after."""

    name: str
    found: Change | OneSided


def like_weeks(releases: Sequence[Release], day: date, snapshot: Snapshot) -> Like | Refused:
    """Return the like school weeks around a day, or why there are none."""
    return comparable(releases, day, school_days(snapshot))


def compared(
    like: Like, numbers: Mapping[str, Callable[[Release], Derived]], snapshot: Snapshot
) -> tuple[Compared, ...]:
    """Return each number before and after; one that no week holds is left out."""
    rule = rule_of(snapshot)
    found = []
    for name, number in numbers.items():
        try:
            found.append(Compared(name, difference(like, number, rule)))
        except ValueError:  # a service that these weeks did not have
            continue
    return tuple(found)


def of_use(use: str) -> Callable[[Release], Derived]:
    """Return what counts one use over the zones."""
    return lambda release: margin(release, use=use)


def of_service(service: str) -> Callable[[Release], Derived]:
    """Return what counts one service."""
    return lambda release: margin(release, service=service)


def weeks_said(like: Like, texts: Texts) -> str:
    """Say which weeks are compared."""
    return texts(
        "compare.weeks",
        before=len(like.before),
        after=len(like.after),
        days=texts.join([texts.weekday(day) for day in like.weekdays]),
        left=len(like.left_out),
    )


def refused_said(refused: Refused, texts: Texts) -> str:
    """Say why nothing is compared."""
    return texts(
        f"compare.refused.{refused.reason.value}", before=refused.before, after=refused.after
    )


def said(one: Compared, texts: Texts) -> str:
    """Return the sentence of one number."""
    found = one.found
    before, after = _words(found.before, texts), _words(found.after, texts)
    if isinstance(found, OneSided):
        up = isinstance(found.after, Shown) and isinstance(found.before, Withheld)
        key = ("appeared" if up else "vanished") if found.clear else "unknown"
        return texts(f"compare.{key}", name=one.name, before=before, after=after)
    key = ("more" if found.value > 0 else "less") if found.clear else "same"
    return texts(
        f"compare.{key}",
        name=one.name,
        before=before,
        after=after,
        difference=_signed(found.value, texts),
        interval=texts.number(found.interval),
    )


def _words(display: Shown | Withheld, texts: Texts) -> str:
    if isinstance(display, Withheld):
        return texts("word.below", n=texts.number(display.below))
    return texts.number(display.value)


def _signed(value: float, texts: Texts) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{texts.number(abs(value))}"


def table(items: Sequence[Compared], caption: str, corner: str, texts: Texts) -> Table:
    """Return before, after and the difference with its interval."""
    return Table(
        caption=caption,
        corner=corner,
        columns=(
            texts("compare.before"),
            texts("compare.after"),
            texts("compare.difference"),
            texts("compare.verdict"),
        ),
        lines=tuple(Line(item.name, _cells(item, texts)) for item in items),
    )


def _cells(item: Compared, texts: Texts) -> tuple[Datum, ...]:
    found = item.found
    sides = (_cell(found.before, texts), _cell(found.after, texts))
    if isinstance(found, OneSided):
        word = "one_sided_clear" if found.clear else "one_sided"
        return (*sides, Datum("–", kind="empty"), Datum(texts(f"compare.word.{word}")))
    text = f"{_signed(found.value, texts)} ± {texts.number(found.interval)}"
    word = ("more" if found.value > 0 else "less") if found.clear else "same"
    return (*sides, Datum(text, raw=str(found.value)), Datum(texts(f"compare.word.{word}")))


def _cell(display: Shown | Withheld, texts: Texts) -> Datum:
    if isinstance(display, Withheld):
        return Datum(texts("word.below", n=texts.number(display.below)), kind="withheld")
    return Datum(
        texts.number(display.value), raw=str(display.value), sub=f"± {texts.number(display.margin)}"
    )
