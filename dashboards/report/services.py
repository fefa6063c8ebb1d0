"""The followed services: a word and a number for each, and every week in the annex. Pure."""

from collections.abc import Sequence
from typing import Any

from dashboards.adoption import Service, adoptions
from dashboards.reading import Snapshot
from dashboards.report import annex
from dashboards.report.material import Material
from dashboards.tables import Datum, Line, Table
from dashboards.texts import Texts
from dashboards.views.common import by_period, latest_weeks, rule_of, usual_weeks, weeks_span
from dashboards.views.services import services_view
from privacy.release import Quality, Release, Shown, Withheld

MOST_SERVICES = 16
"""Rows of the table of services; the others are on the page."""
MOST_ROWS = 16
"""Rows of the tables of weeks together."""
WEEKS_WIDE = 8
"""Weeks that stand beside each other on a sheet."""


def services_section(material: Material, annexed: "annex.Annex", texts: Texts) -> dict[str, Any]:
    """Return sentences, one row per followed service, and why there is nothing."""
    snapshot = material.snapshot
    view = services_view(snapshot, texts)
    found: dict[str, Any] = {
        "said": [],
        "table": None,
        "rule": "",
        "more": "",
        "see": "",
        "numbers": [],
    }
    if view.empty:
        return {**found, "empty": f"{view.empty.why} {view.empty.what}"}
    usual = usual_weeks(snapshot.services, snapshot)
    services = adoptions(usual, snapshot.services, rule_of(snapshot))
    ordered = sorted(services, key=lambda s: -s.latest.value if isinstance(s.latest, Shown) else 1)
    asked = sorted(ordered, key=lambda s: s.weeks_shown == s.weeks)[:MOST_SERVICES]
    kept = [s for s in ordered if s in asked]
    more = len(services) - len(kept)
    weekly = _of_weeks(kept, snapshot)
    numbers = [annexed.add(table) for table in weeks_tables(weekly, snapshot, texts)]
    return {
        "said": [finding.text for finding in view.said],
        "table": _table(kept, snapshot, texts),
        "rule": texts("services.rule"),
        "more": texts("report.services.more", count=more, n=more) if more else "",
        "numbers": numbers,
        "see": texts("report.services.see_some" if len(weekly) < len(services)
                     else "report.services.see", count=len(numbers), n=len(weekly),
                     numbers=texts.join(numbers)),
        "empty": "",
    }  # fmt: skip


def _of_weeks(kept: Sequence[Service], snapshot: Snapshot) -> list[str]:
    """Return the services whose weeks are printed: all where one table holds the weeks."""
    parts = -(-len(_school_weeks(snapshot)) // WEEKS_WIDE)
    most = MOST_SERVICES if parts <= 1 else MOST_ROWS // parts
    asked = sorted(kept, key=lambda each: each.weeks_shown == each.weeks)[:most]
    return [each.name for each in kept if each in asked]


def _school_weeks(snapshot: Snapshot) -> list[Release]:
    return [r for r in snapshot.services if snapshot.school.week(r.period).school_days]


def _table(services: Sequence[Service], snapshot: Snapshot, texts: Texts) -> Table:
    span = weeks_span(latest_weeks(snapshot.services, snapshot), texts)
    return Table(
        caption=texts("report.services.caption", span=span),
        corner=texts("services.service"),
        columns=(texts("services.verdict"), texts("report.services.shown"),
                 texts("report.services.week")),
        lines=tuple(
            Line(
                each.name,
                (
                    Datum(texts(f"services.word.{each.adoption.value}")),
                    Datum(texts("services.of", n=each.weeks_shown, weeks=each.weeks),
                          raw=str(each.weeks_shown)),
                    _mean(each.latest, texts),
                ),
            )
            for each in services
        ),
    )  # fmt: skip


def _mean(display: Shown | Withheld, texts: Texts) -> Datum:
    if isinstance(display, Withheld):
        return Datum(texts("word.below", n=texts.number(display.below)), kind="withheld")
    text = texts("report.annex.margin", value=texts.number(display.value),
                 margin=texts.number(display.margin))  # fmt: skip
    return Datum(text, raw=str(display.value))


def weeks_tables(names: Sequence[str], snapshot: Snapshot, texts: Texts) -> list[Table]:
    """Return service × school week, as many tables as the sheet's width asks for."""
    releases = _school_weeks(snapshot)
    found = []
    for start in range(0, len(releases), WEEKS_WIDE):
        part = releases[start : start + WEEKS_WIDE]
        margins = sorted({
            texts.number(cell.display.margin)
            for release in part for cell in release.cells if isinstance(cell.display, Shown)
        })  # fmt: skip
        shown = {name: by_period(part, service=name) for name in names}
        found.append(
            Table(
                caption=texts("report.services.weeks", span=weeks_span(part, texts),
                              margins=texts.join([f"± {each}" for each in margins])),
                corner=texts("services.service"),
                columns=tuple(" ".join(texts.day_tick(release.starts)) for release in part),
                lines=tuple(
                    Line(name, tuple(_count(shown[name].get(r.period), texts) for r in part))
                    for name in names
                ),
            )
        )  # fmt: skip
    return found


def _count(display: Shown | Withheld | None, texts: Texts) -> Datum:
    if display is None:
        return Datum("–", kind="empty")
    if isinstance(display, Withheld):
        return Datum(f"<{texts.number(display.below)}", kind="withheld")
    star = " *" if display.quality is Quality.INDICATIVE else ""
    return Datum(f"{texts.number(display.value)}{star}", raw=str(display.value))
