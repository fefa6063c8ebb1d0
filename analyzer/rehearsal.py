"""`jauge rehearse`: a closed week again, under a charter or a line that nobody has voted yet. I/O.

What the committee sees is a release like any other: four uses of the whole school, bounded, charged
to the ledger before the draw, at most once for each week. An exact difference between two charters
would tell what a handful of device-days did, so no exact number exists here, either. Beside it
stands what was released of the same days under the charter in force (T6, added up): a measured week
that `jauge release` has yet to release is refused, because its one rehearsal would compare nothing.

On simulated days nobody is protected: a ledger of its own, which is thrown away, lets the committee
try as often as it likes; nothing is stored.
"""

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from analyzer import activity, exact, mandate
from analyzer.engines import EMBEDDED, EngineSettings, opened
from analyzer.exact import Bench, Progress, silent
from analyzer.keys import seal_key
from analyzer.release import write_release
from analyzer.store import SIMULATED, Store
from privacy import gate
from privacy.gate.bounded import DayCells
from privacy.gate.ledger import Ledger
from privacy.gate.periods import Period, PeriodKind, period_of
from privacy.gate.tables import CHARTER_USES, rehearsal
from privacy.published import Published
from privacy.release import Z95, Cell, Release, Shown, Withheld, display, dump_release
from privacy.sealed import SealBroken
from school.catalogue import Catalogue
from school.load import School

BEFORE = "T6"
"""The table of the same four uses, whole school, day by day."""


class NotRehearsed(Exception):
    """A week cannot be rehearsed. Says why and what to do."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One use under the charter in force and under the draft, device-days of the whole school."""

    use: str
    before: Shown | Withheld | None
    """None: not all of these days were released."""
    after: Shown | Withheld
    changed: bool | None
    """Whether the difference is larger than the noise explains (95 %); None: it cannot be told."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a committee may know of a draft."""

    period: Period
    days: tuple[date, ...]
    """School days that were replayed."""
    origin: str
    stored: bool
    uses: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class _Drawn:
    value: int
    sigma: float
    shown: Shown | Withheld


def rehearse(  # noqa: PLR0913 - each says something else
    store: Path,
    draft: School,
    *,
    week: date | None,
    as_of: date,
    catalogue: Catalogue,
    engine: EngineSettings = EMBEDDED,
    progress: Progress = silent,
) -> Rehearsal:
    """Replay a closed week under the draft's declarations and draw it once.

    Args:
        store: the store's directory.
        draft: the school's declarations with the charter or lines to try.
        week: a day of the week; None: the last closed week of which slices are retained.
        as_of: the school's local day.
        catalogue: the services catalogue.
        engine: which engine classifies.
        progress: told about each day.

    Raises:
        NotRehearsed: the slices of the week are not all there, or what was released of it is not.
        ReleaseRefused: the week was rehearsed before, or the ledger refuses.
        StoreDamaged: a stored file is not what this version writes.
        StoreBusy: another analysis is at work.
        EngineRefused: the engine cannot be used.
    """
    bench = Bench(Store(store), draft, catalogue, engine)
    with bench.store.locked():
        period, days = _replayed(bench, week, as_of)
        origin = exact_origin(bench, days)
        if origin != SIMULATED:
            _check_signed(bench)
            _check_released(bench, period, days)
        before = _before(bench, period, days)
        counts = _count(bench, days, progress)
        if origin == SIMULATED:
            with tempfile.TemporaryDirectory() as scratch:
                released = _draw(bench, counts, period, origin, as_of, Path(scratch))
        else:
            released = _draw(bench, counts, period, origin, as_of, bench.store.private)
            write_release(bench.store, dump_release(released), seal_key(bench.store))
    return Rehearsal(
        period=period,
        days=days,
        origin=origin,
        stored=origin != SIMULATED,
        uses=tuple(_compare(use, before.get(use), _of(released, use)) for use in CHARTER_USES),
    )


def _replayed(bench: Bench, week: date | None, as_of: date) -> tuple[Period, tuple[date, ...]]:
    """Return the week and its school days, all of them retained."""
    retained = set(bench.store.days("flows"))
    if week is None:
        weeks = {period_of(PeriodKind.WEEK, day) for day in retained}
        closed = [each for each in weeks if each.closed(as_of)]
        if not closed:
            raise NotRehearsed(
                "no closed week is retained: a week can be rehearsed from the Monday after it"
            )
        period = max(closed, key=lambda each: each.starts)
    else:
        period = period_of(PeriodKind.WEEK, week)
    school_days = tuple(d for d in period.days() if bench.school.calendar.is_school_day(d))
    if not school_days:
        raise NotRehearsed(f"{period.name}: no school day; choose another week")
    missing = [day for day in school_days if day not in retained]
    if missing:
        raise NotRehearsed(
            f"{period.name}: the slices of {len(missing)} of {len(school_days)} school days are "
            "not there (erased after their retention, or never captured); choose a later week, or "
            "rehearse each week on the Monday after it"
        )
    return period, school_days


def exact_origin(bench: Bench, days: Sequence[date]) -> str:
    """Return `simulated` only if every day is: one measured day makes the week measured."""
    origins = {bench.store.checked("flows", day)[1] for day in days}
    return SIMULATED if origins == {SIMULATED} else (origins - {SIMULATED}).pop()


def _check_signed(bench: Bench) -> None:
    reason = mandate.missing(bench, mandate.log_of(bench))
    if reason is not None:
        raise NotRehearsed(f"nothing is drawn: {reason}")


def _check_released(bench: Bench, period: Period, days: Sequence[date]) -> None:
    """Raise where `jauge release` can still release what the rehearsal is compared with."""
    charged = {
        charge.period for charge in Ledger(bench.store.ledger).charges() if charge.table == BEFORE
    }
    due = [day for day in days if day.isoformat() not in charged]
    if due:
        raise NotRehearsed(
            f"{period.name}: {len(due)} of {len(days)} school days are not released yet; run "
            "`jauge analyze` and `jauge release` first: a week is rehearsed once, and there would "
            "be nothing to compare with"
        )


def _count(bench: Bench, days: Sequence[date], progress: Progress) -> list[DayCells]:
    definition = rehearsal(bench.settings)
    found = []
    with opened(bench.engine) as engine:
        question = bench.question(engine)
        for done, day in enumerate(days):
            progress("cells", done, len(days))
            segments, _ = bench.store.checked("flows", day)
            slices, minutes = bench.slices(segments), exact.day_minutes(bench, day)
            answers = question.ask(slices, minutes, [definition.name])
            found.append(activity.counted(answers, definition, day))
    progress("cells", len(days), len(days))
    return found


def _draw(
    bench: Bench,
    counts: list[DayCells],
    period: Period,
    origin: str,
    as_of: date,
    directory: Path,
) -> Release:
    return gate.release(
        counts,
        rehearsal(bench.settings),
        period,
        settings=bench.settings,
        ledger=Ledger(directory / bench.store.ledger.name),
        occasion=gate.Occasion(
            as_of=as_of,
            origin=origin,
            charter_digest=bench.school.charter_digest,
            policy_digest=bench.enforced.digest,
        ),
    )


def _of(release: Release, use: str) -> _Drawn:
    cell: Cell = next(cell for cell in release.cells if cell.get("use") == use)
    return _Drawn(cell.noisy, release.method.sigma, cell.display)


def _before(bench: Bench, period: Period, days: Sequence[date]) -> dict[str, _Drawn]:
    """Add up what was released of the replayed days, all or none: their noise adds up, too."""
    published = Published(bench.store.public)
    names = [day.isoformat() for day in days]
    if not set(names) <= set(published.periods(BEFORE)):
        return {}
    try:
        releases = [published.release(BEFORE, name) for name in names]
    except SealBroken as broken:
        raise NotRehearsed(
            f"{period.name}: a release of {BEFORE} cannot be used ({broken}); restore it from a backup"
        ) from None
    rule = bench.settings.display
    sigma = math.sqrt(sum(each.method.sigma**2 for each in releases))
    found = {}
    for use in CHARTER_USES:
        value = sum(_of(each, use).value for each in releases)
        shown = display(
            value,
            sigma=sigma,
            floor=rule.floor_devices_per_day * len(period.days()),
            sigmas=rule.sigmas,
            reliable_sigmas=rule.reliable_sigmas,
        )
        found[use] = _Drawn(value, sigma, shown)
    return found


def _compare(use: str, before: _Drawn | None, after: _Drawn) -> Compared:
    """Compare two drawn values; nothing is said of two withheld ones."""
    if before is None:
        return Compared(use, None, after.shown, None)
    changed = None
    if isinstance(before.shown, Shown) or isinstance(after.shown, Shown):
        changed = abs(after.value - before.value) > Z95 * math.hypot(before.sigma, after.sigma)
    return Compared(use, before.shown, after.shown, changed)
