"""The vocabulary of the specification: one situation in, one verdict out, under a shipped charter."""

from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from analyzer.behaviour import COLUMNS, Shape, behaviours_of
from analyzer.classify import Verdict, classify
from analyzer.facts import Observed, facts_of
from school.catalogue import load_catalogue
from school.load import School, load_school
from tests.school.declared import LYCEE, directory

WHERE = {
    "classroom": "salles",
    "office": "bureaux",
    "boarding": "internat",
    "server": "serveurs",
    "outside": "nowhere",
}
MEGABYTE = 1_000_000


@lru_cache(maxsize=1)
def lycee() -> School:
    """A small lycée with boarding under the charter that Jauge ships."""
    with TemporaryDirectory() as folder:
        written = directory(Path(folder))
        (written / "charter.yaml").write_bytes(LYCEE.read_bytes())
        return load_school(written)


_OBSERVED = {field.name for field in fields(Observed)} - {"behaviour"}


def _behaviour(site: str | None, **columns) -> str:
    """Return the behaviour of a slice that stands alone: the flow was seen in this minute only."""
    row = dict.fromkeys(COLUMNS, 0) | {"device": None, "app": None, "end_reason": None}
    row |= {"minute": datetime.fromtimestamp(0, UTC), "site": site, "transport": "tcp"}
    row |= {"server_port": 443}
    return behaviours_of([Shape.of(row | columns)])[0]


def verdict(host: str | None, when: str, where: str, link: str = "calm", **more) -> Verdict:
    """Classify one slice.

    host: full name as the client asked for it, or None; when: local time "2026-09-07 08:30";
    where: key of WHERE; link: calm, busy, saturated; more: columns of the slice.
    """
    school, catalogue = lycee(), load_catalogue()
    moment = datetime.fromisoformat(when).replace(tzinfo=school.calendar.timezone)
    site = catalogue.site_of(host) if host else None
    source = more.pop("site_source", "tls_sni" if host else "none")
    said = more.pop("behaviour", None)
    columns = {name: more.pop(name) for name in list(more) if name not in _OBSERVED}
    behaviour = said or (_behaviour(site, **columns, **more) if columns else "none")
    facts = facts_of(
        Observed(site=site, site_source=source, behaviour=behaviour, **more),
        zone_kind=school.zones.kind_of(WHERE[where]),
        period=school.calendar.period_at(moment),
        link_state=link,
        site_category=catalogue.category_of(site),
    )
    return classify(facts, school.charter)
