"""Role × route, over the real application: by a session, by a token, and by nobody."""

from pathlib import Path

import pytest

from api.access import ROLES, TABLE, may_open
from api.accounts.login import Login
from api.app import declared_routes
from dashboards.reader import ANYONE
from tests.api.client import HTML, Client, new_login, with_account

WHO = (ANYONE, *ROLES)
REAL = {"{table}": "T1", "{period}": "2026-W41", "{name}": "school", "{path:path}": "jauge.css"}
AWAY = {"/deconnexion", "/entree"}
"""They end or begin a session; tests/api/test_entry.py tries them."""


@pytest.fixture(scope="module")
def login(tmp_path_factory: pytest.TempPathFactory) -> Login:
    return new_login(tmp_path_factory.mktemp("roles"))


@pytest.fixture(scope="module")
def client(public: Path, login: Login) -> Client:
    return Client(public, login)


@pytest.fixture(scope="module")
def readers(login: Login) -> dict[str, dict[str, dict[str, str]]]:
    """Role → how it presents itself → headers."""
    found: dict = {ANYONE: {"nothing": {}}}
    for role in ROLES:
        account = with_account(login, role)
        found[role] = {
            "session": {"cookie": f"jauge_session={login.accounts.open_session(account)}"},
            "token": {"authorization": f"Bearer {login.accounts.make_token(account, 'x')}"},
        }
    return found


def addresses(client: Client) -> list[str]:
    found = set()
    for template, methods in declared_routes(client.application):
        path = template
        for name, value in REAL.items():
            path = path.replace(name, value)
        if "GET" in methods and path not in AWAY:
            found.add(path)
    finer = {
        rule.path.replace("{period}", "2026-11-16")
        for rule in TABLE
        if "releases/link" in rule.path
    }
    return sorted(found | finer)


@pytest.mark.slow
def test_every_role_gets_what_the_table_says_from_every_route(client: Client, readers):
    tried = 0
    for path in addresses(client):
        for role in WHO:
            for how, headers in readers[role].items():
                if how == "token" and not path.startswith("/api/"):
                    continue
                code = client.get(path, accept="application/json", **headers).status_code
                if may_open(role, path):
                    assert code in {200, 303, 404}, (path, role, how, code)
                    assert code != 404 or path.startswith(
                        ("/installation", "/dpd/export/", "/notice", "/affiche")
                    )
                else:
                    assert code == (401 if role == ANYONE else 403), (path, role, how, code)
                tried += 1
    assert tried > 80


def test_a_token_that_is_wrong_is_never_helped_by_a_session(client: Client, readers):
    headers = readers["committee"]["session"] | {"authorization": "Bearer jauge_wrong"}
    for presented in ("Bearer jauge_wrong", "Basic Y2RpOng=", "Bearer", ""):
        headers["authorization"] = presented
        answer = client.get("/api/v1/releases/T1", **headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_menu_holds_only_what_the_role_may_open(client: Client, readers):
    page = client.get("/debit", accept=HTML, **readers["admin"]["session"]).text
    assert 'href="/debit"' in page
    assert 'href="/"' not in page
    assert 'href="/compte"' in page
    page = client.get("/debit", accept=HTML, **readers["committee"]["session"]).text
    assert 'href="/"' in page


def test_a_kept_answer_of_one_role_is_not_served_to_another(client: Client, readers):
    for _ in range(2):
        pages = {
            role: client.get("/debit", accept=HTML, **readers[role]["session"]) for role in ROLES
        }
    assert 'href="/"' not in pages["admin"].text
    assert 'href="/"' in pages["committee"].text
    assert pages["admin"].headers["etag"] != pages["committee"].headers["etag"]


@pytest.mark.parametrize("path", ["/", "/connexion", "/compte", "/nowhere", "/api/v1/releases"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused_before_anything_else(client: Client, path: str, method: str):
    answer = client.request(method, path)
    assert answer.status_code == (404 if path == "/nowhere" else 405)
    assert answer.headers["content-type"] == "application/problem+json"
