"""The slots of the week as a table for paper: minutes above 80 %, and of them above 95 %. Pure."""

from collections.abc import Sequence

from dashboards import load
from dashboards.reading import LinkDay
from dashboards.tables import Datum, Line, Table
from dashboards.texts import Texts

LEAST_MINUTES = load.SATURATED_MINUTES
"""A slot is in the table from that many loaded minutes a day on, on one weekday."""


def slots_tables(days: Sequence[LinkDay], changed: load.Change | None, texts: Texts) -> list[Table]:
    """Return weekday × slot, since the latest change of capacity and before; calm ones left out."""
    if changed is None:
        eras = [(texts.sentence(texts("report.load.whole")), list(days))]
    else:
        starts, day = changed.after.starts, texts.day_month(changed.after.starts)
        eras = [
            (texts.sentence(texts("report.load.since", day=day)), load.since(days, starts)),
            (texts.sentence(texts("report.load.before", day=day)), load.before(days, starts)),
        ]
    found = [_table(caption, each, texts) for caption, each in eras]
    return [table for table in found if table.lines]


def _table(caption: str, days: Sequence[LinkDay], texts: Texts) -> Table:
    tallies = load.weekday_table(days)
    weekdays = sorted({weekday for _, weekday in tallies})
    hours = {slot.slot: (slot.starts, slot.ends) for day in days for slot in day.slots}
    loaded = {
        name for (name, _), tally in tallies.items() if tally.over_80 >= LEAST_MINUTES * tally.days
    }
    lines = tuple(
        Line(
            texts("report.load.slot", slot=name, starts=texts.clock(hours[name][0]),
                  ends=texts.clock(hours[name][1])),
            tuple(_cell(tallies.get((name, weekday)), texts) for weekday in weekdays),
        )
        for name in sorted(loaded, key=lambda each: hours[each])
    )  # fmt: skip
    return Table(
        caption=caption,
        corner=texts("word.slot"),
        columns=tuple(texts.weekday(weekday) for weekday in weekdays),
        lines=lines,
    )


def _cell(tally: load.Tally | None, texts: Texts) -> Datum:
    """Return `54 / 12`, the mean minutes of a day, as the page has them."""
    if tally is None or not tally.seen:
        return Datum("–", kind="empty")
    if not tally.over_80:
        return Datum("0", raw="0")
    mean = tally.over_80 / tally.days
    both = texts("report.load.minutes_of", n=texts.number(mean),
                 full=texts.number(tally.over_95 / tally.days))  # fmt: skip
    return Datum(both, raw=f"{mean:.10g}")
