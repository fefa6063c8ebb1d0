"""The vocabulary of the specification: one situation in, one verdict out, under a shipped charter."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

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


def verdict(host: str | None, when: str, where: str, link: str = "calm", **more) -> Verdict:
    """Classify one slice.

    host: full name as the client asked for it, or None; when: local time "2026-09-07 08:30";
    where: key of WHERE; link: calm, busy, saturated; more: columns of the slice.
    """
    school, catalogue = lycee(), load_catalogue()
    moment = datetime.fromisoformat(when).replace(tzinfo=school.calendar.timezone)
    site = catalogue.site_of(host) if host else None
    source = more.pop("site_source", "tls_sni" if host else "none")
    facts = facts_of(
        Observed(site=site, site_source=source, **more),
        zone_kind=school.zones.kind_of(WHERE[where]),
        period=school.calendar.period_at(moment),
        link_state=link,
        site_category=catalogue.category_of(site),
    )
    return classify(facts, school.charter)
