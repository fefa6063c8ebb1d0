"""Real HTML tables of the pages: shade and number together, withheld cells in words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dashboards import load, sentences, uses
from dashboards.cost import costs
from dashboards.reading import LinkDay, School, Snapshot, iso_week, weeks_between
from dashboards.texts import Texts
from privacy.release import Quality, Shown, Withheld


@dataclass(frozen=True, slots=True)
class Datum:
    """One table cell. `raw` is the number for machines; a withheld or empty cell has none."""

    text: str
    raw: str = ""
    sub: str = ""
    level: int = 0
    """Shade 0 to 5."""
    kind: str = ""
    """`withheld`, `empty` or nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One table row."""

    head: str
    cells: tuple[Datum, ...]
    sub: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A real HTML table; `corner` names the rows."""

    caption: str
    corner: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    changed: frozenset[int] = frozenset()
    """Columns before which something changed (drawn as a thick border)."""


def change_weeks(snapshot: Snapshot) -> dict[str, date]:
    """Return the weeks in which the capacity of the first line changed, with the day."""
    first_line = snapshot.school.lines[:1]
    return {
        load_week: after.starts
        for line in first_line
        for _, after in line.changes()
        for load_week in [iso_week(after.starts)]
    }


def week_name(period: str, school: School, texts: Texts) -> str:
    """Return `semaine du 5 octobre 2026`."""
    return texts("word.week_of", day=texts.day_short(school.week(period).starts))


def empty_reason(period: str, school: School, texts: Texts) -> str:
    """Say why a week has nothing."""
    known = any(week.period == period for week in school.weeks)
    holiday = known and not school.week(period).school_days
    return texts("word.holidays" if holiday else "word.not_published")


SHADES: Mapping[int, float] = {1: 0.0, 2: 0.05, 3: 0.20, 4: 0.40, 5: 0.70}
"""Shade from which share of minutes at 80 % or more; 5 % and 20 % are the verdict's limits."""


def shade(share: float) -> int:
    """Return the shade of a share of loaded minutes."""
    return max((level for level, low in SHADES.items() if share > low), default=0)


def _minutes_cell(tally: load.Tally | None, reason: str, texts: Texts) -> Datum:
    if tally is None or not tally.seen:
        return Datum(reason, kind="empty")
    if not tally.over_80:
        return Datum("0", raw="0", level=0)
    sub = texts("table.of_which_95", n=texts.number(tally.over_95)) if tally.over_95 else ""
    return Datum(
        texts.number(tally.over_80), raw=str(tally.over_80), sub=sub, level=shade(tally.share_80)
    )


def slot_weeks_table(days: Sequence[LinkDay], snapshot: Snapshot, texts: Texts) -> Table:
    """Return minutes at 80 % and 95 % or more per slot and week."""
    found = load.week_table(days)
    weeks = load.by_week(days)
    axis = weeks_between(min(weeks), max(weeks)) if weeks else []
    changes = change_weeks(snapshot)
    lines = []
    for name, hours in _slots(days, texts):
        cells = tuple(
            _minutes_cell(
                found.get((name, week)), empty_reason(week, snapshot.school, texts), texts
            )
            for week in axis
        )
        lines.append(Line(name, cells, sub=hours))
    return Table(
        caption=texts("table.slot_weeks"),
        corner=texts("word.slot"),
        columns=tuple(" ".join(texts.day_tick(snapshot.school.week(week).starts)) for week in axis),
        lines=tuple(lines),
        changed=frozenset(i for i, week in enumerate(axis) if week in changes),
    )


def fills_table(days: Sequence[LinkDay], snapshot: Snapshot, texts: Texts) -> Table | None:
    """Return what filled the saturated line, in the last month of which anything may be told."""
    if not snapshot.fills:
        return None
    told = [r for r in snapshot.fills if any(cost.share is not None for cost in costs(r, days))]
    release = told[-1] if told else snapshot.fills[-1]
    lines = []
    for cost in costs(release, days):
        name = texts(f"group.{cost.group}")
        if cost.share is None or cost.minutes is None:
            reason = texts("fills.unknown" if cost.shown else "fills.withheld")
            cells = (Datum(reason, kind="withheld"), Datum("–", kind="empty"))
        else:
            margin = texts("fills.margin", margin=texts.percent(cost.margin))
            cells = (
                Datum(texts.percent(cost.share), raw=f"{cost.share:.10g}", sub=margin),
                Datum(texts.number(cost.minutes), raw=f"{cost.minutes:.10g}"),
            )
        lines.append(Line(name, cells))
    return Table(
        caption=texts("fills.caption", month=texts.month(release.starts)),
        corner=texts("fills.group"),
        columns=(texts("fills.share"), texts("fills.minutes")),
        lines=tuple(lines),
    )


def _slots(days: Sequence[LinkDay], texts: Texts) -> list[tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for day in days:
        for slot in day.slots:
            hours = f"{texts.clock(slot.starts)}–{texts.clock(slot.ends)}"
            found.setdefault(slot.slot, (slot.starts, hours))
    ordered = sorted(found.items(), key=lambda item: item[1][0])
    return [(name, hours) for name, (_, hours) in ordered]


def weekday_table(days: Sequence[LinkDay], texts: Texts, caption: str) -> Table:
    """Return the mean minutes at 80 % or more per slot and weekday."""
    found = load.weekday_table(days)
    weekdays = sorted({weekday for _, weekday in found})
    lines = []
    for name, hours in _slots(days, texts):
        cells = []
        for weekday in weekdays:
            tally = found.get((name, weekday))
            cells.append(_mean_cell(tally, texts))
        lines.append(Line(name, tuple(cells), sub=hours))
    return Table(
        caption=caption,
        corner=texts("word.slot"),
        columns=tuple(texts.weekday(weekday) for weekday in weekdays),
        lines=tuple(lines),
    )


def _mean_cell(tally: load.Tally | None, texts: Texts) -> Datum:
    if tally is None or not tally.seen:
        return Datum("–", kind="empty")
    mean, mean_95 = tally.over_80 / tally.days, tally.over_95 / tally.days
    sub = texts("table.of_which_95", n=texts.number(mean_95)) if round(mean_95) else ""
    return Datum(
        texts.number(mean), raw=f"{mean:.10g}", sub=sub, level=shade(tally.share_80) if mean else 0
    )


def zone_use_table(
    snapshot: Snapshot, texts: Texts, period: str, uses_shown: Sequence[str]
) -> Table:
    """Return the uses of each zone for one week, with margins."""
    latest = [release for release in snapshot.weeks if release.period == period]
    lines = []
    for zone in snapshot.school.zones:
        cells = []
        for use in uses_shown:
            points = uses.zone_series(latest, snapshot.school, zone.name, use)
            cells.append(_count_cell(points[0].display if points else None, texts))
        if any(cell.kind != "empty" for cell in cells):
            lines.append(Line(texts.label(zone.label), tuple(cells)))
    return Table(
        caption=texts("table.zone_uses", week=week_name(period, snapshot.school, texts)),
        corner=texts("word.zone"),
        columns=tuple(sentences.use_name(use, texts) for use in uses_shown),
        lines=tuple(lines),
    )


def _count_cell(display: Shown | Withheld | None, texts: Texts, *, share: float = 0.0) -> Datum:
    if display is None:
        return Datum("–", kind="empty")
    if isinstance(display, Withheld):
        return Datum(texts("word.below", n=texts.number(display.below)), kind="withheld")
    level = max(level for level, low in ZONE_SHADES.items() if share >= low)
    indicative = display.quality is Quality.INDICATIVE
    return Datum(
        texts.number(display.value),
        raw=str(display.value),
        sub=f"± {texts.number(display.margin)}{' *' if indicative else ''}",
        level=min(level, INDICATIVE_SHADE) if indicative else level,
    )


def cell_of(
    display: Shown | Withheld | None, texts: Texts, *, top: int = 0, reason: str = "–"
) -> Datum:
    """Return a counted cell; `top` is what its shade is a share of, `reason` why there is none."""
    if display is None:
        return Datum(reason, kind="empty")
    share = display.value / top if top and isinstance(display, Shown) else 0.0
    return _count_cell(display, texts, share=share)


ZONE_SHADES: Mapping[int, float] = {0: 0.0, 1: 0.01, 2: 0.6, 3: 0.85}
"""Shade by the share of the row's largest shown week; light, since part of it is noise."""
INDICATIVE_SHADE = 2
"""Deepest shade of a value whose margin is above 20 %."""


def zone_weeks_table(snapshot: Snapshot, use: str, texts: Texts) -> Table:
    """Return one use by zone and week."""
    periods = [release.period for release in snapshot.weeks]
    axis = weeks_between(periods[0], periods[-1]) if periods else []
    changes = change_weeks(snapshot)
    lines = []
    for zone in snapshot.school.zones:
        points = uses.zone_series(snapshot.weeks, snapshot.school, zone.name, use)
        if points:
            cells = _zone_cells(points, axis, snapshot.school, texts)
            lines.append(Line(texts.label(zone.label), cells))
    return Table(
        caption=texts("table.zone_weeks", use=sentences.use_name(use, texts)),
        corner=texts("word.zone"),
        columns=tuple(" ".join(texts.day_tick(snapshot.school.week(week).starts)) for week in axis),
        lines=tuple(lines),
        changed=frozenset(i for i, week in enumerate(axis) if week in changes),
    )


def _zone_cells(
    points: Sequence[uses.Point], axis: Sequence[str], school: School, texts: Texts
) -> tuple[Datum, ...]:
    known = {point.period: point for point in points}
    top = max((p.display.value for p in points if isinstance(p.display, Shown)), default=1)
    cells = []
    for week in axis:
        point = known.get(week)
        if point is None or (not point.school_days and isinstance(point.display, Withheld)):
            cells.append(Datum(empty_reason(week, school, texts), kind="empty"))
        elif isinstance(point.display, Shown):
            cells.append(_count_cell(point.display, texts, share=point.display.value / top))
        else:
            cells.append(_count_cell(point.display, texts))
    return tuple(cells)
