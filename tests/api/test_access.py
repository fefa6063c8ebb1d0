"""The table role × route: written out here a second time, by hand, and compared."""

import pytest

from api.access import ROLES, TABLE, Undeclared, check_declared, find, may_open
from api.app import declared_routes
from dashboards.reader import ANYONE
from tests.api.client import Client

API = "/api/v1"
WHO = {
    "": ("/", "/services", "/usages", "/avant-apres", "/parc", "/saturation"),
    "-": ("/rapport", "/rapport.pdf", f"{API}/releases/T1", f"{API}/releases/T6/2026-11-16"),
    "admin": ("/debit", "/confiance", "/compte", "/deconnexion", f"{API}/releases"),
    "admin too": (f"{API}/releases/link", f"{API}/releases/link/2026-11-16"),
    "admin as well": tuple(f"{API}/documents/{n}" for n in ("school", "privacy", "status", "charter")),
    "dpo alone": ("/dpd", "/dpd/stop", *(f"{API}/documents/{n}" for n in ("dpia", "breach"))),
    "anyone": ("/livez", "/readyz", "/problemes", "/static/jauge.css", "/connexion", "/entree"),
    "anyone too": ("/installation", "/invitation", "/donnees", "/notice", "/notice/eleves", "/affiche", "/affiche.pdf", "/charte", "/accessibilite"),
    "anyone as well": (f"{API}/openapi.json", f"{API}/docs"),
}  # fmt: skip


def readers(group: str) -> set[str]:
    if group.startswith("anyone"):
        return {ANYONE, *ROLES}
    if group.startswith("dpo"):
        return {"dpo"}
    return {"committee", "dpo"} | ({"admin"} if group.startswith("admin") else set())


@pytest.mark.parametrize(
    ("group", "path"), [(g, path) for g, paths in WHO.items() for path in paths]
)
def test_a_role_reads_what_the_table_says_and_nothing_else(group: str, path: str):
    assert {role for role in (ANYONE, *ROLES) if may_open(role, path)} == readers(group)


def test_every_line_of_the_table_is_tried_above():
    tried = {find(path) for paths in WHO.values() for path in paths}
    assert [rule.path for rule in TABLE if rule not in tried] == [
        f"{API}/documents/audit",
        f"{API}/documents/journal",
    ]


@pytest.mark.parametrize(
    "path", ["/nowhere", "/debit/", "/api/v1/releases/T1/x/y", "//", "/STATIC/x"]
)
def test_what_no_line_names_is_opened_by_nobody(path: str):
    assert find(path) is None
    assert not any(may_open(role, path) for role in (ANYONE, *ROLES, "open"))


@pytest.mark.parametrize(
    "route", [("/debug", ("GET",)), ("/debit", ("GET", "POST")), ("/api/v2/{x}", ("GET",))]
)
def test_an_undeclared_route_fails(route: tuple[str, tuple[str, ...]]):
    with pytest.raises(Undeclared, match=r"api/access\.py"):
        check_declared([route])


def test_every_route_of_the_application_is_declared(client: Client):
    routes = declared_routes(client.application)
    assert len(routes) > 10
    check_declared(routes)
