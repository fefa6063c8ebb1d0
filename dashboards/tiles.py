"""The tiles of *En bref*: one number each, with its words. Pure."""

from dataclasses import dataclass

from dashboards import load, sentences, uses
from dashboards.overview import latest_school_week, recent_coverage
from dashboards.reading import CHARTER_USES, LinkDay, Snapshot
from dashboards.sentences import VERDICT_LEVEL
from dashboards.tables import week_name
from dashboards.texts import Texts
from privacy.release import Shown, Withheld


@dataclass(frozen=True, slots=True)
class Tile:
    """One number with its words. `level` as in `Finding`; `trend` is up, down, steady or none."""

    ident: str
    name: str
    value: str
    margin: str
    text: str
    level: str = "info"
    word: str = ""
    trend: str = ""
    withheld: bool = False
    page: str = "overview"
    help: str = ""


def tiles(snapshot: Snapshot, days: list[LinkDay], texts: Texts) -> dict[str, list[Tile]]:
    """Return the tiles by group: `line`, `week`, `day`."""
    return {
        "line": [*_line_tile(snapshot, days, texts), _quality_tile(snapshot, texts)],
        "week": _week_tiles(snapshot, texts),
        "day": _day_tiles(snapshot, texts),
    }


def _line_tile(snapshot: Snapshot, days: list[LinkDay], texts: Texts) -> list[Tile]:
    weeks = load.by_week(days)
    period = load.latest_full_week(weeks, snapshot.school)
    if period is None:
        return []
    tally = load.class_time(weeks[period])
    cannot = tally.verdict is load.Verdict.CANNOT_TELL
    return [
        Tile(
            ident="line",
            name=texts("tile.line.name"),
            value="–" if cannot else texts.percent(tally.share_80),
            margin="",
            text=texts("tile.line.text", week=week_name(period, snapshot.school, texts)),
            level=VERDICT_LEVEL[tally.verdict],
            word=texts(f"verdict.{tally.verdict.value}"),
            page="load",
        )
    ]


def _quality_tile(snapshot: Snapshot, texts: Texts) -> Tile:
    level, word, text = sentences.quality(recent_coverage(snapshot), texts)
    name = texts("tile.quality.name")
    return Tile("quality", name, word, "", text, level=level, word=texts(f"level.{level}"))


def _week_tiles(snapshot: Snapshot, texts: Texts) -> list[Tile]:
    found = []
    for use in CHARTER_USES:
        points = uses.total_series(snapshot.weeks, snapshot.school, use, snapshot.privacy)
        if not points:
            continue
        period = latest_school_week([point.period for point in points], snapshot.school)
        upto = [point for point in points if period is None or point.period <= period]
        direction, words = sentences.trend_word(uses.trend(upto), texts)
        found.append(_count_tile(use, upto[-1].display, texts, direction, words))
    return found


def _count_tile(
    use: str, display: Shown | Withheld, texts: Texts, direction: str, words: str
) -> Tile:
    withheld = isinstance(display, Withheld)
    if isinstance(display, Withheld):
        value, margin = texts("word.below", n=texts.number(display.below)), ""
        words, direction = texts("trend.withheld"), "none"
    else:
        value, margin = texts.number(display.value), f"± {texts.number(display.margin)}"
    return Tile(
        ident=use,
        name=sentences.use_name(use, texts),
        value=value,
        margin=margin,
        text=words,
        trend=direction,
        withheld=withheld,
        page="uses",
        help=texts(f"use.{use}.help"),
    )


def _day_tiles(snapshot: Snapshot, texts: Texts) -> list[Tile]:
    if not snapshot.days:
        return []
    values = uses.day_values(snapshot.days[-1])
    return [
        _count_tile(use, values[use], texts, "none", texts("tile.day.text"))
        for use in CHARTER_USES
        if use in values
    ]
