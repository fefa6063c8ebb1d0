"""What moved in a zone: at the change of the line, or for some weeks. Pure."""

from dashboards import uses
from dashboards.reading import CHARTER_USES, Snapshot
from dashboards.report.findings import moved_text
from dashboards.sentences import dip, use_name
from dashboards.tables import change_weeks
from dashboards.texts import Texts


def zones_said(snapshot: Snapshot, texts: Texts) -> list[str]:
    """Return one sentence for each zone and use that moved, with the numbers of the page."""
    changed = max(change_weeks(snapshot).values(), default=None)
    found = []
    for use in CHARTER_USES:
        for zone in snapshot.school.zones:
            name = f"{texts.label(zone.label)}, {use_name(use, texts).lower()}"
            points = uses.zone_series(snapshot.weeks, snapshot.school, zone.name, use)
            fade = uses.fade(points, changed, zone.name, use) if changed else None
            if fade and changed:
                found.append(moved_text(name, fade, texts.day_month(changed), texts))
                continue
            found += [
                f"{name}{texts('word.colon')}{dip(each, texts)}." for each in uses.dips(points)
            ]
    return found
