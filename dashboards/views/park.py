"""*Parc et salles*: which rooms stand idle, and what do the machines cost the line? Pure.

T1 `any` over the declared persons of each zone and the school days; T2 for the slots of the whole
school; T7 for updates. Zones under the floor merge upward by declaration, so none is small.
"""

from collections.abc import Sequence

from dashboards.charts import Rank
from dashboards.cost import costs
from dashboards.reading import Snapshot, Zone, weeks_between
from dashboards.sentences import Finding
from dashboards.series import Words, ranks_figure
from dashboards.tables import Datum, Line, Table, cell_of, empty_reason
from dashboards.texts import Texts
from dashboards.view import Empty, Section, Sheet, View
from dashboards.views.common import (
    by_period,
    latest_weeks,
    main_line,
    rule_of,
    taught_days,
    weeks_span,
)
from dashboards.views.usages import slot_table
from privacy.derived import over
from privacy.release import Release, Shown, Withheld

ANY = "any"
CSV = "/api/v1/releases/T1"
IDLE_SHARE = 0.25
"""A zone whose active devices are under a quarter of its declared persons is asked about."""


def park_view(snapshot: Snapshot, texts: Texts) -> View:
    """Return the view."""
    latest = latest_weeks(snapshot.weeks, snapshot)
    if not latest:
        return View("park", (), (), empty=Empty(texts("empty.weeks"), texts("empty.release")))
    shares = [(zone, _share(zone, latest, snapshot)) for zone in snapshot.school.zones]
    known = [(zone, share) for zone, share in shares if share is not None]
    return View(
        "park",
        tuple(_said(known, latest, texts)),
        (
            _zones(known, latest, snapshot, texts),
            _slots(snapshot, texts),
            _updates(snapshot, texts),
        ),
    )


def _share(zone: Zone, weeks: Sequence[Release], snapshot: Snapshot) -> Rank | None:
    """Return the active share of a zone: device-days over declared persons × school days."""
    having = [r for r in weeks if any(c.get("zone") == zone.name for c in r.cells)]
    if not having or not zone.persons:
        return None
    whole = zone.persons * taught_days(having, snapshot)
    shown = over(having, zone=zone.name, use=ANY).shown(rule_of(snapshot))
    if isinstance(shown, Withheld):
        return Rank(zone.name, below=shown.below / whole)
    return Rank(
        zone.name, value=round(shown.value / whole, 4), margin=round(shown.margin / whole, 4)
    )


def _said(
    shares: Sequence[tuple[Zone, Rank]],
    latest: Sequence[Release],
    texts: Texts,
) -> list[Finding]:
    span = weeks_span(latest, texts)
    shown = [(zone, rank) for zone, rank in shares if rank.value is not None]
    found = []
    for key, pick in (("most", max), ("least", min)):
        if len(shown) > 1:
            zone, rank = pick(shown, key=lambda each: each[1].value or 0)
            found.append(Finding("info", _one(f"park.{key}", zone, rank, span, texts), "park"))
    idle = [zone for zone, rank in shown if (rank.value or 0) + (rank.margin or 0) < IDLE_SHARE]
    found += [
        Finding("watch", texts("park.idle", zone=texts.label(zone.label)), "park") for zone in idle
    ]
    hidden = [texts.label(zone.label) for zone, rank in shares if rank.value is None]
    if hidden:
        found.append(Finding("info", texts("park.withheld", zones=texts.join(hidden)), "park"))
    return found


def _one(key: str, zone: Zone, rank: Rank, span: str, texts: Texts) -> str:
    return texts(
        key,
        zone=texts.label(zone.label),
        share=texts.percent(rank.value or 0),
        margin=texts.percent(rank.margin or 0),
        persons=texts.number(zone.persons),
        span=span,
    )


def _zones(
    shares: Sequence[tuple[Zone, Rank]],
    latest: Sequence[Release],
    snapshot: Snapshot,
    texts: Texts,
) -> Section:
    ordered = sorted(shares, key=lambda each: -(each[1].value or 0))
    rows = [
        Rank(
            texts("park.zone", zone=texts.label(zone.label), persons=texts.number(zone.persons)),
            value=rank.value, margin=rank.margin, below=rank.below,
        )
        for zone, rank in ordered
    ]  # fmt: skip
    span = weeks_span(latest, texts)
    first_zone, first = ordered[0]
    title = (
        _one("park.most", first_zone, first, span, texts).rstrip(".")
        if first.value is not None
        else texts("park.nothing")
    )
    words = Words(
        ident="park-zones",
        title=title,
        unit=texts("park.unit", span=span),
        csv=CSV,
        how=texts("how.park"),
        name=texts("park.share"),
    )
    return Section(
        ident="zones",
        title=texts("park.zones"),
        lead=texts("park.zones_help"),
        figures=(ranks_figure(rows, words, texts("word.zone"), texts, percent=True),),
        sheets=(Sheet("park-weeks", _weeks_table(snapshot, texts), csv=CSV),),
        notes=(texts("park.over"), texts("usages.withheld_help")),
    )


def _weeks_table(snapshot: Snapshot, texts: Texts) -> Table:
    """Return the active device-days of each zone and week, as they are stored."""
    axis = weeks_between(snapshot.weeks[0].period, snapshot.weeks[-1].period)
    lines = []
    for zone in snapshot.school.zones:
        shown = by_period(snapshot.weeks, zone=zone.name, use=ANY)
        if not shown:  # a zone in no cell: servers, or too few persons
            continue
        top = max((d.value for d in shown.values() if isinstance(d, Shown)), default=1)
        cells = [
            cell_of(shown.get(w), texts, top=top, reason=empty_reason(w, snapshot.school, texts))
            for w in axis
        ]
        lines.append(Line(texts.label(zone.label), tuple(cells)))
    return Table(
        caption=texts("park.weeks"),
        corner=texts("word.zone"),
        columns=tuple(" ".join(texts.day_tick(snapshot.school.week(w).starts)) for w in axis),
        lines=tuple(lines),
    )


def _slots(snapshot: Snapshot, texts: Texts) -> Section:
    title, lead = texts("park.slots"), texts("park.slots_help")
    if not latest_weeks(snapshot.slots, snapshot):
        empty = Empty(texts("empty.table_week"), texts("empty.release"))
        return Section("creneaux", title, lead, empty=empty)
    sheet = Sheet(
        "park-slots", slot_table(snapshot, texts), csv="/api/v1/releases/T2",
        how=texts("how.slots_uses"),
    )  # fmt: skip
    return Section("creneaux", title, lead, sheets=(sheet,))


def _updates(snapshot: Snapshot, texts: Texts) -> Section:
    title, lead = texts("park.updates"), texts("park.updates_help")
    if not snapshot.fills:
        empty = Empty(texts("saturation.no_month"), texts("saturation.no_month_what"))
        return Section("mises-a-jour", title, lead, empty=empty)
    days = main_line(snapshot)
    found = [
        next((c for c in costs(release, days) if c.group == "updates"), None)
        for release in snapshot.fills
    ]
    volumes = [
        next((c.display for c in release.cells if c.get("group") == "updates"), None)
        for release in snapshot.fills
    ]
    lines = tuple(
        Line(
            texts.month(release.starts),
            (
                _giga(volume, texts),
                Datum(texts.percent(cost.share), raw=f"{cost.share:.10g}",
                      sub=texts("fills.margin", margin=texts.percent(cost.margin)))
                if cost and cost.share is not None
                else Datum(texts("fills.withheld"), kind="withheld"),
            ),
        )
        for release, cost, volume in zip(snapshot.fills, found, volumes, strict=True)
    )  # fmt: skip
    table = Table(
        caption=texts("park.updates_caption"),
        corner=texts("word.month"),
        columns=(texts("usages.giga"), texts("fills.share")),
        lines=lines,
    )
    sheet = Sheet("updates", table, csv="/api/v1/releases/T7", shaded=False, how=texts("fills.how"))
    cap = texts("fills.cap", cap=texts.number(snapshot.fills[-1].method.cap))
    return Section("mises-a-jour", title, lead, sheets=(sheet,), notes=(cap,))


def _giga(display: Shown | Withheld | None, texts: Texts) -> Datum:
    if not isinstance(display, Shown):
        return Datum(texts("fills.withheld"), kind="withheld")
    margin = texts("fills.margin", margin=texts.number(display.margin / 1000))
    return Datum(texts.number(display.value / 1000), raw=str(display.value / 1000), sub=margin)
