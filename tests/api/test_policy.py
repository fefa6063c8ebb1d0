"""Displayed = enforced: every answer names the policy, and documents that disagree are not served."""

from collections.abc import Callable
from pathlib import Path

import pytest

from api.routes import PREFIX
from privacy.published import Published
from tests.api.client import HTML, Client
from tests.api.test_headers import API, ERRORS, PAGES, STATIC
from tests.api.test_problems import check_problem
from tests.pages.published_school import Publisher


def policy_of(public: Path) -> str:
    return Published(public).document("privacy")["policy"]


@pytest.mark.parametrize("path", [*PAGES, *API, *STATIC, *ERRORS])
def test_every_answer_names_the_policy(client: Client, public: Path, path: str):
    assert client.get(path).headers["jauge-policy"] == policy_of(public)[:16]


def test_every_page_shows_the_policy_in_its_footer(client: Client, public: Path):
    for path in ("/", "/debit", "/usages", "/?lang=en"):
        footer = client.get(path, accept=HTML).text.split("<footer")[1]
        assert policy_of(public)[:16] in footer
        assert ("Policy" if "en" in path else "Politique") in footer


def test_without_a_policy_no_header_claims_one(tmp_path: Path):
    assert "jauge-policy" not in Client(tmp_path).get("/livez").headers


def change(public: Path, name: str, changed: Callable[[dict], object]) -> None:
    payload = Published(public).document(name)
    changed(payload)
    Publisher(public).write("documents", name, payload)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("school", lambda p: p.update(policy="0" * 64)),
        ("status", lambda p: p.update(policy=None)),
        ("charter", lambda p: p.update(digest="0" * 64)),
        ("privacy", lambda p: p.update(settings={"profile": "other"})),
        ("privacy", lambda p: p.update(digest="0" * 64)),
        ("privacy", lambda p: p["policy_parts"].update(terms="1" * 64)),
        ("privacy", lambda p: p["policy_parts"].pop("terms")),
        ("privacy", lambda p: p.update(policy_parts=[])),
    ],
)
def test_documents_that_disagree_are_not_served(own_public: Path, name: str, changed):
    client = Client(own_public)
    assert client.get("/readyz").status_code == 200
    change(own_public, name, changed)
    for path in ("/readyz", f"{PREFIX}/documents/school", f"{PREFIX}/documents/{name}"):
        check_problem(client.get(path), "policy-mismatch")
    page = client.get("/usages", accept=HTML)
    assert page.status_code == 503
    assert "Documents de politiques différentes" in page.text
    assert "jauge-policy" not in page.headers


def test_a_generated_document_of_another_policy_is_noticed(own_public: Path):
    publisher = Publisher(own_public)
    publisher.write("documents", "register", {"document": "register"})
    assert Client(own_public).get("/readyz").status_code == 200
    publisher.write("documents", "register", {"document": "register", "policy": "0" * 64})
    check_problem(Client(own_public).get("/readyz"), "policy-mismatch")


def test_releases_of_an_earlier_policy_are_shown_and_said(own_public: Path):
    published, publisher = Published(own_public), Publisher(own_public)
    old = published.payload("T1", "2026-W41") | {"policy_digest": "a" * 64}
    older = published.payload("T1", "2026-W40") | {"format": 2}
    del older["policy_digest"]
    for payload in (old, older):
        publisher.write("releases/T1", payload["period"], payload)
    page = Client(own_public).get("/usages", accept=HTML)
    assert page.status_code == 200
    assert f"2 publications montrées ici datent d’une politique antérieure ({'a' * 16} et sans" in (
        page.text
    )
    assert "politique antérieure" not in Client(own_public).get("/problemes", accept=HTML).text


def test_the_api_says_under_which_policy_each_release_was_made(client: Client, public: Path):
    assert policy_of(public) in client.get(f"{PREFIX}/releases/T1?format=csv").text
    assert policy_of(public) in client.get(f"{PREFIX}/documents/privacy").text
