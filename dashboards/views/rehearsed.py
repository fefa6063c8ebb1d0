"""« Répétition d'une charte »: a closed week again under a draft, beside the charter in force. Pure.

From the stored `rehearsal` releases, at most one per closed week, and the T6 releases of the same
days. The difference is told with the noise of both; a week whose days are not all released has none.
"""

from dashboards.reading import CHARTER_USES, Snapshot
from dashboards.sentences import Finding, use_name
from dashboards.tables import Datum, Line, Table, cell_of
from dashboards.texts import Texts
from dashboards.view import Empty, Section, Sheet
from dashboards.views.common import rule_of
from privacy.derived import Derived, margin, over
from privacy.release import Z95, Release, Shown

MOST_SHOWN = 3
"""Rehearsals on the page, the latest first."""
CSV = "/api/v1/releases/rehearsal"


def rehearsed_section(snapshot: Snapshot, texts: Texts) -> Section:
    """Return the part of the page, with what to do where nothing was rehearsed."""
    title, lead = texts("rehearsal.title"), texts("rehearsal.lead")
    if not snapshot.rehearsals:
        empty = Empty(texts("rehearsal.none"), texts("rehearsal.what"))
        return Section("repetition", title, lead, empty=empty)
    chosen = tuple(reversed(snapshot.rehearsals[-MOST_SHOWN:]))
    said = [text for release in chosen for text in _said(release, snapshot, texts)]
    return Section(
        "repetition",
        title,
        lead,
        said=tuple(Finding("info", text, "uses") for text in said),
        sheets=tuple(
            Sheet(
                f"repetition-{release.period}", _table(release, snapshot, texts), csv=CSV,
                how=texts("how.rehearsal"),
            )
            for release in chosen
        ),
    )  # fmt: skip


def in_force(release: Release, use: str, snapshot: Snapshot) -> Derived | None:
    """Return the same days under the charter in force; None unless all of them are released."""
    days = snapshot.school.week(release.period).school_days
    known = [day for day in snapshot.days if day.starts in days]
    return over(known, use=use) if days and len(known) == len(days) else None


def _said(release: Release, snapshot: Snapshot, texts: Texts) -> list[str]:
    week = texts.day_month(release.starts)
    found = []
    for use in CHARTER_USES:
        before, after = in_force(release, use, snapshot), margin(release, use=use)
        rule = rule_of(snapshot)
        if before is None or not isinstance(before.shown(rule), Shown):
            continue
        if not isinstance(after.shown(rule), Shown):
            continue
        change, noise = _difference(before, after)
        if abs(change) > noise:
            key = "rehearsal.more" if change > 0 else "rehearsal.less"
            found.append(
                texts(
                    key, use=use_name(use, texts), week=week, n=texts.number(abs(change)),
                    margin=texts.number(noise),
                )
            )  # fmt: skip
    return found or [texts("rehearsal.same", week=week)]


def _difference(before: Derived, after: Derived) -> tuple[int, float]:
    moved = after.minus(before)
    return round(moved.value), round(Z95 * moved.sigma, 1)


def _table(release: Release, snapshot: Snapshot, texts: Texts) -> Table:
    rule = rule_of(snapshot)
    lines = []
    for use in CHARTER_USES:
        before, after = in_force(release, use, snapshot), margin(release, use=use)
        shown = before.shown(rule) if before else None
        now = after.shown(rule)
        if before is not None and isinstance(shown, Shown) and isinstance(now, Shown):
            change, noise = _difference(before, after)
            text = f"{'+' if change > 0 else '−' if change < 0 else ''}{texts.number(abs(change))}"
            moved = Datum(f"{text} ± {texts.number(noise)}", raw=str(change))
        else:
            moved = Datum("–", kind="empty")
        reason = texts("word.not_published")
        cells = (cell_of(shown, texts, reason=reason), cell_of(now, texts), moved)
        lines.append(Line(use_name(use, texts), cells))
    return Table(
        caption=texts("rehearsal.caption", week=texts.day_month(release.starts)),
        corner=texts("word.use"),
        columns=(
            texts("rehearsal.in_force"),
            texts("rehearsal.draft"),
            texts("compare.difference"),
        ),
        lines=tuple(lines),
    )
