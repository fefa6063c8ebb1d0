"""The page of the comparison, before it is HTML: sentences, the spread, its weeks, named schools. Pure."""

from datetime import date

from dashboards import sentences
from dashboards.charts import Bar, Columns
from dashboards.charts_spread import Band, spread_svg
from dashboards.charts_svg import columns_svg
from dashboards.figures import Figure as Drawing
from dashboards.figures import months_once, weeks_table
from dashboards.hub.indicators import DAYS, INDICATORS, VOLUME, Figure
from dashboards.hub.material import Comparison, Point
from dashboards.hub.spread import LEAST_SCHOOLS, Z95, Mark, Spread
from dashboards.reading import iso_parts
from dashboards.sentences import Finding
from dashboards.tables import Datum, Line, Table
from dashboards.texts import Texts
from dashboards.view import Choice, Empty, Section, Sheet, View

PAGE = "compare"
API = "/api/v1/hub/comparison"
SERIES = 20
"""Weeks of the chart over time; the table of a longer time would not be read."""


def compare_view(found: Comparison, texts: Texts) -> View:
    """Return the page."""
    if not found.weeks:
        empty = Empty(texts("hub.empty.why"), texts("hub.empty.what"))
        return View(page=PAGE, said=(), sections=(), empty=empty)
    sections = [
        _spread_section(found, texts, DAYS),
        _spread_section(found, texts, VOLUME),
        _weeks_section(found, texts),
        _named_section(found, texts),
    ]
    return View(page=PAGE, said=_said(found, texts), sections=tuple(sections))


def week_words(week: str, texts: Texts) -> str:
    """Return `semaine du 5 octobre 2026`."""
    return texts("hub.week", day=texts.day_short(date.fromisocalendar(*iso_parts(week), 1)))


def indicator_name(indicator: str, texts: Texts) -> str:
    """Return the name of the use that an indicator counts."""
    use = indicator.partition("-")[2]
    return texts("hub.active") if use == "any" else sentences.use_name(use, texts)


def _said(found: Comparison, texts: Texts) -> tuple[Finding, ...]:
    """Return the sentences: how schools spread, where the own one stands, what is only noise."""
    kind, week = texts(f"hub.kind.{found.kind}"), week_words(found.week, texts)
    if found.schools < LEAST_SCHOOLS:
        text = texts("hub.too_few", count=found.schools, kind=kind, week=week, k=LEAST_SCHOOLS)
        return (Finding("info", text, PAGE), *_notes(found, texts))
    said = []
    for indicator in (f"{DAYS}-pedagogical", f"{DAYS}-residual_private"):
        spread = found.spreads.get(indicator)
        if spread is not None and None not in (spread.low.value, spread.high.value):
            said.append(_sentence(indicator, spread, found, texts))
    noisy = [
        indicator_name(name, texts)
        for name in INDICATORS
        if (each := found.spreads.get(name)) and each.median.value and each.mostly_noise
    ]
    if noisy:
        text = texts("hub.said.noise", names=texts.join(list(dict.fromkeys(noisy))))
        said.append(Finding("info", text, PAGE))
    return (*said, *_notes(found, texts))


def _sentence(indicator: str, spread: Spread, found: Comparison, texts: Texts) -> Finding:
    low, high = spread.low.value or 0.0, spread.high.value or 0.0
    text = texts(
        "hub.said.spread",
        name=indicator_name(indicator, texts),
        schools=texts.number(spread.schools),
        kind=texts(f"hub.kind.{found.kind}"),
        low=_number(low, texts),
        high=_number(high, texts),
        noise=_number(spread.noise, texts),
    )
    own = found.own.get(indicator)
    if own is not None and own.shown:
        margin = Z95 * own.sigma
        place = "above" if own.value - margin > high else "inside"
        place = "below" if own.value + margin < low else place
        value = texts("word.margin", value=_number(own.value, texts), margin=_number(margin, texts))
        text += " " + texts(f"hub.own.{place}", value=value)
    return Finding("info", text, PAGE)


def _notes(found: Comparison, texts: Texts) -> tuple[Finding, ...]:
    notes = []
    if found.simulated:
        notes.append(texts("hub.simulated", count=found.simulated))
    if found.damaged:
        notes.append(texts("hub.damaged", count=found.damaged))
    return tuple(Finding("watch", text, PAGE) for text in notes)


def _number(value: float, texts: Texts) -> str:
    return texts.number(value, 1 if abs(value) < 10 else 0)  # noqa: PLR2004 - two figures that count


def _spread_section(found: Comparison, texts: Texts, prefix: str) -> Section:
    names = [name for name in INDICATORS if name.startswith(f"{prefix}-")]
    ident = f"spread-{prefix}"
    bands = tuple(_band(name, found, texts) for name in names)
    shown = [spread for name in names if (spread := found.spreads.get(name))]
    drawing = Drawing(
        ident=ident,
        title=_title(prefix, found, texts),
        unit=texts(f"hub.unit.{prefix}"),
        svg=spread_svg(bands, ident=ident, texts=texts),
        plotly="",
        table=_spread_table(names, found, texts, prefix),
        csv=f"{API}/{found.kind}/{found.week}",
        how=texts("hub.how", k=LEAST_SCHOOLS),
        legend=_legend(bands, texts),
    )
    return Section(
        ident=f"part-{prefix}",
        title=texts(f"hub.section.{prefix}"),
        lead=texts("hub.section.lead", week=week_words(found.week, texts)),
        choices=_week_choices(found, texts) if prefix == DAYS else (),
        figures=(drawing,) if shown else (),
        empty=None if shown else Empty(
            texts("hub.too_few", count=found.schools, kind=texts(f"hub.kind.{found.kind}"),
                  week=week_words(found.week, texts), k=LEAST_SCHOOLS),
            texts("hub.too_few_what"),
        ),
    )  # fmt: skip


def _title(prefix: str, found: Comparison, texts: Texts) -> str:
    spread = found.spreads.get(f"{prefix}-pedagogical")
    if spread is None or spread.median.value is None:
        return texts("hub.title.nothing")
    return texts(
        f"hub.title.{prefix}",
        median=_number(spread.median.value, texts),
        margin=_number(spread.median_margin, texts),
    )


def _week_choices(found: Comparison, texts: Texts) -> tuple[Choice, ...]:
    """Return the last weeks, and the kinds of school where there are several."""
    rest = {"type": found.kind, "indicateur": found.indicator}
    weeks = [
        Choice(
            texts.day_short(date.fromisocalendar(*iso_parts(week), 1)),
            (("semaine", week), *rest.items()),
            week == found.week,
        )
        for week in found.weeks[-SERIES:]
    ]
    kinds = [
        Choice(texts(f"hub.kind.{kind}"), (("type", kind),), kind == found.kind)
        for kind in found.kinds
    ]
    return (*(kinds if len(kinds) > 1 else ()), *weeks)


def _band(name: str, found: Comparison, texts: Texts) -> Band:
    spread, own = found.spreads.get(name), found.own.get(name)
    words = indicator_name(name, texts)
    if spread is None:
        return Band(words, note=texts("hub.none"))
    mine = own is not None and own.shown
    return Band(
        name=words,
        low=spread.low.value,
        median=spread.median.value,
        high=spread.high.value,
        below=spread.low.below,
        own=own.value if own is not None and mine else None,
        own_margin=Z95 * own.sigma if own is not None and mine else 0.0,
    )


def _legend(bands: tuple[Band, ...], texts: Texts) -> tuple[tuple[str, str], ...]:
    found = [("load", texts("hub.legend.half")), ("peak", texts("hub.legend.median"))]
    if any(each.below is not None for each in bands):
        found.append(("withheld", texts("legend.withheld")))
    if any(each.own is not None for each in bands):
        found.append(("limit", texts("hub.legend.own")))
    return tuple(found)


def _spread_table(names: list[str], found: Comparison, texts: Texts, prefix: str) -> Table:
    heads = ["low", "median", "high", "noise", "schools"] + (["own"] if found.own else [])
    return Table(
        caption=texts("chart.data_of", name=texts(f"hub.unit.{prefix}")),
        corner=texts("word.use"),
        columns=tuple(texts(f"hub.head.{head}") for head in heads),
        lines=tuple(
            Line(indicator_name(name, texts), _cells(name, found, texts)) for name in names
        ),
    )


def _cells(name: str, found: Comparison, texts: Texts) -> tuple[Datum, ...]:
    spread = found.spreads.get(name)
    cells: tuple[Datum, ...] = (Datum("–", kind="empty"),) * 5
    if spread is not None:
        margin = f"± {_number(spread.median_margin, texts)}" if spread.median.value else ""
        cells = (
            _mark(spread.low, texts),
            _mark(spread.median, texts, sub=margin),
            _mark(spread.high, texts),
            Datum(_number(spread.noise, texts), raw=f"{spread.noise:.1f}"),
            Datum(texts.number(spread.schools), raw=str(spread.schools)),
        )
    return (*cells, own_cell(found.own.get(name), texts)) if found.own else cells


def _mark(mark: Mark, texts: Texts, *, sub: str = "") -> Datum:
    if mark.value is None:
        return _withheld(mark.below or 0.0, texts)
    return Datum(_number(mark.value, texts), raw=f"{mark.value:.1f}", sub=sub)


def _withheld(below: float, texts: Texts) -> Datum:
    return Datum(texts("word.withheld_below", n=_number(below, texts)), kind="withheld")


def own_cell(figure: Figure | None, texts: Texts) -> Datum:
    """Return one school's figure with its margin, or that it may not be shown."""
    if figure is None:
        return Datum("–", kind="empty")
    if not figure.shown:
        return _withheld(figure.threshold, texts)
    margin = _number(Z95 * figure.sigma, texts)
    return Datum(_number(figure.value, texts), raw=f"{figure.value:.1f}", sub=f"± {margin}")


def _weeks_section(found: Comparison, texts: Texts) -> Section:
    name = indicator_name(found.indicator, texts)
    prefix = found.indicator.partition("-")[0]
    bars = months_once([_bar(point, texts) for point in found.series[-SERIES:]])
    chart = Columns(role="load", bars=bars)
    unit = texts(f"hub.unit.{prefix}")
    drawing = Drawing(
        ident="weeks",
        title=texts("hub.title.weeks", name=name),
        unit=unit,
        svg=columns_svg(chart, ident="weeks", texts=texts),
        plotly="",
        table=weeks_table(chart, texts, (name, texts("word.margin_head"))),
        csv=f"{API}/{found.kind}/{found.week}",
        how=texts("hub.how_weeks", k=LEAST_SCHOOLS),
        legend=(("load", texts("hub.legend.median")),),
    )
    choices = tuple(
        Choice(
            f"{indicator_name(each, texts)} ({texts('hub.short.' + each.partition('-')[0])})",
            (("semaine", found.week), ("type", found.kind), ("indicateur", each)),
            each == found.indicator,
        )
        for each in INDICATORS
    )
    return Section("semaines", texts("hub.section.weeks"), choices=choices, figures=(drawing,))


def _bar(point: Point, texts: Texts) -> Bar:
    start = date.fromisocalendar(*iso_parts(point.week), 1)
    bar = Bar(tick=texts.day_tick(start), name=week_words(point.week, texts))
    if point.spread is None:
        note = texts("hub.few", k=LEAST_SCHOOLS)
        return Bar(tick=bar.tick, name=bar.name, note=note)
    if point.spread.median.value is None:
        return Bar(tick=bar.tick, name=bar.name, below=round(point.spread.median.below or 0))
    return Bar(
        tick=bar.tick, name=bar.name,
        value=round(point.spread.median.value, 1), margin=round(point.spread.median_margin, 1),
    )  # fmt: skip


def _named_section(found: Comparison, texts: Texts) -> Section:
    names = [name for name in INDICATORS if name.startswith(f"{DAYS}-")]
    sheet = Sheet(
        ident="noms",
        table=Table(
            caption=texts("hub.named.caption", week=week_words(found.week, texts)),
            corner=texts("hub.named.school"),
            columns=tuple(indicator_name(name, texts) for name in names),
            lines=tuple(
                Line(school, tuple(own_cell(figures.get(name), texts) for name in names))
                for school, figures in found.named
            ),
        ),
        how=texts("hub.named.how"),
        shaded=False,
    )
    why = texts("hub.named.silent" if found.silent else "hub.named.nobody", k=LEAST_SCHOOLS)
    return Section(
        "etablissements",
        texts("hub.section.named"),
        lead=texts("hub.named.lead"),
        sheets=(sheet,) if found.named else (),
        empty=None if found.named else Empty(why, texts("hub.named.what")),
    )
