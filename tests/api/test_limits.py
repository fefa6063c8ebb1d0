"""How much and how slowly anybody may send in a body; connections are in test_patience.py."""

import asyncio
import time
from pathlib import Path

import pytest

from api.limits import MOST_BODY
from tests.api.client import PASSWORD, Client, form_token, new_login, with_account
from tests.api.test_headers import check_headers


@pytest.fixture
def client(public: Path, tmp_path: Path) -> Client:
    client = Client(public, new_login(tmp_path))
    with_account(client.login, "committee", "cdi")
    return client


def test_a_body_that_is_announced_too_large_is_not_read(client: Client):
    read = []

    async def body():
        read.append(1)
        yield b"x"

    async def post(http):
        headers = {"content-length": str(MOST_BODY + 1), "accept": "application/json"}
        return await http.post("/connexion", content=body(), headers=headers)

    answer = client.browser().together(post)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problemes#too-large")
    assert answer.headers["connection"] == "close"
    assert read == []
    check_headers(answer.headers)


def test_a_body_in_pieces_is_counted(client: Client):
    browser = client.browser()
    browser.get("/connexion")

    async def body():
        for _ in range(40):
            yield b"x" * (64 << 10)

    async def post(http):
        return await http.post("/connexion", content=body(), headers={"accept": "application/json"})

    assert browser.together(post).status_code == 413


def test_a_form_with_too_many_fields_is_not_ours(client: Client):
    browser = client.browser()
    token = form_token(browser.get("/connexion").text)
    many = {f"f{n}": "x" for n in range(40)}
    answer = browser.send(
        "/connexion", {"form": token, "name": "cdi", "password": PASSWORD, **many}
    )
    assert answer.status_code == 403


def test_a_body_that_does_not_come_is_given_up(client: Client, monkeypatch):
    monkeypatch.setattr("api.limits.BODY_S", 0.2)
    browser = client.browser()
    browser.get("/connexion")

    async def body():
        yield b"name="
        await asyncio.sleep(5)
        yield b"cdi"

    async def post(http):
        return await http.post("/connexion", content=body(), headers={"accept": "application/json"})

    began = time.monotonic()
    answer = browser.together(post)
    assert (answer.status_code, answer.json()["type"]) == (408, "/problemes#too-slow")
    assert time.monotonic() - began < 4


def test_a_token_that_asks_too_often_waits(client: Client, monkeypatch):
    monkeypatch.setattr("api.door.BURST", 3.0)
    monkeypatch.setattr("api.door.PER_S", 0.01)
    accounts = client.login.accounts
    token = accounts.make_token(accounts.named("cdi"), "x")
    answers = [client.get("/api/v1/releases", authorization=f"Bearer {token}") for _ in range(5)]
    assert [each.status_code for each in answers] == [200] * 3 + [429] * 2
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json()["type"] == "/problemes#too-many"
