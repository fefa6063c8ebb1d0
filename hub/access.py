"""Which role may read which route of the hub: one table, as `api.access` has one for a school. Pure.

No line names a school. What is a school's own is served from the token or the session: the account's
name is its UAI. Roles are those of `api.accounts`: `committee` is a school, `admin` whoever runs the hub.
"""

from typing import Final

from api.access import API, EVERYONE, FORM, SIGNED_IN, Readers, Rule, Site

HUB: Final = f"{API}/hub"
OWN: Final[Readers] = frozenset({"committee"})
"""A school, for what is its own."""
RUNS: Final[Readers] = frozenset({"admin"})
PAGES: Final[dict[str, str]] = {
    "compare": "/comparaison",
    "sent": "/envois",
    "schools": "/etablissements",
}
"""The pages in the menu."""
HOMES: Final[dict[str, str]] = {"admin": "/etablissements", "committee": "/comparaison"}
VIEW: Final = ("lang", "semaine", "type", "indicateur")

TABLE: Final[tuple[Rule, ...]] = (
    Rule("/livez", EVERYONE),
    Rule("/readyz", EVERYONE),
    Rule("/static/{path:path}", EVERYONE, query=("v",)),
    Rule("/problemes", EVERYONE),
    Rule("/accessibilite", EVERYONE),
    Rule("/connexion", EVERYONE, FORM, forms=True, query=("lang", "suite")),
    Rule("/installation", EVERYONE, FORM, forms=True, query=("lang", "suite", "code")),
    Rule("/invitation", EVERYONE, FORM, forms=True, query=("lang", "suite", "code")),
    Rule("/entree", EVERYONE, query=("lang", "code")),
    Rule("/", SIGNED_IN),
    Rule("/deconnexion", SIGNED_IN, FORM, forms=True),
    Rule("/compte", SIGNED_IN, FORM, forms=True, query=("lang", "fait")),
    Rule(PAGES["compare"], SIGNED_IN, query=VIEW),
    Rule(PAGES["sent"], OWN),
    Rule(PAGES["schools"], RUNS),
    Rule(f"{HUB}/comparison/{{kind}}/{{week}}", SIGNED_IN, query=("lang", "format")),
    Rule(f"{HUB}/state", OWN),
    Rule(f"{HUB}/receipts", OWN),
    Rule(f"{HUB}/releases/{{table}}/{{period}}", OWN, ("GET", "PUT")),
    Rule(f"{HUB}/withdrawal", OWN, ("PUT",)),
)
SITE: Final = Site(TABLE, HOMES, PAGES, own=True)
