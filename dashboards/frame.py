"""What every page has around its content: address, language, banner, hashes, static files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards.reader import Reader, reader_of
from dashboards.reading import CHARTER_USES, Snapshot
from dashboards.states import states
from dashboards.texts import DEFAULT, LANGUAGES, Texts
from privacy.policy import SHOWN

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
OTHERS = {
    "login": "/connexion",
    "logout": "/deconnexion",
    "setup": "/installation",
    "invitation": "/invitation",
    "account": "/compte",
    "rules": "/charte",
    "data": "/donnees",
    "notice-adults": "/notice",
    "notice-pupils": "/notice/eleves",
    "poster": "/affiche",
    "accessibility": "/accessibilite",
    "api": "/api/v1/docs",
}
"""Pages with an address of their own that no menu lists."""
PAGES = {
    "overview": "/",
    "load": "/debit",
    "saturation": "/saturation",
    "services": "/services",
    "uses": "/usages",
    "before_after": "/avant-apres",
    "park": "/parc",
    "trust": "/confiance",
    "report": "/rapport",
    "dpo": "/dpd",
}
"""The committee's views and what is made of them, in the order of the menu."""


@cache
def environment() -> Environment:
    """Return the templates."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset
    return environment


@cache
def asset(name: str) -> str:
    """Return the address of a static file, with its content's digest so that it may be kept."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page says around its content."""

    texts: Texts
    page: str
    """A key of `PAGES`, or `message`."""
    query: Mapping[str, str]

    @property
    def reader(self) -> Reader:
        """Who reads."""
        return reader_of(self.query)

    @property
    def pages(self) -> Mapping[str, str]:
        """Return the pages of this site: a school's, or the hub's."""
        return PAGES if self.reader.menu is None else self.reader.menu

    def menu(self) -> list[str]:
        """Return the pages that this reader may open."""
        return [page for page, path in self.pages.items() if self.reader.may_open(path)]

    def link(self, page: str, **query: str) -> str:
        """Return the address of a page in the same language."""
        return _address(self.pages[page], self.texts.lang, query)

    def home(self) -> str:
        """Return the first page that this reader may open: of his own menu, else the login."""
        menu = self.menu()
        return self.link(menu[0]) if menu else self.other("login")

    def other(self, page: str) -> str:
        """Return the address of a page that no menu lists, in the same language."""
        return _address(OTHERS[page], self.texts.lang, {})

    def at(self, path: str) -> str:
        """Return a path in the same language."""
        return _address(path, self.texts.lang, {})

    def own(self) -> str:
        """Return the address of this page, to which its forms go."""
        rest = {key: value for key, value in self.query.items() if key != "lang"}
        return _address(OTHERS[self.page], self.texts.lang, rest)

    def languages(self) -> list[tuple[str, str, bool]]:
        """Return (language, address of this page in it, whether it is the present one)."""
        path = self.pages.get(self.page) or OTHERS.get(self.page, "/")
        rest = {key: value for key, value in self.query.items() if key != "lang"}
        return [(lang, _address(path, lang, rest), lang == self.texts.lang) for lang in LANGUAGES]

    def csv(self, path: str) -> str:
        """Return the CSV form that opens well in this language's spreadsheets."""
        return f"{path}?format={'csv-fr' if self.texts.lang == 'fr' else 'csv'}"


def _address(path: str, lang: str, query: Mapping[str, str]) -> str:
    values = dict(query) if lang == DEFAULT else {**query, "lang": lang}
    return f"{path}?{urlencode(values)}" if values else path


def render(template: str, frame: Frame, **context: Any) -> str:
    """Return the HTML of a template."""
    texts = frame.texts
    return (
        environment()
        .get_template(template)
        .render(t=texts, frame=frame, pages=PAGES, uses=CHARTER_USES, **context)
    )


def common(snapshot: Snapshot, texts: Texts, page: str = "") -> dict[str, Any]:
    """Return what the header, the banner, the notices and the footer say."""
    return {
        "states": states(snapshot, page, texts) if page in PAGES else [],
        "school": snapshot.school,
        "status": snapshot.status,
        "simulated": simulated_ranges(snapshot, texts),
        "measured": [
            texts.span(first, last)
            for first, last, origin in snapshot.status.origins
            if origin == "measured"
        ],
        "unreadable": [_named(table, period, texts) for table, period in snapshot.unreadable],
        "charter_digest": snapshot.charter["digest"],
        "privacy_digest": snapshot.privacy["digest"],
        "policy": snapshot.policy,
        "earlier": earlier_policies(snapshot, texts),
        "has_data": bool(snapshot.link or snapshot.weeks or snapshot.days),
    }


def _named(table: str, period: str, texts: Texts) -> str:
    return texts(f"notice.{table.lower()}", period=period)


def earlier_policies(snapshot: Snapshot, texts: Texts) -> str:
    """Return a sentence about the releases shown that an earlier policy governed; empty if none."""
    found = snapshot.earlier()
    if not found:
        return ""
    named = sorted({each[:SHOWN] for each in found if each})
    unnamed = [texts("footer.no_digest")] if None in found else []
    return texts("footer.earlier", count=len(found), digests=texts.join([*named, *unnamed]))


def simulated_ranges(snapshot: Snapshot, texts: Texts) -> list[str]:
    """Return the simulated spans of time among the shown periods, as words.

    The sealed status names them; releases marked `simulated` that it forgets are named as well.
    """
    declared = [
        (first, last) for first, last, origin in snapshot.status.origins if origin == "simulated"
    ]
    days = [day.day for day in snapshot.link if day.origin == "simulated"]
    days += [r.starts for r in (*snapshot.weeks, *snapshot.days) if r.origin == "simulated"]
    forgotten = [d for d in days if not any(first <= d <= last for first, last in declared)]
    spans = [*declared]
    if forgotten:
        spans.append((min(forgotten), max(forgotten)))
    return [texts.span(first, last) for first, last in sorted(spans)]
