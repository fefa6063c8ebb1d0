"""The vocabulary of the specification: one situation in, one verdict out, under a named charter."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from analyzer.behaviour import COLUMNS, Shape, behaviours_of
from analyzer.classify import Verdict, classify
from analyzer.facts import Facts, Observed, facts_of
from school.catalogue import load_catalogue
from school.load import School, load_school
from tests.school.declared import LYCEE, directory

WHERE = {
    "classroom": "salles",
    "library": "cdi",
    "office": "bureaux",
    "boarding": "internat",
    "server": "serveurs",
    "outside": "nowhere",
}
"""Word of the tables → zone of tests/school/valid/zones.yaml; `cdi` and `nowhere` are not there."""
CHARTERS = {
    "lycee": LYCEE,
    "college": LYCEE.with_name("college.yaml"),
    "ecole": LYCEE.with_name("ecole.yaml"),
    "exemple": Path(__file__).with_name("exemple.yaml"),
}
EXAM_DAY = "2026-09-08"
MEGABYTE = 1_000_000


@lru_cache(maxsize=4)
def school_under(charter: str) -> School:
    """A small lycée with boarding under one of `CHARTERS`, with an exam day."""
    with TemporaryDirectory() as folder:
        written = directory(Path(folder))
        with (written / "calendar.yaml").open("a", encoding="utf-8") as calendar:
            calendar.write(f"exams: [{EXAM_DAY}]\n")
        (written / "charter.yaml").write_bytes(CHARTERS[charter].read_bytes())
        return load_school(written)


def lycee() -> School:
    return school_under("lycee")


_OBSERVED = {field.name for field in fields(Observed)} - {"behaviour"}


def _behaviour(site: str | None, **columns) -> str:
    """Return the behaviour of a slice that stands alone: the flow was seen in this minute only."""
    row = dict.fromkeys(COLUMNS, 0) | {"device": None, "app": None, "end_reason": None}
    row |= {"minute": datetime.fromtimestamp(0, UTC), "site": site, "transport": "tcp"}
    row |= {"server_port": 443}
    return behaviours_of([Shape.of(row | columns)])[0]


def situation(host: str | None, when: str, where: str, link: str = "calm", **more) -> Facts:
    """Return the facts of one slice.

    host: full name as the client asked for it, or None; when: local time "2026-09-07 08:30";
    where: key of WHERE; link: calm, busy, saturated; more: `charter`, `facts` (facts that the
    slices before this one, or one direction of the line, would give), or columns of the slice.
    """
    school, catalogue = school_under(more.pop("charter", "lycee")), load_catalogue()
    calendar, given = school.calendar, more.pop("facts", {})
    moment = datetime.fromisoformat(when).replace(tzinfo=calendar.timezone)
    site = catalogue.site_of(host) if host else None
    source = more.pop("site_source", "tls_sni" if host else "none")
    said = more.pop("behaviour", None)
    columns = {name: more.pop(name) for name in list(more) if name not in _OBSERVED}
    behaviour = said or (_behaviour(site, **columns, **more) if columns else "none")
    alone = facts_of(
        Observed(site=site, site_source=source, behaviour=behaviour, **more),
        zone_kind="library" if where == "library" else school.zones.kind_of(WHERE[where]),
        period=calendar.period_at(moment),
        link_state=link,
        site_category=catalogue.category_of(site),
    )
    slot, day = calendar.slot_at(moment), calendar.day_kind(calendar.local_day(moment))
    return replace(alone, slot=slot.name if slot else None, day_kind=day, **given)


def verdict(host: str | None, when: str, where: str, link: str = "calm", **more) -> Verdict:
    """Classify one slice; see `situation`."""
    school = school_under(more.get("charter", "lycee"))
    return classify(situation(host, when, where, link, **more), school.charter)
