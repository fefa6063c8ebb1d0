"""The wrong and over-broad entries that the reference names, list by list (data.md 1.3 and 1.4).

Each must lose: the list that holds the name must not be what Jauge makes of it, even for a school
that chooses to take the list.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from school.catalogue import Catalogue
from school.lists.meaning import CATEGORY_OF_LIST
from school.lists.reader import ListsFile

NAMED: Final[Mapping[str, str]] = {
    # 1.3: to be removed before the list is used at all
    "liste_blanche": "gstatic.com digicert.com clients3.google.com captive.apple.com",
    # 1.4, point 3
    "liste_bu": "akamai.net doubleclick.net amazon.com linkedin.com dropbox.com "
    "aaproxy.cf aaproxy.ga aaproxy.gq aaproxy.tk ac.uk avocat.fr",  # the last two: point 4
    "cleaning": "microsoft.com apple.com",
    "games": "gravatar.com fandom.com educaplay.com filsantejeunes.com",
    "doh": "apple-dns.net yahoodns.net",
    "vpn": "salesforceliveagent.com",
    "redirector": "checkpoint.com name.com",
    "dating": "eventbrite.com meetup.com",
    "remote-control": "webex.com azure-devices.net",
    "child": "diep.io",
    # 1.4, point 4
    "webhosting": "pages.dev vercel.app",
    # 1.3 and 1.4, point 2: a list that must not be used at all
    "examen_pix": "amazon.fr",
}
PAIRS: Final = tuple((name, host) for name, hosts in NAMED.items() for host in hosts.split())

TAKEN_BY_A_BOLD_SCHOOL: Final = {
    "liste_bu": "{category: resource, rank: pedagogical}",
    "cleaning": "{category: software_update, rank: technical}",
    "webhosting": "{category: file_hosting, rank: resource}",
    "dynamic-dns": "{category: vpn_proxy, rank: bypass}",
}
"""Lists that the shipped settings leave; with these lines they are loaded."""


def bold_settings(path: Path) -> Path:
    """Write a lists.yaml that takes every list that a lists.yaml may take."""
    shipped = files("school.lists").joinpath("default.yaml").read_text(encoding="utf-8")
    lines = []
    for line in shipped.splitlines():
        name, _, rest = line.strip().partition(":")
        taken = TAKEN_BY_A_BOLD_SCHOOL.get(name) if rest.strip().startswith("{leave") else None
        lines.append(f"  {name}: {taken}" if taken else line)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def verdict(lists: ListsFile, catalogue: Catalogue, host: str) -> tuple[str | None, str | None]:
    """Return (the list that the file answers for a host, the category that Jauge ends with)."""
    found = lists.found(host)
    said = catalogue.category_of(catalogue.site_of(host))
    if said is None and found is not None:
        said = CATEGORY_OF_LIST.get(found.row.category)
    return (None if found is None else found.row.list), said


def lines_of(folder: Path, name: str) -> set[str]:
    """Return the lines of a list, for proof that a named entry is really in it."""
    return set((folder / name / "domains").read_text(encoding="utf-8", errors="replace").split())
