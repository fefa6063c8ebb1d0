"""The real server on a socket: a slow or greedy connection holds nobody else, and no memory."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.enable_socket

LIVE = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b'{"status":"ok"}'


@contextlib.contextmanager
def serving(app) -> Iterator[int]:
    """The real server in a thread."""
    import uvicorn
    import uvloop

    from api.patience import PatientProtocol

    config = uvicorn.Config(
        app, http=PatientProtocol, ws="none", log_level="error", access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as `jauge serve`
                runner.run(server.serve(sockets=[listener]))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture
def short(monkeypatch) -> None:
    """Short deadlines, and room for twenty connections."""
    for name, value in (("HEADER_S", 0.5), ("ANSWER_S", 1.0), ("MOST_CONNECTIONS", 20)):
        monkeypatch.setattr(f"api.patience.{name}", value)


@pytest.fixture
def port(public: Path, short) -> Iterator[int]:
    from api.app import create_app
    from privacy.published import Published

    with serving(create_app(Published(public))) as port:
        yield port


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


def test_headers_that_do_not_end_close_the_connection(port: int):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        began = time.monotonic()
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for _ in range(40):
                slow.sendall(b"X: y\r\n")
                time.sleep(0.1)
        assert 0.3 < time.monotonic() - began < 3


def test_more_connections_than_there_is_room_for_push_out_the_oldest(port: int):
    held = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(30)]
    try:
        assert b"200 OK" in ask(port)
        assert is_closed(held[0])
        assert not is_closed(held[-1], within_s=0.05)
    finally:
        for each in held:
            each.close()


def test_what_is_no_http_gets_a_problem_with_the_headers(port: int):
    answer = ask(port, b"\x16\x03\x01 no http\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in answer
    assert b"content-security-policy" in answer.lower()


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


def pour(port: int, head: bytes, piece: bytes, pieces: int = 4000) -> tuple[int, bytes]:
    """Send a head, then pieces until it is closed; returns how many octets went, and the answer."""
    sent, found = 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for _ in range(pieces):
                connection.sendall(piece)
                sent += len(piece)
        with contextlib.suppress(ConnectionResetError):
            found = connection.recv(65536)
    return sent, found


POST = b"POST /connexion HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"GET /livez HTTP/1.1\r\nHost: x\r\nX: ", b"y" * 4096),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\n", b"X: y\r\n" * 600),
        (b"GET /", b"y" * 4096),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X: y\r\n" * 600),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1;", b"y" * 4096),
    ],
    ids=["one-header", "many-headers", "address", "trailers", "chunk-extension"],
)
def test_a_head_without_an_end_is_not_collected(port: int, head: bytes, piece: bytes):
    sent, found = pour(port, head, piece)
    assert sent < 12 << 20, "far more than any buffer between the two"
    assert not found or found.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403"))
    assert OK in ask(port)


def test_requests_sent_ahead_are_answered_in_their_order(port: int):
    found = ask(port, LIVE * 3 + b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert found.count(b"HTTP/1.1 200") == 4


def test_a_thousand_requests_sent_ahead_end_the_connection(port: int):
    try:
        found = ask(port, LIVE * 1000)
    except (ConnectionResetError, BrokenPipeError):
        found = b""
    assert found.count(b"HTTP/1.1 200") < 100
    assert OK in ask(port)


@pytest.mark.parametrize("pieces", [1, 64], ids=["made-at-once", "made-in-pieces"])
def test_an_answer_that_nobody_reads_is_given_up(short, pieces: int):
    whole = 64 << 20  # far more than the system holds between the two

    async def app(scope, receive, send) -> None:
        length = (b"content-length", str(whole).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        for left in reversed(range(pieces)):
            body = bytes(whole // pieces)
            await send({"type": "http.response.body", "body": body, "more_body": left > 0})

    with serving(app) as port, socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        slow.sendall(LIVE)
        found = len(slow.recv(1000))
        time.sleep(3)  # the deadline is one second
        with contextlib.suppress(ConnectionResetError):
            while piece := slow.recv(1 << 20):
                found += len(piece)
    assert found < whole


def test_whoever_leaves_before_the_first_of_his_answers_is_no_error(short):
    """Nor does the application write on to a connection that is closed."""
    errors: list[BaseException] = []
    began, left = threading.Event(), threading.Event()

    async def app(scope, receive, send) -> None:
        length = (b"content-length", b"200000000")
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [length]})
            began.set()
            while (await receive())["type"] != "http.disconnect":
                pass
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        except BaseException as error:
            errors.append(error)
            raise
        finally:
            left.set()

    with serving(app) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as impatient:
            impatient.sendall(LIVE * 3)
            assert began.wait(20)
            impatient.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        assert left.wait(20), "it waits for a reader who has left"
    assert errors == []


@pytest.mark.parametrize(
    "text",
    [
        b"CONNECT school:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /livez HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x00" * 64,
    ],
)
def test_malformed_requests_are_refused_with_the_headers(port: int, text: bytes):
    answer = ask(port, text)
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"content-security-policy" in answer.lower()


def test_a_wish_for_another_protocol_is_answered_in_this_one(port: int):
    wish = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    answer = ask(port, wish)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer
