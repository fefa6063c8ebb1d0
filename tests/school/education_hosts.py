"""Which public host names are of education: the set that the catalogue must know, in readable form.

`../shared/data/etalab_public_hosts.txt` (etalab, Licence Ouverte 2.0) lists 35,742 host names of
the French public sector. The definition does not look at the catalogue.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from school.catalogue import Catalogue
from tests.captures.foreign import SHARED

HOSTS = SHARED / "data" / "etalab_public_hosts.txt"

FAMILIES: Mapping[str, re.Pattern[str]] = {
    family: re.compile(rf"(^|\.){pattern}$")
    for family, pattern in {
        "académies": r"ac-[a-z-]+\.(fr|nc|pf|wf)",
        "ministry": r"education\.(gouv\.fr|fr|pf)",
        "agricultural schools": r"educagri\.fr",
        "national publishers": r"(reseau-canope|esidoc|cned|onisep)\.fr",
        "regional syndicates": r"giprecia\.(org|net)",
    }.items()
}
CORE = ("académies", "ministry")
"""`ac-*` and `education.gouv.fr`, `education.fr`: the 1,255 hosts of the specification and a few
of overseas."""


@dataclass(frozen=True, slots=True)
class Covered:
    """How much of a family the catalogue knows."""

    hosts: int
    known: int
    unknown: tuple[str, ...]


def education_hosts(lines: Iterable[str]) -> dict[str, list[str]]:
    """Return the hosts of each family, each host in the first that holds it."""
    found: dict[str, list[str]] = {family: [] for family in FAMILIES}
    for line in lines:
        host = line.strip()
        family = next((name for name, pattern in FAMILIES.items() if pattern.search(host)), None)
        if family is not None:
            found[family].append(host)
    return found


def covered(hosts: Iterable[str], catalogue: Catalogue) -> Covered:
    """Count the hosts that resolve to a service with a publisher."""
    count: Counter[bool] = Counter()
    unknown = []
    for host in hosts:
        entry = catalogue.entry(catalogue.site_of(host) or "")
        known = entry is not None and bool(entry.service and entry.publisher)
        count[known] += 1
        if not known:
            unknown.append(host)
    return Covered(count.total(), count[True], tuple(unknown))
