"""Which role may read which route: one table, and nothing is served that it does not name. Pure.

A route that is added to the application without a line here makes `create_app` fail
(`check_declared`), and a path that no line matches is answered 404 before any handler runs. A
line may be finer than a route: `/api/v1/releases/link` beside `/api/v1/releases/{table}`. A line
without places decides before the others; among those the first that matches.

Roles: `admin` looks after the machine and sees the line, never the uses; `committee` reads the
aggregates; `dpo` reads them too, and the proofs. No role reads anything but releases and sealed
documents.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, get_args

from dashboards.reader import ANYONE, OPEN

Role = Literal["admin", "committee", "dpo"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

Readers = frozenset[str]
SIGNED_IN: Final[Readers] = frozenset(ROLES)
EVERYONE: Final[Readers] = SIGNED_IN | {ANYONE}
USES: Final[Readers] = frozenset({"committee", "dpo"})
"""What tells about uses, even anonymised: not for the administrator's work."""
LINE: Final[Readers] = SIGNED_IN
"""What tells about the line and the machine."""
PROOFS: Final[Readers] = frozenset({"dpo"})

HOMES: Final[dict[str, str]] = {"admin": "/debit", "dpo": "/dpd"}
"""First page after the login; `/` for the committee."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table."""

    path: str
    """A path, with `{name}` for one part and `{name:path}` for the rest."""
    readers: Readers
    methods: tuple[str, ...] = ("GET",)
    """HEAD is served as GET."""
    forms: bool = False
    """The page holds a form: its reader gets a form token, and it is never kept or shared."""
    query: tuple[str, ...] = ("lang",)
    """Query parameters of the route; any other is refused, as it would select nothing."""
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(_pattern(self.path)))


def _pattern(path: str) -> str:
    pieces = re.split(r"(\{\w+(?::path)?\})", path)
    return "".join(
        (".*" if piece.endswith(":path}") else "[^/]+") if piece[:1] == "{" else re.escape(piece)
        for piece in pieces
    )


API: Final = "/api/v1"
FORM: Final = ("GET", "POST")
VIEW: Final = ("lang", "jour", "ligne", "evenement")
"""Views keep these among each other: the day, the line and the event that somebody looks at."""
RELEASE: Final = ("lang", "format")

TABLE: Final[tuple[Rule, ...]] = (
    # Without login: what everybody may know, and the way in.
    Rule("/livez", EVERYONE),
    Rule("/readyz", EVERYONE),
    Rule("/static/{path:path}", EVERYONE, query=("v",)),
    Rule("/problemes", EVERYONE),
    Rule("/accessibilite", EVERYONE),
    Rule("/donnees", EVERYONE),
    Rule("/notice", EVERYONE),
    Rule("/notice/eleves", EVERYONE),
    Rule("/affiche", EVERYONE),
    Rule("/affiche.pdf", EVERYONE),
    Rule("/charte", EVERYONE),
    Rule("/connexion", EVERYONE, FORM, forms=True, query=("lang", "suite")),
    Rule("/installation", EVERYONE, FORM, forms=True, query=("lang", "suite", "code")),
    Rule("/invitation", EVERYONE, FORM, forms=True, query=("lang", "suite", "code")),
    Rule("/entree", EVERYONE, query=("lang", "code")),
    Rule(f"{API}/openapi.json", EVERYONE),
    Rule(f"{API}/docs", EVERYONE),
    # Whoever is logged in.
    Rule("/deconnexion", SIGNED_IN, FORM, forms=True),
    Rule("/compte", SIGNED_IN, FORM, forms=True, query=("lang", "fait")),
    Rule("/confiance", SIGNED_IN, query=VIEW),
    Rule("/debit", LINE, query=VIEW),
    Rule("/saturation", USES, query=VIEW),
    # The committee and the DPO.
    Rule("/", USES, query=VIEW),
    Rule("/services", USES, query=VIEW),
    Rule("/usages", USES, query=VIEW),
    Rule("/avant-apres", USES, query=VIEW),
    Rule("/parc", USES, query=VIEW),
    Rule("/rapport", USES, query=("lang", "term")),
    Rule("/rapport.pdf", USES, query=("lang", "term")),
    # The DPO alone.
    Rule("/dpd", PROOFS, forms=True),
    Rule("/dpd/{rest:path}", PROOFS, FORM, forms=True),
    # The API: sessions and tokens.
    Rule(f"{API}/releases", SIGNED_IN),
    Rule(f"{API}/releases/link", LINE, query=RELEASE),
    Rule(f"{API}/releases/link/{{period}}", LINE, query=RELEASE),
    Rule(f"{API}/releases/{{table}}", USES, query=RELEASE),
    Rule(f"{API}/releases/{{table}}/{{period}}", USES, query=RELEASE),
    *(Rule(f"{API}/documents/{name}", PROOFS) for name in ("dpia", "breach", "audit", "journal")),
    Rule(f"{API}/documents/{{name}}", SIGNED_IN),
)


class Undeclared(Exception):
    """The application has a route that the table does not name."""


class Site:
    """The routes of one application: which line decides about a path, and who starts where.

    Args:
        rules: every route.
        homes: role → first page; `/` for the others.
        menu: key → path of the pages in the menu; None: the committee's own (dashboards.frame).
        own: readers of one role read different things, each his account's: no answer is shared.
    """

    def __init__(
        self,
        rules: tuple[Rule, ...],
        homes: Mapping[str, str],
        menu: Mapping[str, str] | None = None,
        *,
        own: bool = False,
    ) -> None:
        self.rules, self.menu, self.own, self._homes = rules, menu, own, homes
        self._plain = {rule.path: rule for rule in reversed(rules) if "{" not in rule.path}
        self._others = tuple(rule for rule in rules if "{" in rule.path)
        self.find = lru_cache(1_000)(self._find)
        """Returns the line that decides about a path, or None: nothing is served there."""

    def _find(self, path: str) -> Rule | None:
        plain = self._plain.get(path)
        return plain or next((rule for rule in self._others if rule.pattern.fullmatch(path)), None)

    def may_open(self, role: str, path: str) -> bool:
        """Say whether a role may read a path."""
        rule = self.find(path)
        return rule is not None and (role == OPEN or role in rule.readers)

    def home(self, role: str) -> str:
        """Return the first page of a role."""
        return self._homes.get(role, "/")

    def check_declared(self, templates: Iterable[tuple[str, Iterable[str]]], where: str) -> None:
        """Refuse routes that no line names, by path template and by method.

        Args:
            templates: (path template, methods) of every route.
            where: the file that holds the lines.

        Raises:
            Undeclared: names the route.
        """
        for template, methods in templates:
            concrete = re.sub(r"\{\w+:path\}", "a/b", template)
            rule = self.find(re.sub(r"\{\w+\}", "x", concrete))
            wanted = set(methods) - {"HEAD"}
            if rule is None or not wanted <= set(rule.methods):
                raise Undeclared(f"{template} {sorted(wanted)}: no line in {where}")


SCHOOL: Final = Site(TABLE, HOMES)
"""The pages of one school."""
find, may_open, home = SCHOOL.find, SCHOOL.may_open, SCHOOL.home


def check_declared(templates: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Refuse routes of a school's application that `TABLE` does not name.

    Raises:
        Undeclared: names the route; add a line to `TABLE`.
    """
    SCHOOL.check_declared(templates, "api/access.py")
