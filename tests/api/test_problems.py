"""Refusals: RFC 9457 for programs, a page that says why and what to do for people."""

from collections.abc import Callable
from pathlib import Path

import pytest

from api.problems import PROBLEMS
from api.routes import PREFIX
from privacy.published import Published
from tests.api.client import HTML, Client
from tests.pages.published_school import Publisher


def check_problem(response, kind: str) -> dict:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(body)
    assert body["type"] == f"/problemes#{kind}"
    assert body["status"] == response.status_code == PROBLEMS[kind]
    return body


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/nowhere", "not-found"),
        (f"{PREFIX}/nowhere", "not-found"),
        (f"{PREFIX}/releases/T9", "not-found"),
        (f"{PREFIX}/releases/T1/2031-W01", "not-found"),
        (f"{PREFIX}/releases/T1/..%2F..%2Fseal", "not-found"),
        (f"{PREFIX}/documents/seal", "not-found"),
        (f"{PREFIX}/releases/T1?format=xml", "bad-request"),
        ("/debit?jour=2026-12-24", "not-found"),
        ("/debit?ligne=other", "not-found"),
        ("/static/../app.py", "not-found"),
    ],
)
def test_a_wrong_address_is_a_problem(client: Client, path: str, kind: str):
    check_problem(client.get(path), kind)


def test_a_wrong_parameter_is_pointed_at(client: Client):
    body = check_problem(client.get(f"{PREFIX}/releases/T1?format=xml"), "bad-request")
    assert [error["parameter"] for error in body["errors"]] == ["format"]
    assert "xml" not in body["errors"][0]["detail"]


def test_a_form_that_is_not_offered_is_refused(client: Client):
    response = client.get(f"{PREFIX}/releases/T1", accept="application/xml")
    check_problem(response, "not-acceptable")


def test_every_kind_is_explained_on_the_page_that_type_points_at(client: Client):
    for lang in ("fr", "en"):
        page = client.get(f"/problemes?lang={lang}").text
        for kind in PROBLEMS:
            assert f'id="{kind}"' in page


@pytest.mark.parametrize("path", ["/", "/debit", "/usages"])
def test_nothing_published_says_why_and_what_to_do(tmp_path: Path, path: str):
    client = Client(tmp_path)
    page = client.get(path, accept=HTML)
    assert page.status_code == 503
    assert "Rien n’est encore publié" in page.text
    assert "jauge release" in page.text
    assert "Nothing is published yet" in client.get(f"{path}?lang=en", accept=HTML).text
    check_problem(client.get("/readyz"), "nothing-published")
    assert client.get("/livez").status_code == 200


def alter(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"noisy":', b'"noisy":1', 1))
    assert path.read_bytes() != data


def test_a_broken_seal_is_never_served(own_public: Path):
    alter(own_public / "releases/T1/2026-W41.json")
    client = Client(own_public)
    check_problem(client.get(f"{PREFIX}/releases/T1/2026-W41"), "seal-broken")
    check_problem(client.get(f"{PREFIX}/releases/T1"), "seal-broken")
    check_problem(client.get(f"{PREFIX}/releases/T1/2026-W41?format=csv"), "seal-broken")
    check_problem(client.get("/readyz"), "seal-broken")
    page = client.get("/usages", accept=HTML)
    assert page.status_code == 503
    assert "Sceau rompu" in page.text
    assert client.get(f"{PREFIX}/releases/T1/2026-W40").status_code == 200
    check_problem(client.get("/readyz"), "seal-broken")


def reseal(public: Path, where: str, name: str, change: Callable[[dict], object]) -> None:
    payload = Published(public).payload(where, name)
    change(payload)
    Publisher(public).write(f"releases/{where}", name, payload)


@pytest.mark.parametrize(
    ("table", "period", "change"),
    [
        ("link", "2026-11-12", lambda p: p.pop("lines")),
        ("link", "2026-11-12", lambda p: p["lines"][0].update(capacity=None)),
        ("link", "2026-11-12", lambda p: p["lines"][0]["slots"][0].update({"from": "later"})),
        ("link", "2026-11-12", lambda p: p["lines"][0]["slots"][0]["down"].update(minutes_80=None)),
        ("link", "2026-11-12", lambda p: p.update(lines=["x"])),
        ("T1", "2026-W41", lambda p: p.update(format=99)),
        ("T1", "2026-W41", lambda p: p["cells"][0]["key"].pop("zone")),
        ("T1", "2026-W41", lambda p: p.update(cells=[[]])),
        ("T6", "2026-11-16", lambda p: p["method"].update(sigma=0)),
    ],
)
def test_one_odd_release_blanks_only_itself(
    own_public: Path, table: str, period: str, change: Callable[[dict], object]
):
    reseal(own_public, table, period, change)
    client = Client(own_public)
    for path in ("/", "/debit", "/usages"):
        page = client.get(path, accept=HTML)
        assert page.status_code == 200
        assert "Publication illisible" in page.text
        assert period in page.text
    assert "semaine du 9 nov. 2026" in client.get("/usages", accept=HTML).text
    assert client.get("/readyz").status_code == 200


def test_a_slot_without_rates_is_no_number_in_a_sentence(own_public: Path):
    def blank(payload: dict) -> None:
        for slot in payload["lines"][0]["slots"]:
            slot["down"] |= dict.fromkeys(("mean_mbit_s", "p95_mbit_s", "peak10s_mbit_s"))

    reseal(own_public, "link", "2026-11-16", blank)
    page = Client(own_public).get("/debit", accept=HTML)
    assert page.status_code == 200
    assert "nan" not in page.text.lower().replace("nantes", "")


def test_a_release_filed_under_another_name_is_refused(own_public: Path):
    folder = own_public / "releases/T1"
    (folder / "2026-W41.json").write_bytes((folder / "2026-W40.json").read_bytes())
    check_problem(Client(own_public).get(f"{PREFIX}/releases/T1/2026-W41"), "seal-broken")


def test_a_missing_document_makes_the_service_not_ready(own_public: Path):
    (own_public / "documents/charter.json").unlink()
    check_problem(Client(own_public).get("/readyz"), "not-found")


def test_documents_without_releases_give_a_page_that_says_so(own_public: Path):
    for path in (own_public / "releases").rglob("*.json"):
        path.unlink()
    client = Client(own_public)
    for path in ("/", "/debit"):
        page = client.get(path, accept=HTML)
        assert page.status_code == 200
        assert "Rien n’est encore publié" in page.text
    for path in ("/saturation", "/services", "/usages", "/avant-apres", "/parc"):
        page = client.get(path, accept=HTML)
        assert page.status_code == 200
        assert "Pourquoi" in page.text
        assert "Que faire" in page.text
    assert client.get("/charte", accept=HTML).status_code == 200
