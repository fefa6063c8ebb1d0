"""What the report says of itself: its title, its school and period, its weeks, how well was measured. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from dashboards.report.material import Material, term_name
from dashboards.sentences import quality
from dashboards.texts import Texts


def title(material: Material, texts: Texts) -> str:
    """Return the title of the document; while weeks are missing it says provisional, and how many."""
    number, year = term_name(material.term)
    name = texts(f"report.term.{number}", years=f"{year}–{year + 1}")
    if not (material.to_come() or material.unreleased()):
        return texts("report.title", term=name)
    released = len(material.released())
    return texts("report.provisional", term=name, count=released, n=released,
                 all=len(material.term.weeks))  # fmt: skip


def cover(material: Material, texts: Texts) -> list[tuple[str, str]]:
    """Return the lines of the cover block: (word, value)."""
    snapshot = material.snapshot
    dates = texts("report.cover.dates", as_of=texts.day_short(snapshot.status.as_of),
                  printed=texts.day_short(material.printed))  # fmt: skip
    found = [
        ("period", _period(material, texts)),
        ("weeks", _weeks(material, texts)),
        ("quality", _quality(material, texts)),
        ("printed", dates),
    ]
    return [(texts(f"report.cover.{key}"), value) for key, value in found]


def whose(material: Material, texts: Texts) -> str:
    """Return school and period in one line, for the top of the first sheet."""
    span = texts.span(material.term.starts, material.term.ends)
    return f"{_school_name(material)}, {span}"


def _school_name(material: Material) -> str:
    school = material.snapshot.school
    return f"{school.name} ({school.uai})" if school.uai else school.name


def _period(material: Material, texts: Texts) -> str:
    term = material.term
    span = texts.span(term.starts, term.ends)
    spans = _spans(material.holidays())
    if not spans:
        return span
    off = texts.join([texts.span(first, last) for first, last in spans])
    return texts("report.cover.but", span=span, holidays=off)


def _spans(weeks: Sequence[str]) -> list[tuple[date, date]]:
    """Return weeks that follow each other as spans of days."""
    spans: list[tuple[date, date]] = []
    for monday in map(_monday, weeks):
        sunday = monday + timedelta(days=6)
        if spans and spans[-1][1] + timedelta(days=1) == monday:
            spans[-1] = (spans[-1][0], sunday)
        else:
            spans.append((monday, sunday))
    return spans


def _monday(week: str) -> date:
    year, _, number = week.partition("-W")
    return date.fromisocalendar(int(year), int(number), 1)


def _weeks(material: Material, texts: Texts) -> str:
    """Count the released weeks; say of each that is missing why, where that is known."""
    released = len(material.released())
    said = [
        texts("report.cover.weeks_of", count=released, n=released, all=len(material.term.weeks))
    ]
    begun = _first_measured(material)
    missing = material.unreleased()
    early = [w for w in missing if begun and _monday(w) + timedelta(days=6) < begun]
    for key, weeks in (("early", early), ("missing", [w for w in missing if w not in early])):
        if weeks:
            names = texts.join([texts.day_month(_monday(week)) for week in weeks])
            day = texts.day_month(begun) if begun else ""
            said.append(texts(f"report.cover.{key}", count=len(weeks), weeks=names, day=day))
    if material.to_come():
        coming = len(material.to_come())
        said.append(texts("report.cover.to_come", count=coming, n=coming))
    return " ".join(said)


def _first_measured(material: Material) -> date | None:
    snapshot = material.snapshot
    seen = [each.day for each in snapshot.status.coverage if each.offered]
    return min([*seen, *(each.day for each in snapshot.link)], default=None)


def _quality(material: Material, texts: Texts) -> str:
    """Say how well the term was measured: the share that was lost, of all its measured days."""
    seen = [each for each in material.snapshot.status.coverage if each.offered]
    _, word, sentence = quality(seen, texts)
    if not seen:
        return f"{word}. {sentence}"
    share = sum(each.lost for each in seen) / sum(each.offered for each in seen)
    days = {"days": len(seen), "span": texts.span(seen[0].day, seen[-1].day)}
    key = "loss" if share else "no_loss"
    lost = texts(f"report.cover.{key}", share=texts.percent(round(share, 4)), **days)
    return f"{word}{texts('word.colon')}{lost}"
