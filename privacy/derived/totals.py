"""Sums of stored cells: over a dimension of one release, over the periods of a term. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from privacy.derived.linear import Derived, of_cell, summed
from privacy.release import Release

Key = tuple[tuple[str, str], ...]
THURSDAY = 3
"""An ISO week belongs to the month and the year of its Thursday (ISO 8601)."""


def margin(release: Release, **fixed: str) -> Derived:
    """Return the sum of the cells with some values of their key: `margin(t1, use="abusive")`.

    Add up what is additive only: zones, services, slots; uses and groups of a volume (T4, T7). The
    uses of a count are not (a device-day may have several).

    Raises:
        ValueError: no cell has them, or several uses of a count would be added up.
    """
    cells = [
        cell
        for cell in release.cells
        if all(dict(cell.key).get(name) == value for name, value in fixed.items())
    ]
    uses = {dict(cell.key).get("use") for cell in cells}
    if len(uses) > 1 and release.method.measure != "megabytes":
        raise ValueError(f"{release.table}: uses of device-days do not add up")
    return summed(of_cell(release, cell) for cell in cells)


def over(releases: Sequence[Release], **fixed: str) -> Derived:
    """Return `margin` summed over several periods of one table.

    Raises:
        ValueError: several tables, a period twice, no period, or see `margin`.
    """
    if len({release.table for release in releases}) > 1:
        raise ValueError("periods of several tables do not add up")
    if len({release.period for release in releases}) < len(releases):
        raise ValueError("a period occurs twice")
    return summed(margin(release, **fixed) for release in releases)


def term_totals(releases: Sequence[Release]) -> dict[Key, Derived]:
    """Return every cell of a table summed over several periods, in the order of the cells.

    A cell that some periods do not have (a zone or service declared later) is summed over those
    that have it: its `periods` say so.

    Raises:
        ValueError: several tables, or a period twice.
    """
    over_checked = {release.period for release in releases}
    if len({release.table for release in releases}) > 1 or len(over_checked) < len(releases):
        raise ValueError("several tables, or a period twice")
    totals: dict[Key, Derived] = {}
    for release in releases:
        for cell in release.cells:
            one = of_cell(release, cell)
            known = totals.get(cell.key)
            totals[cell.key] = one if known is None else known.plus(one)
    return totals


def within(releases: Iterable[Release], first: date, last: date) -> tuple[Release, ...]:
    """Return the releases that lie wholly within some days, both included."""
    return tuple(
        release
        for release in releases
        if first <= release.starts and release.ends <= last + timedelta(days=1)
    )


def weeks_of_month(releases: Iterable[Release], month: str) -> tuple[Release, ...]:
    """Return the weeks whose Thursday falls in a month (`2026-09`): each week is in one month.

    Weeks do not end with months, so this is no calendar month: say from which day to which.
    """
    return tuple(
        release
        for release in releases
        if f"{release.starts + timedelta(days=THURSDAY):%Y-%m}" == month
    )
