"""What several views need: the rule of display, latest weeks, derived numbers. Pure.

Every derived number comes from `privacy.derived`; nothing here adds up cells by itself.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from dashboards.reading import LinkDay, Snapshot
from dashboards.sentences import VERDICT_LEVEL, Finding
from dashboards.texts import Texts
from privacy.release import Release, Shown, Withheld
from privacy.settings import DisplaySettings

__all__ = ["VERDICT_LEVEL", "Finding"]

LATEST_WEEKS = 4
"""School weeks of « ces dernières semaines »."""
FULL_WEEK_DAYS = 3
"""Weeks of fewer school days are shown, never averaged or compared."""


def rule_of(snapshot: Snapshot) -> DisplaySettings:
    """Return the sealed rule that decides what may be displayed."""
    return DisplaySettings.model_validate(dict(snapshot.privacy["display"]))


def school_days(snapshot: Snapshot) -> Mapping[str, Sequence[date]]:
    """Return the comparable school days of each week: none in a week of exams."""
    return {week.period: () if week.exams else week.school_days for week in snapshot.school.weeks}


def usual_weeks(releases: Sequence[Release], snapshot: Snapshot) -> tuple[Release, ...]:
    """Return the releases of ordinary school weeks: enough school days, no exams."""
    days = school_days(snapshot)
    return tuple(r for r in releases if len(days.get(r.period, ())) >= FULL_WEEK_DAYS)


def latest_weeks(releases: Sequence[Release], snapshot: Snapshot) -> tuple[Release, ...]:
    """Return the latest ordinary school weeks, at most `LATEST_WEEKS`."""
    return usual_weeks(releases, snapshot)[-LATEST_WEEKS:]


def taught_days(releases: Sequence[Release], snapshot: Snapshot) -> int:
    """Return the school days of some weeks together."""
    return sum(len(snapshot.school.week(release.period).school_days) for release in releases)


def weeks_span(releases: Sequence[Release], texts: Texts) -> str:
    """Return `du 5 octobre au 15 novembre`, from the first Monday to the last Sunday."""
    last = releases[-1].ends - timedelta(days=1)
    return texts(
        "word.weeks_of", first=texts.day_month(releases[0].starts), last=texts.day_month(last)
    )


def main_line(snapshot: Snapshot, name: str | None = None) -> list[LinkDay]:
    """Return the published days of one line, the first declared one by default."""
    names = [line.name for line in snapshot.school.lines]
    chosen = name or (names[0] if names else None)
    return [day for day in snapshot.link if day.line == chosen]


def by_period(releases: Sequence[Release], **key: str) -> dict[str, Shown | Withheld]:
    """Return what may be displayed of one stored cell, period by period."""
    wanted = tuple(sorted(key.items()))
    return {
        release.period: cell.display
        for release in releases
        for cell in release.cells
        if cell.key == wanted
    }
