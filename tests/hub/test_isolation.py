"""School × route: who reads what, and that nobody's address, token or page reaches another school."""

import re

import pytest

from api.access import ANYONE, SCHOOL, Undeclared
from dashboards.hub.spread import LEAST_SCHOOLS
from hub.access import HUB, SITE, TABLE
from hub.check import Place
from hub.envelope import digest_of
from tests.hub.many_schools import FIRST_PLACE, MadeSchool, new_hub, take
from tests.hub.reading import API, HubClient

SCHOOLS = [MadeSchool(n, named=n in {3, 4}) for n in range(1, LEAST_SCHOOLS + 4)]
FIRST, SECOND = SCHOOLS[0], SCHOOLS[1]
WEEK = "2026-W37"


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> HubClient:
    directory = tmp_path_factory.mktemp("isolation")
    hub = new_hub(directory / "hub", SCHOOLS)
    for school in SCHOOLS:
        take(hub, school, [0, 1])
    return HubClient(hub, directory)


WHO = {
    ANYONE: (
        "/livez",
        "/readyz",
        "/problemes",
        "/accessibilite",
        "/connexion",
        "/static/jauge.css",
    ),
    "school": ("/comparaison", "/envois", f"{API}/state", f"{API}/receipts"),
    "school too": (f"{API}/releases/T1/{WEEK}", f"{API}/comparison/lycee/{WEEK}"),
    "admin": ("/etablissements", "/comparaison", f"{API}/comparison/lycee/{WEEK}"),
}


@pytest.mark.parametrize("path", sorted({path for paths in WHO.values() for path in paths}))
def test_a_role_opens_what_the_table_says_and_nothing_else(client, path):
    readers = {
        ANYONE: {},
        "school": client.session(FIRST.uai),
        "admin": client.session("region", "admin"),
    }
    for role, headers in readers.items():
        allowed = any(path in WHO[group] for group in WHO if group.startswith(role))
        allowed = allowed or path in WHO[ANYONE]
        status = client.ask("GET", path, **headers).status_code
        assert (status in {200, 303}) == allowed or (role == ANYONE and status == 303), role


def test_no_address_of_the_hub_can_name_a_school():
    for rule in TABLE:
        places = set(re.findall(r"\{(\w+)", rule.path))
        assert places <= {"path", "kind", "week", "table", "period"}, rule.path
        assert not set(rule.query) & {"uai", "school", "etablissement"}, rule.path


@pytest.mark.parametrize("other", SCHOOLS[1:4], ids=lambda s: s.uai)
@pytest.mark.parametrize(
    "path", ["/envois", f"{API}/state", f"{API}/receipts", f"{API}/releases/T1/{WEEK}"]
)
def test_what_is_ones_own_is_never_anothers(client, path, other):
    """The same address, asked by two schools: each gets its own, and no word of the other's."""
    own = client.ask("GET", path, **client.session(FIRST.uai)).text
    theirs = client.ask("GET", path, **client.session(other.uai)).text
    mine, other_marks = digests_of(client.hub, FIRST), digests_of(client.hub, other)
    assert own != theirs
    assert not any(mark in own for mark in other_marks)
    assert not any(mark in theirs for mark in mine)
    assert path.endswith(WEEK) or any(mark in own for mark in mine)
    assert other.uai not in own
    assert FIRST.uai not in theirs


def digests_of(hub, school) -> set[str]:
    return {each.sha256 for each in hub.held(school.uai)}


def test_each_school_reads_exactly_what_it_sent(client):
    for school in SCHOOLS:
        for held in client.hub.held(school.uai):
            path = f"{API}/releases/{held.table}/{held.period}"
            got = client.ask("GET", path, **client.token(school)).content
            assert digest_of(got) == held.sha256
            assert len(got) == held.octets


def test_the_comparison_holds_no_name_and_no_number_of_a_school_that_did_not_agree(client):
    page = client.ask("GET", "/comparaison", **client.session(FIRST.uai)).text
    csv = client.ask("GET", f"{API}/comparison/lycee/{WEEK}?format=csv", **client.token(FIRST)).text
    for school in SCHOOLS[1:]:
        for text in (page, csv):
            assert school.uai not in text
            assert (school.card.name in text) == (school.named and text is page)


def test_two_schools_get_two_pages_and_differ_in_their_own_figures_only(client):
    """One after the other, as a shared answer would show."""
    pages = [
        client.ask("GET", "/comparaison", **client.session(s.uai)).text for s in (FIRST, SECOND)
    ]
    assert pages[0] != pages[1]
    rows = [
        client.ask("GET", f"{API}/comparison/lycee/{WEEK}", **client.token(s)).json()["indicators"]
        for s in (FIRST, SECOND)
    ]
    for one, two in zip(*rows, strict=True):
        assert one["own"] != two["own"] or one["own"] is None
        assert {k: v for k, v in one.items() if "own" not in k} == {
            k: v for k, v in two.items() if "own" not in k
        }


def test_whoever_runs_the_hub_has_no_school_of_his_own(client):
    rows = client.ask(
        "GET",
        f"{API}/comparison/lycee/{WEEK}",
        **client.session("region", "admin") | {"accept": "application/json"},
    ).json()["indicators"]
    assert {row["own"] for row in rows} == {None}
    assert any(row["median"] for row in rows)


def test_a_cookie_pushes_nothing_and_a_token_pushes_for_its_school_only(tmp_path):
    hub = new_hub(tmp_path / "hub", [FIRST, SECOND])
    client = HubClient(hub, tmp_path)
    push = FIRST.push(hub, FIRST.sealed("T1", 0), FIRST_PLACE)
    assert client.push(FIRST, push, **client.session(FIRST.uai)).status_code == 401
    assert client.push(FIRST, push, authorization="Bearer nobody").status_code == 401
    stolen = client.push(FIRST, push, **client.token(SECOND))
    assert (stolen.status_code, stolen.json()["errors"][0]["parameter"]) == (422, "forged")
    assert client.push(FIRST, push).status_code == 201
    assert client.push(FIRST, push).status_code == 200
    assert hub.held(SECOND.uai) == []


def test_a_refusal_says_its_reason_in_both_languages_and_is_counted_on_ones_own_page(tmp_path):
    hub = new_hub(tmp_path / "hub", [FIRST, SECOND])
    client = HubClient(hub, tmp_path)
    push = FIRST.push(hub, SECOND.sealed("T1", 0), Place(0, "0" * 64))
    said = client.push(FIRST, push)
    assert said.headers["content-type"] == "application/problem+json"
    assert said.json()["errors"] == [
        {
            "parameter": "foreign-seal",
            "detail": "La publication est scellée par un autre établissement.",
        }
    ]
    page = client.ask("GET", "/envois?lang=en", **client.session(FIRST.uai)).text
    assert "The release is sealed by another school. (1)" in page
    other = client.ask("GET", "/envois?lang=en", **client.session(SECOND.uai)).text
    assert "sealed by another school" not in other


def test_a_body_larger_than_any_is_refused_before_it_is_read(tmp_path):
    hub = new_hub(tmp_path / "hub", [FIRST])
    client = HubClient(hub, tmp_path)
    push = FIRST.push(hub, b"x" * (2 << 20), FIRST_PLACE, table="T1", period=WEEK)
    assert client.push(FIRST, push).status_code == 413


def test_every_answer_has_the_headers_of_the_house(client):
    for path, headers in (("/comparaison", client.session(FIRST.uai)), ("/nowhere", {})):
        answer = client.ask("GET", path, **headers)
        assert answer.headers["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self'"
        )
        assert answer.headers["cache-control"] in {"private, no-cache", "private, no-store"}


def test_a_route_without_a_line_in_the_table_cannot_be_served():
    with pytest.raises(Undeclared, match="hub/access"):
        SITE.check_declared([(f"{HUB}/schools/{{uai}}", ("GET",))], "hub/access.py")


def test_a_schools_own_application_knows_nothing_of_the_hub():
    assert not any(SCHOOL.find(rule.path) for rule in TABLE if rule.path.startswith(HUB))


def test_no_page_of_the_hub_leads_to_a_page_that_it_does_not_have(client):
    paths = ("/comparaison", "/envois", "/compte", "/accessibilite", "/problemes", "/deconnexion")
    for path in paths:
        page = client.ask("GET", path, **client.session(FIRST.uai)).text
        for address in re.findall(r'href="(/[^"]*)"', page):
            assert SITE.find(address.partition("?")[0].partition("#")[0]), (path, address)
