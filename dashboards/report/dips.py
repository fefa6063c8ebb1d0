"""Services that dipped for some weeks and came back, and the zone where work dipped with them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import uses
from dashboards.adoption import names
from dashboards.reading import Snapshot, Zone
from dashboards.report.told import Told, strength, sure
from dashboards.sentences import use_name
from dashboards.texts import Texts
from dashboards.views.services import eras
from privacy.release import Shown

WORK = "pedagogical"


@dataclass(frozen=True, slots=True)
class ServiceDip:
    """One dip of one followed service."""

    name: str
    dip: uses.Dip
    lowest: Shown
    after: uses.Point
    """The first comparable week after it."""


def service_dips(snapshot: Snapshot) -> list[ServiceDip]:
    """Return the dips whose size may be told, the deepest first; the page of services has all."""
    found = [
        _of(name, dip, points)
        for name in names(snapshot.services)
        for points in eras(name, snapshot)
        for dip in uses.dips(points)
        if dip.drop is not None
    ]
    return sorted(found, key=lambda each: -(each.dip.drop or 0.0))


def _of(name: str, dip: uses.Dip, points: Sequence[uses.Point]) -> ServiceDip:
    during = [p.display for p in points if dip.first.starts <= p.starts <= dip.last.starts]
    lowest = min((d for d in during if isinstance(d, Shown)), key=lambda d: d.value)
    after = next(p for p in points if p.comparable and p.starts > dip.last.starts)
    return ServiceDip(name, dip, lowest, after)


def dip_told(found: ServiceDip, snapshot: Snapshot, texts: Texts) -> Told:
    """Return the decision about one dip."""
    dip = found.dip
    text = texts(
        "report.five.service_dip", count=dip.weeks, n=dip.weeks, name=found.name,
        drop=texts.percent(round(dip.drop or 0.0, 2)), day=texts.day_month(dip.first.starts),
        low=texts.number(found.lowest.value),
    )  # fmt: skip
    pro, con = texts("report.vote.dip.pro"), texts("report.vote.dip.con_now")
    zone = _zone(dip, snapshot)
    if zone is not None:
        pro = texts("report.vote.dip.pro_zone", zone=texts.label(zone[0].label),
                    use=use_name(WORK, texts).lower(),
                    drop=texts.percent(round(zone[1].drop or 0.0, 2)))  # fmt: skip
    if isinstance(found.after.display, Shown):
        con = texts("report.vote.dip.con", value=texts.number(found.after.display.value),
                    day=texts.day_month(found.after.starts))  # fmt: skip
    return Told(
        "watch", text, sure(strength(found.lowest), "unknown", texts), pro=pro, con=con,
        question=texts("report.vote.dip.question", name=found.name),
    )  # fmt: skip


def _zone(dip: uses.Dip, snapshot: Snapshot) -> tuple[Zone, uses.Dip] | None:
    """Return the zone where work dipped most in the same weeks."""
    found = [
        (zone, each)
        for zone in snapshot.school.zones
        for points in [uses.zone_series(snapshot.weeks, snapshot.school, zone.name, WORK)]
        for each in uses.dips(points)
        if each.drop is not None and each.first.starts == dip.first.starts
    ]
    return max(found, key=lambda each: each[1].drop or 0.0, default=None)
