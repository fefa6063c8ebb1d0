"""How much and how slowly anybody may send; a slow client holds nobody else."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
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


@pytest.fixture
def port(public: Path, monkeypatch) -> Iterator[int]:
    """The real server in a thread, with short deadlines and room for twenty connections."""
    import uvicorn

    from api.app import create_app
    from api.patience import PatientProtocol
    from privacy.published import Published

    for name, value in (("HEADER_S", 0.5), ("ANSWER_S", 1.0), ("MOST_CONNECTIONS", 20)):
        monkeypatch.setattr(f"api.patience.{name}", value)
    config = uvicorn.Config(
        create_app(Published(public)), http=PatientProtocol, ws="none", log_level="error",
        access_log=False, lifespan="off",
    )  # fmt: skip
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)


def ask(
    port: int, text: bytes = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(text)
        found = b""
        while piece := connection.recv(65536):
            found += piece
        return found


def is_closed(connection: socket.socket, within_s: float = 2) -> bool:
    connection.settimeout(within_s)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@pytest.mark.enable_socket
def test_headers_that_do_not_end_close_the_connection(port: int):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        began = time.monotonic()
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for _ in range(40):
                slow.sendall(b"X: y\r\n")
                time.sleep(0.1)
        assert 0.3 < time.monotonic() - began < 3


@pytest.mark.enable_socket
def test_more_connections_than_there_is_room_for_push_out_the_oldest(port: int):
    held = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(30)]
    try:
        assert b"200 OK" in ask(port)
        assert is_closed(held[0])
        assert not is_closed(held[-1], within_s=0.05)
    finally:
        for each in held:
            each.close()


@pytest.mark.enable_socket
def test_what_is_no_http_gets_a_problem_with_the_headers(port: int):
    answer = ask(port, b"\x16\x03\x01 no http\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in answer
    assert b"content-security-policy" in answer.lower()


@pytest.mark.enable_socket
def test_requests_follow_each_other_on_one_connection(port: int):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as kept:
        for _ in range(4):
            kept.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            found = b""
            while not found.endswith(b'{"status":"ok"}'):
                piece = kept.recv(65536)
                assert piece
                found += piece
            time.sleep(0.2)
