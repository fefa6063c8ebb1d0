"""*Quand ça sature*: may the timetable, the updates or the backups move? Pure.

From the link load (exact, whole school) and T7 (noisy volumes during saturated minutes).
"""

from collections.abc import Sequence
from datetime import date

from dashboards import load, tables
from dashboards.charts import Rank
from dashboards.cost import Cost, costs
from dashboards.figures import Figure
from dashboards.reading import LinkDay, Snapshot
from dashboards.sentences import Finding, busy, repeat
from dashboards.series import Words, ranks_figure
from dashboards.tables import Datum, Line, Table
from dashboards.texts import Texts
from dashboards.view import Empty, Section, Sheet, View
from dashboards.views.common import main_line

MOST_PAST_REPEATS = 5
MOST_NAMED = 5
"""Groups of services that the sentence and the figure name."""
UPDATES = "updates"


def saturation_view(snapshot: Snapshot, texts: Texts) -> View:
    """Return the view of the first declared line."""
    days = main_line(snapshot)
    if not days:
        return View(
            "saturation", (), (), empty=Empty(texts("line.nothing"), texts("empty.release"))
        )
    said = [Finding(level, text, "saturation") for level, text in repeats(days, snapshot, texts)]
    return View(
        "saturation",
        (*said[:3], *_fill_findings(days, snapshot, texts)),
        (
            _slots(days, said, snapshot, texts),
            _fills(days, snapshot, texts),
        ),
    )


def _eras(
    days: list[LinkDay], snapshot: Snapshot
) -> tuple[list[LinkDay], list[LinkDay], date | None]:
    """Split the days at the latest change of capacity: (before, since, day of the change)."""
    line = next(
        (line for line in snapshot.school.lines if days and line.name == days[0].line), None
    )
    found = load.latest_change(line, days) if line else None
    if found is None:
        return [], days, None
    starts = found.after.starts
    return load.before(days, starts), load.since(days, starts), starts


def repeats(days: list[LinkDay], snapshot: Snapshot, texts: Texts) -> list[tuple[str, str]]:
    """Return (level, sentence) for each slot that saturates repeatedly, present ones first."""
    earlier, now, changed = _eras(days, snapshot)
    found = [("watch", repeat(item, texts, past=False)) for item in load.repeats(now)]
    found += [("watch", text) for text in busy(load.busy_slots(now), changed, texts)]
    if not found and now:
        key = "repeat.none_since" if changed else "repeat.none"
        found.append(("good", texts(key, day=texts.day_month(changed or now[0].day))))
    past = load.repeats(earlier)[:MOST_PAST_REPEATS]
    return found + [("info", repeat(item, texts, past=True)) for item in past]


def weekday_tables(days: list[LinkDay], snapshot: Snapshot, texts: Texts) -> list[Table]:
    """Return weekday × slot, before and since the latest change of capacity."""
    earlier, now, changed = _eras(days, snapshot)
    if changed is None:
        return [tables.weekday_table(now, texts, texts("table.weekday"))]
    day = texts.day_month(changed)
    return [
        tables.weekday_table(now, texts, texts("table.weekday_since", day=day)),
        tables.weekday_table(earlier, texts, texts("table.weekday_before", day=day)),
    ]


def _slots(
    days: list[LinkDay], said: Sequence[Finding], snapshot: Snapshot, texts: Texts
) -> Section:
    csv = "/api/v1/releases/link"
    sheets = [
        Sheet(f"weekday-{index}", table, shades=index == 1)
        for index, table in enumerate(weekday_tables(days, snapshot, texts), start=1)
    ]
    weeks = tables.slot_weeks_table(days, snapshot, texts)
    return Section(
        ident="creneaux",
        title=texts("saturation.slots"),
        lead=texts("load.repeats_how"),
        said=tuple(said[3:]),
        sheets=(*sheets, Sheet("slot-weeks", weeks, csv=csv, how=texts("how.slots"), shades=True)),
    )


def _told(days: list[LinkDay], snapshot: Snapshot) -> list[tuple[int, list[Cost]]]:
    """Return the months of T7 of which any share may be told: (place, costs)."""
    found = [(place, list(costs(r, days))) for place, r in enumerate(snapshot.fills)]
    return [(place, each) for place, each in found if any(c.share is not None for c in each)]


def _fill_findings(days: list[LinkDay], snapshot: Snapshot, texts: Texts) -> list[Finding]:
    told = _told(days, snapshot)
    if not told:
        return []
    place, each = told[-1]
    month = texts.month(snapshot.fills[place].starts)
    known = [cost for cost in each if cost.share is not None]
    names = texts.join(
        [
            texts(
                "saturation.named",
                group=texts(f"group.{cost.group}"),
                share=texts.percent(cost.share or 0),
                margin=texts.percent(cost.margin),
            )
            for cost in known[:3]
        ]
    )
    found = [Finding("info", texts("saturation.fills", month=month, names=names), "saturation")]
    updates = next((cost for cost in each if cost.group == UPDATES), None)
    if updates is not None:
        _, _, changed = _eras(days, snapshot)
        past = changed is not None and snapshot.fills[place].ends <= changed
        found.append(_updates(updates, month, texts, past=past))
    return found


def _updates(cost: Cost, month: str, texts: Texts, *, past: bool) -> Finding:
    if cost.share is None or cost.minutes is None:
        return Finding("info", texts("saturation.updates_withheld", month=month), "saturation")
    text = texts(
        "saturation.updates_before" if past else "saturation.updates",
        month=month,
        share=texts.percent(cost.share),
        margin=texts.percent(cost.margin),
    )
    return Finding("info" if past else "watch", text, "saturation")


def _fills(days: list[LinkDay], snapshot: Snapshot, texts: Texts) -> Section:
    title, lead = texts("fills.title"), texts("fills.lead")
    if not snapshot.fills:
        empty = Empty(texts("saturation.no_month"), texts("saturation.no_month_what"))
        return Section("remplit", title, lead, empty=empty)
    told = _told(days, snapshot)
    notes = [texts("fills.cap", cap=texts.number(snapshot.fills[-1].method.cap))]
    silent = [r for place, r in enumerate(snapshot.fills) if place not in {p for p, _ in told}]
    notes += [texts("fills.silent", month=texts.month(release.starts)) for release in silent]
    figures = (
        (_fill_figure(told[-1][1], snapshot.fills[told[-1][0]].starts, texts),) if told else ()
    )
    sheet = Sheet(
        "fills", _months_table(days, snapshot, texts), csv="/api/v1/releases/T7", shaded=False,
        how=texts("fills.how"),
    )  # fmt: skip
    return Section("remplit", title, lead, figures=figures, sheets=(sheet,), notes=tuple(notes))


def _fill_figure(each: Sequence[Cost], month: date, texts: Texts) -> Figure:
    rows = [
        Rank(
            texts(f"group.{cost.group}"),
            value=cost.share,
            margin=cost.margin if cost.share is not None else None,
            note=texts("fills.withheld"),
        )
        for cost in each
    ]
    first = each[0]
    words = Words(
        ident="fills-month",
        title=texts(
            "saturation.first",
            group=texts(f"group.{first.group}"),
            share=texts.percent(first.share or 0),
            month=texts.month(month),
        ),
        unit=texts("saturation.unit"),
        csv="/api/v1/releases/T7",
        how=texts("fills.how"),
        name=texts("fills.share"),
    )
    return ranks_figure(rows, words, texts("fills.group"), texts, percent=True)


def _months_table(days: list[LinkDay], snapshot: Snapshot, texts: Texts) -> Table:
    """Return share and estimated minutes of each group, month by month."""
    found = [{cost.group: cost for cost in costs(r, days)} for r in snapshot.fills]
    groups = list(found[-1])
    return Table(
        caption=texts("fills.months"),
        corner=texts("fills.group"),
        columns=tuple(texts.month(release.starts) for release in snapshot.fills),
        lines=tuple(
            Line(
                texts(f"group.{group}"),
                tuple(_share_cell(each.get(group), texts) for each in found),
            )
            for group in groups
        ),
    )


def _share_cell(cost: Cost | None, texts: Texts) -> Datum:
    if cost is None:
        return Datum("–", kind="empty")
    if cost.share is None or cost.minutes is None:
        reason = texts("fills.unknown" if cost.shown else "fills.withheld")
        return Datum(reason, kind="withheld")
    sub = texts("fills.cell", margin=texts.percent(cost.margin), minutes=texts.number(cost.minutes))
    return Datum(texts.percent(cost.share), raw=f"{cost.share:.10g}", sub=sub)
