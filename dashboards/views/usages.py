"""*Usages et charte*: is the charter followed, and should it change? Pure.

T1 (week × zone), T2 (slots), T4 (bounded volumes), T5-bis (months), rehearsals beside T6. Technical
and undetermined exist as volume only: no charter speaks of them.
"""

import math
from datetime import date

from dashboards import figures, overview, tables, uses
from dashboards.charts import Rank
from dashboards.reading import CHARTER_USES, Snapshot
from dashboards.sentences import Finding, use_name, use_series, zone_fade
from dashboards.series import Words, ranks_figure
from dashboards.tables import Line, Table, cell_of, change_weeks
from dashboards.texts import Texts
from dashboards.view import Empty, Section, Sheet, View
from dashboards.views.common import latest_weeks, rule_of, weeks_span
from dashboards.views.rehearsed import rehearsed_section
from privacy.derived import over
from privacy.release import Shown, Withheld

MEGA_IN_GIGA = 1000
AGAINST = ("abusive", "resource_inappropriate")
ALL_USES = (*CHARTER_USES, "technical", "undetermined")


def usages_view(snapshot: Snapshot, texts: Texts) -> View:
    """Return the view."""
    if not snapshot.weeks:
        return View("uses", (), (), empty=Empty(texts("empty.weeks"), texts("empty.release")))
    return View(
        "uses",
        tuple(_said(snapshot, texts)),
        (
            _weeks(snapshot, texts),
            _zones(snapshot, texts),
            _slots(snapshot, texts),
            _months(snapshot, texts),
            _volumes(snapshot, texts),
            rehearsed_section(snapshot, texts),
        ),
    )


def _changed(snapshot: Snapshot) -> date | None:
    return max(change_weeks(snapshot).values(), default=None)


def _said(snapshot: Snapshot, texts: Texts) -> list[Finding]:
    found = []
    for use in CHARTER_USES:
        points = uses.total_series(snapshot.weeks, snapshot.school, use, snapshot.privacy)
        if points:
            text = use_series(points, _changed(snapshot), use, texts)
            where = overview.dipped_zones(snapshot, use, texts) if uses.dips(points) else ""
            found.append(Finding("info", f"{text}{where}.", "uses", f"use-{use}"))
            if use in overview.RESTRICTED:
                found += overview.zones_seen(snapshot, use, texts)
    return found


def _weeks(snapshot: Snapshot, texts: Texts) -> Section:
    return Section(
        ident="weeks",
        title=texts("usages.weeks"),
        lead=texts("usages.weeks_help"),
        figures=tuple(figures.use_figure(use, snapshot, texts) for use in CHARTER_USES),
    )


def zone_sentences(snapshot: Snapshot, use: str, texts: Texts) -> list[str]:
    """Return what moved in the zones for one use: at the change of capacity, or for some weeks."""
    changed = _changed(snapshot)
    found = []
    for zone in snapshot.school.zones:
        points = uses.zone_series(snapshot.weeks, snapshot.school, zone.name, use)
        fade = uses.fade(points, changed, zone.name, use) if changed else None
        if fade and changed:
            found.append(zone_fade(fade, snapshot.school, changed, texts))
            continue
        found.extend(
            texts("zone.dip", zone=texts.label(zone.label), dip=overview.dip_text(dip, texts))
            for dip in uses.dips(points)
        )
    return found


def _zones(snapshot: Snapshot, texts: Texts) -> Section:
    periods = [release.period for release in snapshot.weeks]
    latest = overview.latest_school_week(periods, snapshot.school) or periods[-1]
    said = [
        Finding("info", text, "uses", f"zones-{use}")
        for use in CHARTER_USES
        for text in zone_sentences(snapshot, use, texts)
    ]
    csv = "/api/v1/releases/T1"
    week = tables.zone_use_table(snapshot, texts, latest, CHARTER_USES)
    sheets = [Sheet("zone-week", week, csv=csv, how=texts("how.zones"))]
    sheets += [
        Sheet(f"zones-{use}", tables.zone_weeks_table(snapshot, use, texts)) for use in CHARTER_USES
    ]
    return Section(
        ident="zones",
        title=texts("usages.zones"),
        said=tuple(said) or (Finding("info", texts("zone.nothing"), "uses"),),
        sheets=tuple(sheets),
        notes=(texts("usages.withheld_help"),),
    )


def slot_table(snapshot: Snapshot, texts: Texts) -> Table:
    """Return slots × uses, device-slots of a mean school week of the latest weeks."""
    rule, latest = rule_of(snapshot), latest_weeks(snapshot.slots, snapshot)
    cells = {
        use: {
            slot: over(latest, slot=slot, use=use).scaled(1 / len(latest)).shown(rule)
            for slot in dict.fromkeys(cell.get("slot") for cell in latest[-1].cells)
        }
        for use in CHARTER_USES
    }
    top = {
        use: max((d.value for d in each.values() if isinstance(d, Shown)), default=1)
        for use, each in cells.items()
    }
    hours = {
        s.name: f"{texts.clock(s.starts)}–{texts.clock(s.ends)}" for s in snapshot.school.slots
    }
    return Table(
        caption=texts("usages.slots_caption", span=weeks_span(latest, texts)),
        corner=texts("word.slot"),
        columns=tuple(use_name(use, texts) for use in CHARTER_USES),
        lines=tuple(
            Line(
                slot,
                tuple(cell_of(cells[use][slot], texts, top=top[use]) for use in CHARTER_USES),
                sub=hours.get(slot, ""),
            )
            for slot in cells[CHARTER_USES[0]]
        ),
    )


def _slots(snapshot: Snapshot, texts: Texts) -> Section:
    title, lead = texts("usages.slots"), texts("usages.slots_help")
    if not latest_weeks(snapshot.slots, snapshot):
        empty = Empty(texts("empty.table_week"), texts("empty.release"))
        return Section("creneaux", title, lead, empty=empty)
    sheet = Sheet(
        "slots", slot_table(snapshot, texts), csv="/api/v1/releases/T2", how=texts("how.slots_uses")
    )
    return Section("creneaux", title, lead, sheets=(sheet,))


def _months(snapshot: Snapshot, texts: Texts) -> Section:
    title, lead = texts("usages.months"), texts("usages.months_help")
    if not snapshot.months:
        empty = Empty(texts("empty.months"), texts("empty.months_what"))
        return Section("mois", title, lead, empty=empty)
    lines = []
    for use in AGAINST:
        shown = [
            next((c.display for c in release.cells if c.get("use") == use), None)
            for release in snapshot.months
        ]
        lines.append(Line(use_name(use, texts), tuple(cell_of(each, texts) for each in shown)))
    table = Table(
        caption=texts("usages.months_caption"),
        corner=texts("word.use"),
        columns=tuple(texts.month(release.starts) for release in snapshot.months),
        lines=tuple(lines),
    )
    sheet = Sheet("months", table, csv="/api/v1/releases/T5-bis", how=texts("how.months"))
    return Section("mois", title, lead, sheets=(sheet,))


def _volumes(snapshot: Snapshot, texts: Texts) -> Section:
    title, lead = texts("usages.volumes"), texts("usages.volumes_help")
    latest = latest_weeks(snapshot.volumes, snapshot)
    if not latest:
        empty = Empty(texts("empty.table_week"), texts("empty.release"))
        return Section("volumes", title, lead, empty=empty)
    cap = texts("usages.cap", cap=texts.number(latest[-1].method.cap))
    rule = rule_of(snapshot)
    means = {use: over(latest, use=use).scaled(1 / len(latest)).shown(rule) for use in ALL_USES}
    span = weeks_span(latest, texts)
    words = Words(
        ident="volumes-mean",
        title=_volume_title(means, span, texts),
        unit=texts("usages.volumes_unit", span=span),
        csv="/api/v1/releases/T4",
        how=f"{texts('how.volumes')} {cap}",
        name=texts("usages.giga"),
    )
    rows = [_giga(use, display, texts) for use, display in means.items()]
    figure = ranks_figure(rows, words, texts("word.use"), texts)
    return Section("volumes", title, lead, figures=(figure,), notes=(cap,))


def _giga(use: str, display: Shown | Withheld, texts: Texts) -> Rank:
    name, role = use_name(use, texts), use if use in CHARTER_USES else "load"
    if isinstance(display, Withheld):
        return Rank(name, below=-(-display.below // MEGA_IN_GIGA), role=role)
    return Rank(
        name,
        value=round(display.value / MEGA_IN_GIGA),
        margin=round(display.margin / MEGA_IN_GIGA, 1),
        role=role,
    )


def _volume_title(means: dict[str, Shown | Withheld], span: str, texts: Texts) -> str:
    shown = {use: d for use, d in means.items() if isinstance(d, Shown)}
    if not shown:
        return texts("usages.volumes_withheld", span=span)
    first, second = (*sorted(shown, key=lambda use: -shown[use].value), "")[:2]
    if second and shown[first].value - shown[second].value <= math.hypot(
        shown[first].margin, shown[second].margin
    ):
        return texts(
            "usages.volumes_close",
            use=use_name(first, texts),
            second=use_name(second, texts),
            value=texts.number(shown[first].value / MEGA_IN_GIGA),
            other=texts.number(shown[second].value / MEGA_IN_GIGA),
            margin=texts.number(shown[first].margin / MEGA_IN_GIGA),
            span=span,
        )
    return texts(
        "usages.volumes_title",
        use=use_name(first, texts),
        value=texts.number(shown[first].value / MEGA_IN_GIGA),
        margin=texts.number(shown[first].margin / MEGA_IN_GIGA),
        span=span,
    )
