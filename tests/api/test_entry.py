"""Logging in and out, the first account, invitations, links, one's own account: as a browser does it."""

from pathlib import Path

import pytest

from api.accounts.accounts import INVITATION_S, LINK_S, SETUP_S
from api.accounts.login import MOST_WAITING, Login
from api.accounts.throttle import FREE_TRIES
from tests.api.client import PASSWORD, Browser, Client, Clock, form_token, new_login, with_account

COMMON = "motdepasse2026"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def login(tmp_path: Path, clock: Clock) -> Login:
    return new_login(tmp_path, clock)


@pytest.fixture
def client(public: Path, login: Login) -> Client:
    return Client(public, login)


@pytest.fixture
def cdi(login: Login):
    return with_account(login, "committee", "cdi")


def session_of(browser: Browser) -> str:
    return browser.http.cookies.get("jauge_session")


def test_a_person_is_led_to_the_login_and_back(client: Client, cdi):
    browser = client.browser()
    led = browser.get("/debit?jour=2026-09-29&lang=en")
    assert (led.status_code, led.headers["location"].split("?")[0]) == (303, "/connexion")
    page = browser.get(led.headers["location"])
    assert "Log in" in page.text
    entered = browser.fill_in(led.headers["location"], name="CDI", password=PASSWORD)
    assert entered.headers["location"] == "/debit?jour=2026-09-29&lang=en"
    assert browser.get(entered.headers["location"]).status_code == 200
    assert browser.get("/connexion").headers["location"] == "/"


@pytest.mark.parametrize(
    ("role", "first"), [("admin", "/debit"), ("committee", "/"), ("dpo", "/dpd")]
)
def test_each_role_lands_on_its_own_page_in_its_language(client, login, role: str, first: str):
    with_account(login, role)
    french = client.browser().log_in(role).headers["location"]
    english = client.browser().fill_in("/connexion?lang=en", name=role, password=PASSWORD)
    assert (french, english.headers["location"]) == (first, f"{first}?lang=en")


@pytest.mark.parametrize(
    "wanted",
    ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "/nowhere", "/dpd/x",
     "javascript:alert(1)", "/connexion", "/debit\r\nX: y"],
)  # fmt: skip
def test_the_login_leads_nowhere_else(client: Client, cdi, wanted: str):
    browser = client.browser()
    page = str(
        browser.http.build_request("GET", "/connexion", params={"suite": wanted}).url.raw_path,
        "ascii",
    )
    assert browser.fill_in(page, name="cdi", password=PASSWORD).headers["location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"), [("cdi", "canary-1"), ("nobody", PASSWORD), ("", "")]
)
def test_wrong_names_and_passwords_get_one_answer(client: Client, cdi, name, password):
    answer = client.browser().log_in(name, password)
    assert answer.status_code == 401
    assert "n’est pas le bon" in answer.text
    assert password == "" or password not in answer.text


def test_the_session_is_new_at_each_login_and_dead_after(client: Client, login: Login, cdi):
    browser = client.browser()
    browser.log_in("cdi")
    first = session_of(browser)
    assert len(first) >= 43
    browser.fill_in("/deconnexion", where="here")
    assert session_of(browser) is None
    browser.log_in("cdi")
    assert session_of(browser) != first
    stolen = client.browser()
    stolen.http.cookies.set("jauge_session", first)
    assert stolen.get("/").status_code == 303


def test_all_sessions_end_when_asked(client: Client, cdi):
    here, there = client.browser(), client.browser()
    for browser in (here, there):
        browser.log_in("cdi")
    assert "une autre" in here.get("/compte").text
    here.fill_in("/deconnexion", where="everywhere")
    assert there.get("/").status_code == 303


@pytest.mark.parametrize("https", [False, True])
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(public, login, cdi, https):
    browser = Client(public, login, https=https).browser()
    browser.http.base_url = "https://school" if https else "http://school"
    answer = browser.log_in("cdi")
    kept = [c for c in answer.headers.get_list("set-cookie") if "max-age=0" not in c.lower()]
    assert len(kept) == 2
    for cookie in kept:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert ("Secure" in cookie) == https
        assert cookie.startswith("__Host-jauge_") == https
    assert ("strict-transport-security" in answer.headers) == https


@pytest.mark.parametrize("form", [None, "", "0" * 64, "é"])
def test_a_form_that_is_not_the_readers_own_is_refused(client: Client, cdi, form: str | None):
    browser = client.browser()
    browser.get("/connexion")
    fields = {"name": "cdi", "password": PASSWORD} | ({} if form is None else {"form": form})
    answer = browser.send("/connexion", fields)
    assert answer.status_code == 403
    assert "Formulaire périmé" in answer.text
    assert session_of(browser) is None


def test_the_token_of_another_browser_is_refused(client: Client, cdi):
    mine, other = client.browser(), client.browser()
    token = form_token(mine.get("/connexion").text)
    other.get("/connexion")
    answer = other.send("/connexion", {"form": token, "name": "cdi", "password": PASSWORD})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers", [{"origin": "https://elsewhere.example"}, {"sec_fetch_site": "cross-site"}]
)
def test_a_form_sent_by_another_site_is_refused(client: Client, cdi, headers):
    browser = client.browser()
    token = form_token(browser.get("/connexion").text)
    fields = {"form": token, "name": "cdi", "password": PASSWORD}
    assert browser.send("/connexion", fields, **headers).status_code == 403
    assert browser.send("/connexion", fields, origin="http://school").status_code == 303


def test_pages_with_forms_are_kept_nowhere(client: Client, cdi):
    browser = client.browser()
    assert browser.get("/connexion").headers["cache-control"] == "private, no-store"
    browser.log_in("cdi")
    assert browser.get("/compte").headers["cache-control"] == "private, no-store"


def test_the_first_account_needs_the_code_and_only_the_first(client: Client, login: Login):
    browser = client.browser()
    assert browser.get("/connexion").headers["location"] == "/installation"
    code = login.accounts.make_code("setup", None, SETUP_S)
    form = {"name": "admin-reseau", "password": PASSWORD, "again": PASSWORD}
    for wrong, says in (
        ({**form, "code": "AAAAA"}, "inconnu"),
        ({**form, "code": code, "again": "other"}, "diffèrent"),
        ({**form, "code": code, "password": "short", "again": "short"}, "trop court"),
        ({**form, "code": code, "name": "no name"}, "forme demandée"),
    ):
        refused = browser.fill_in("/installation", **wrong)
        assert refused.status_code == 422
        assert says in refused.text
    made = browser.fill_in("/installation", code=code.lower(), **form)
    assert made.headers["location"] == "/debit"
    assert [(a.name, a.role) for a in login.accounts.everybody()] == [("admin-reseau", "admin")]
    assert client.browser().get("/installation").status_code == 404
    assert browser.get("/").status_code == 403


def test_an_invited_person_chooses_a_password(client: Client, login: Login):
    account = login.accounts.add("cdi", "committee")
    browser = client.browser()
    assert browser.log_in("cdi", "").status_code == 401
    code = login.accounts.make_code("invitation", account, INVITATION_S)
    weak = browser.fill_in("/invitation", code=code, **dict.fromkeys(("password", "again"), COMMON))
    assert "tout le monde essaie" in weak.text
    kept = browser.fill_in("/invitation", code=code, password=PASSWORD, again=PASSWORD)
    assert kept.headers["location"] == "/"
    again = client.browser().fill_in("/invitation", code=code, password=PASSWORD, again=PASSWORD)
    assert again.status_code == 422
    assert client.browser().log_in("cdi").status_code == 303


def test_a_link_opens_once_and_not_for_long(client: Client, login: Login, clock: Clock, cdi):
    code = login.accounts.make_code("link", cdi, LINK_S)
    browser = client.browser()
    assert browser.get(f"/entree?code={code}").headers["location"] == "/"
    assert browser.get("/").status_code == 200
    again = client.browser().get(f"/entree?code={code}")
    assert (again.status_code, "déjà utilisé" in again.text) == (401, True)
    late = login.accounts.make_code("link", cdi, LINK_S)
    clock.now += LINK_S
    assert client.browser().get(f"/entree?code={late}").status_code == 401


def test_a_password_changes_only_with_the_present_one(client: Client, cdi):
    here, there = client.browser(), client.browser()
    for browser in (here, there):
        browser.log_in("cdi")
    new = "trois chats dorment au grenier"
    change = {"action": "password", "password": new, "again": new}
    assert here.fill_in("/compte", current="wrong", **change).status_code == 422
    before = session_of(here)
    done = here.fill_in("/compte", current=PASSWORD, **change)
    assert "Mot de passe changé" in here.get(done.headers["location"]).text
    assert session_of(here) != before
    assert there.get("/").status_code == 303
    assert client.browser().log_in("cdi").status_code == 401
    assert client.browser().log_in("cdi", new).status_code == 303


def test_a_token_is_shown_once_and_revoked(client: Client, login: Login, cdi):
    browser = client.browser()
    browser.log_in("cdi")
    make = {"action": "token", "label": "tableur", "token-days": "30"}
    assert browser.fill_in("/compte", **{"token-current": "wrong"}, **make).status_code == 422
    page = browser.fill_in("/compte", **{"token-current": PASSWORD}, **make).text
    token = page.split('<code class="secret">')[1].split("<")[0]
    program = {"accept": "application/json", "authorization": f"Bearer {token}"}
    assert client.get("/api/v1/releases/T1", **program).status_code == 200
    page = browser.get("/compte").text
    assert token not in page
    [(key, *_)] = login.accounts.tokens(cdi.id)
    assert "révoqué" in browser.fill_in("/compte", action="revoke", token=key.hex()[:12]).text
    refused = client.get("/api/v1/releases/T1", **program)
    assert (refused.status_code, refused.headers["www-authenticate"][:6]) == (401, "Bearer")


def test_a_token_opens_the_api_and_no_page(client: Client, login: Login, cdi):
    token = login.accounts.make_token(cdi, "x")
    page = client.get("/debit", accept="application/json", authorization=f"Bearer {token}")
    assert page.status_code == 401


def test_a_stranger_is_slowed_and_a_known_browser_is_not(client: Client, login, clock, cdi):
    known = client.browser()
    known.log_in("cdi")
    known.fill_in("/deconnexion", where="here")
    wrong = [client.browser(f"192.0.2.{n}").log_in("cdi", "wrong").status_code for n in range(15)]
    assert wrong == [401] * FREE_TRIES + [429] * (15 - FREE_TRIES)
    new = client.browser("198.51.100.1").log_in("cdi")
    assert new.status_code == 429
    assert int(new.headers["retry-after"]) <= 900
    assert "aucun compte n’est bloqué" in new.text
    assert known.log_in("cdi").status_code == 303
    clock.now += int(new.headers["retry-after"])
    assert client.browser("198.51.100.1").log_in("cdi").status_code == 303


def test_an_account_that_is_not_there_is_slowed_the_same(client: Client, cdi):
    answers = [client.browser(f"192.0.2.{n}").log_in("nobody", "x").status_code for n in range(12)]
    assert answers == [401] * FREE_TRIES + [429] * 2


def test_one_address_is_slowed_over_many_names(client: Client, clock: Clock, cdi):
    browser, answers = client.browser(), []
    for number in range(14):
        clock.now += 0.6
        answers.append(browser.log_in(f"name{number}", "x").status_code)
    assert answers[:FREE_TRIES] == [401] * FREE_TRIES
    assert answers[FREE_TRIES] == 429
    assert client.browser("198.51.100.1").log_in("cdi").status_code == 303


def test_few_passwords_are_judged_at_once(client: Client, login: Login, cdi):
    import asyncio

    async def flood(_http) -> list:
        tries = [
            login.enter(f"n{n}", "x", device="", address=f"192.0.2.{n}")
            for n in range(4 * MOST_WAITING)
        ]
        return [type(each).__name__ for each in await asyncio.gather(*tries)]

    found = client.browser().together(flood)
    assert found.count("Wrong") <= MOST_WAITING
    assert found.count("Paused") == len(found) - found.count("Wrong")


def test_no_page_answer_or_log_repeats_a_password(client: Client, login, cdi, caplog):
    browser = client.browser()
    for _ in range(12):
        answer = browser.log_in("cdi", "canary-secret-1234")
        assert "canary-secret" not in answer.text + str(answer.headers)
    assert "canary-secret" not in caplog.text
    assert "192.0.2.1" not in caplog.text
    login.accounts.close()
    stored = b"".join(each.read_bytes() for each in login.accounts._file.path.parent.iterdir())
    assert b"canary-secret" not in stored
    assert b"192.0.2.1" not in stored
