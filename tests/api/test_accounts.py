"""Accounts, sessions, tokens, codes: how long each opens a door, and what the file holds of it."""

import json
import sqlite3
import stat
from pathlib import Path

import pytest

from api.accounts import passwords
from api.accounts.accounts import (
    ABSOLUTE_S,
    IDLE_S,
    INVITATION_S,
    MOST_SESSIONS,
    Accounts,
    NotPossible,
)
from api.accounts.file import FORMAT, AccountsFile, AccountsFileUnusable
from dashboards.account import LEAST_PASSWORD, MOST_PASSWORD
from dashboards.texts import catalogue
from tests.api.client import PASSWORD, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "web/accounts.sqlite"


@pytest.fixture
def accounts(path: Path, clock: Clock) -> Accounts:
    return Accounts(AccountsFile(path), clock)


def test_the_file_belongs_to_its_user_alone(accounts: Accounts, path: Path):
    accounts.add("intendance", "committee")
    for each in path.parent.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600, each
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_nothing_in_the_file_opens_a_door(accounts: Accounts, path: Path):
    account = accounts.add("intendance", "committee", passwords.make_hash(PASSWORD))
    shown = [
        accounts.open_session(account),
        accounts.make_token(account, "tableur"),
        accounts.make_code("invitation", account, INVITATION_S),
        PASSWORD,
    ]
    accounts.close()
    stored = b"".join(each.read_bytes() for each in path.parent.iterdir())
    for secret in shown:
        assert secret.encode() not in stored
        assert secret.replace("-", "").encode() not in stored
    assert b"$argon2id$v=19$m=19456,t=2,p=1$" in stored


@pytest.mark.parametrize(
    ("steps", "open_at_the_end"),
    [
        ([IDLE_S - 1], True),
        ([IDLE_S], False),
        ([IDLE_S - 1, IDLE_S - 1], True),
        ([IDLE_S - 1] * (ABSOLUTE_S // (IDLE_S - 1)), True),
        ([IDLE_S - 1] * (ABSOLUTE_S // (IDLE_S - 1) + 1), False),
    ],
)
def test_a_session_ends_when_idle_and_after_a_day(accounts, clock, steps, open_at_the_end):
    cookie = accounts.open_session(accounts.add("cdi", "committee"))
    for step in steps:
        clock.now += step
        holder = accounts.of_session(cookie)
    assert (holder is not None) == open_at_the_end


def test_a_session_ends_at_once_on_the_server(accounts: Accounts):
    account = accounts.add("cdi", "committee")
    here, there = accounts.open_session(account), accounts.open_session(account)
    accounts.end_session(accounts.of_session(here))
    assert accounts.of_session(here) is None
    accounts.end_sessions(accounts.of_session(there))
    assert accounts.of_session(there) is None


def test_the_oldest_of_too_many_sessions_gives_way(accounts: Accounts, clock: Clock):
    account = accounts.add("cdi", "committee")
    cookies = []
    for _ in range(MOST_SESSIONS + 1):
        clock.now += 1
        cookies.append(accounts.open_session(account))
    assert [accounts.of_session(cookie) is not None for cookie in cookies].count(False) == 1
    assert accounts.of_session(cookies[0]) is None


def test_a_new_password_and_a_removal_end_sessions(accounts: Accounts):
    account = accounts.add("cdi", "committee")
    cookie = accounts.open_session(account)
    accounts.set_password(account, None)
    assert accounts.of_session(cookie) is None
    cookie, token = accounts.open_session(account), accounts.make_token(account, "x")
    accounts.remove(account)
    assert (accounts.of_session(cookie), accounts.of_token(token)) == (None, None)


def test_a_token_expires_and_can_be_revoked(accounts: Accounts, clock: Clock):
    account = accounts.add("cdi", "committee")
    token, other = accounts.make_token(account, "un", 30), accounts.make_token(account, "deux", 60)
    assert accounts.of_token(token).role == "committee"
    clock.now += 30 * 86_400
    assert accounts.of_token(token) is None
    [(key, label, _, _)] = accounts.tokens(account.id)
    assert label == "deux"
    assert accounts.revoke_token(account, key.hex()[:12])
    assert not accounts.revoke_token(account, key.hex()[:12])
    assert accounts.of_token(other) is None


@pytest.mark.parametrize(
    ("label", "days"), [("", 1), ("x" * 41, 1), ("<b>", 1), ("x", 0), ("x", 366)]
)
def test_a_token_without_bounds_is_refused(accounts: Accounts, label: str, days: int):
    with pytest.raises(NotPossible):
        accounts.make_token(accounts.add("cdi", "committee"), label, days)


def test_a_code_works_once_for_its_purpose_and_its_time(accounts: Accounts, clock: Clock):
    account = accounts.add("cdi", "committee")
    code = accounts.make_code("invitation", account, 60)
    assert accounts.knows_code("link", code) is False
    assert accounts.knows_code("invitation", f" {code.lower()} ") == account
    assert accounts.use_code("invitation", code)
    assert not accounts.use_code("invitation", code)
    late = accounts.make_code("invitation", account, 60)
    clock.now += 60
    assert not accounts.use_code("invitation", late)
    first, second = (accounts.make_code("setup", None, 60) for _ in range(2))
    assert (accounts.knows_code("setup", first), accounts.knows_code("setup", second)) == (
        False,
        True,
    )


def test_a_browser_is_known_for_one_account_only(accounts: Accounts, clock: Clock):
    one, two = accounts.add("un", "committee"), accounts.add("deux", "dpo")
    cookie = accounts.device_cookie(one)
    assert accounts.knows_device(cookie, one)
    assert not accounts.knows_device(cookie, two)
    assert not accounts.knows_device(cookie, None)
    assert not accounts.knows_device(cookie.replace("1.", "2.", 1), two)
    assert not accounts.knows_device("", one)
    clock.now += 181 * 86_400
    assert not accounts.knows_device(cookie, one)


def test_the_last_administrator_stays(accounts: Accounts):
    first = accounts.add("un", "admin")
    with pytest.raises(NotPossible, match="last_admin"):
        accounts.remove(first)
    accounts.add("deux", "admin")
    accounts.remove(first)
    assert [each.name for each in accounts.everybody()] == ["deux"]


@pytest.mark.parametrize("name", ["", "a", "Jean Dupont", "é" * 3, "x" * 33, "-ab", "a\nb"])
def test_a_name_that_is_none_is_refused(accounts: Accounts, name: str):
    with pytest.raises(NotPossible, match="name"):
        accounts.add(name, "dpo")


def test_names_are_unique_whatever_the_case(accounts: Accounts):
    accounts.add("CDI", "dpo")
    with pytest.raises(NotPossible, match="taken"):
        accounts.add("cdi", "dpo")
    with pytest.raises(NotPossible, match="role"):
        accounts.add("other", "root")


def test_events_are_counts_without_names_and_go_after_a_year(accounts, clock, path):
    account = accounts.add("jean.dupont", "committee")
    for _ in range(3):
        accounts.event("committee", "login_failed")
    accounts.end_session(accounts.of_session(accounts.open_session(account)))
    found = {(role, event): times for _, role, event, times in accounts.journal.read()}
    assert found == {
        ("committee", "account_added"): 1,
        ("committee", "login_failed"): 3,
        ("committee", "logout"): 1,
    }
    assert "dupont" not in json.dumps(accounts.journal.read())
    clock.now += 367 * 86_400
    accounts.event("dpo", "login")
    assert len(accounts.journal.read()) == 1


def test_a_file_of_another_version_or_kind_is_refused(path: Path, accounts: Accounts):
    accounts.close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version={FORMAT + 1}")
    with pytest.raises(AccountsFileUnusable, match="another version"):
        AccountsFile(path)
    path.with_name("text").write_text("not a database, but long enough to be looked at" * 9)
    with pytest.raises(AccountsFileUnusable, match="not a file of accounts"):
        AccountsFile(path.with_name("text"))
    with pytest.raises(AccountsFileUnusable):
        AccountsFile(path.parent)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("court", "short"),
        ("x" * 129, "long"),
        ("aaaaaaaaaaaa", "sequence"),
        ("abcabcabcabc", "sequence"),
        ("abcdefghijklmnop", "sequence"),
        ("9876543210987654", "sequence"),
        ("Azerty123456!", "common"),
        ("motdepasse2026", "common"),
        ("M0tDeP@sse2026", "common"),
        ("password-password", "common"),
        ("LyceeJauge2026!", "common"),
        ("cdi-intendance-1", "common"),
        ("Bienvenue123456", "common"),
        (PASSWORD, None),
        ("trois chats dorment au grenier", None),
        ("739105628462", None),
        ("kX7#qZ2!vB9m", None),
    ],
)
def test_passwords_are_refused_when_short_or_tried_by_everybody(password, why):
    assert passwords.weakness(password, ("cdi",)) == why


def test_a_password_is_right_in_either_form_of_its_accents():
    stored = passwords.make_hash("caf\u00e9 noir le matin")
    assert passwords.is_right(stored, "cafe\u0301 noir le matin")
    assert not passwords.is_right(stored, "cafe noir le matin")
    assert not passwords.is_right(None, "nobody's, and is_right() says no to it anyway")


def test_pages_and_rules_name_the_same_bounds_and_every_word_has_a_text():
    assert (LEAST_PASSWORD, MOST_PASSWORD) == (passwords.LEAST, passwords.MOST)
    for word in ("short", "long", "common", "sequence", "name", "taken", "label", "days", "tokens"):
        assert f"account.error.{word}" in catalogue("fr")
