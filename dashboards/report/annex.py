"""The annex: the accessible twin of every figure, numbered, and the words of the report. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dashboards import figures, load, uses
from dashboards.reading import CHARTER_USES, LinkDay, Snapshot, weeks_between
from dashboards.sentences import count, use_name
from dashboards.tables import Datum, Line, Table, empty_reason
from dashboards.texts import Texts
from privacy.release import Withheld

WEEKS = "A1"
"""Number of the table of weeks: the first."""
WORDS = ("device_day", "class_time", "loaded", "margin", "withheld", "slot")


@dataclass(slots=True)
class Annex:
    """Tables in the order in which the report refers to them."""

    texts: Texts
    tables: list[tuple[str, Table]] = field(default_factory=list)

    def add(self, table: Table) -> str:
        """Append a table; return its number, `A1`."""
        number = f"A{len(self.tables) + 1}"
        caption = self.texts("report.annex.caption", number=number, caption=table.caption)
        self.tables.append((number, replace(table, caption=caption)))
        return number


def definitions(texts: Texts) -> list[tuple[str, str]]:
    """Return the words of the report with their meanings, as the pages give them."""
    found = [(texts(f"glossary.{word}.word"), texts(f"glossary.{word}.text")) for word in WORDS]
    return [*found, (texts("report.annex.star"), texts("report.annex.star_text"))]


def weeks_table(snapshot: Snapshot, days: Sequence[LinkDay], texts: Texts) -> Table:
    """Return, per week, class time above 80 % and the four uses: the numbers of five figures."""
    by_week = load.by_week(days)
    series = {
        use: {
            point.period: point
            for point in uses.total_series(snapshot.weeks, snapshot.school, use, snapshot.privacy)
        }
        for use in CHARTER_USES
    }
    periods = sorted({*by_week, *(release.period for release in snapshot.weeks)})
    axis = weeks_between(periods[0], periods[-1]) if periods else []
    marks = figures.week_marks(axis, snapshot)
    lines = []
    for period in axis:
        start = snapshot.school.week(period).starts
        tally = load.class_time(by_week.get(period, []))
        cells = (
            _share(tally, period, snapshot, texts),
            *(_use(series[use].get(period), period, snapshot, texts) for use in CHARTER_USES),
        )
        days = texts("chart.days", n=tally.days) if 0 < tally.days < figures.FULL_WEEK else ""
        told = (
            marks.letters(period),
            days or figures.short_week(period, snapshot.school, texts),
        )
        lines.append(Line(texts.day_month(start), cells, sub=", ".join(filter(None, told))))
    return Table(
        caption=texts("report.annex.weeks"),
        corner=texts("report.annex.monday"),
        columns=(texts("report.annex.share"), *(use_name(use, texts) for use in CHARTER_USES)),
        lines=tuple(lines),
    )


def _share(tally: load.Tally, period: str, snapshot: Snapshot, texts: Texts) -> Datum:
    if not tally.seen:
        return Datum(empty_reason(period, snapshot.school, texts), kind="empty")
    share = round(tally.share_80, 4)  # as the figure of the page has it
    return Datum(texts.percent(share), raw=f"{share:.10g}")


def _use(point: uses.Point | None, period: str, snapshot: Snapshot, texts: Texts) -> Datum:
    if point is None or (not point.school_days and isinstance(point.display, Withheld)):
        return Datum(empty_reason(period, snapshot.school, texts), kind="empty")
    if isinstance(point.display, Withheld):
        return Datum(count(point.display, texts), kind="withheld")
    margin = texts.number(point.display.margin)
    value = texts.number(point.display.value)
    return Datum(texts("report.annex.margin", value=value, margin=margin),
                 raw=str(point.display.value))  # fmt: skip
