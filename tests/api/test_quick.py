"""What is kept leaves without a file being opened; what changes is read again."""

import asyncio
import builtins
import io
from pathlib import Path

import pytest

from api import site
from privacy.published import Published
from tests.api.client import HTML, Client
from tests.api.test_problems import alter, reseal

RELEASE = "/api/v1/releases/T1/2026-W41"
ADDRESSES = (RELEASE, "/api/v1/releases/T1", f"{RELEASE}?format=csv-fr", "/api/v1/documents/school",
             "/api/v1/releases", "/", "/debit?jour=2026-09-29", "/usages?lang=en",
             "/charte?lang=en")  # fmt: skip


@pytest.fixture
def opened(monkeypatch, own_public: Path) -> list[str]:
    """Names of the published files that are opened."""
    names: list[str] = []
    real = io.open

    def watching(file, *arguments, **named):
        if str(own_public) in str(file):
            names.append(Path(str(file)).name)
        return real(file, *arguments, **named)

    monkeypatch.setattr(builtins, "open", watching)
    monkeypatch.setattr(io, "open", watching)
    return names


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_304_opens_no_release(own_public: Path, opened: list[str], path: str):
    etag = Client(own_public).get(path, accept=HTML).headers["etag"]
    assert opened
    fresh = Client(own_public)  # it has kept nothing
    fresh.get("/nowhere")  # whose headers name the policy
    opened.clear()
    again = fresh.get(path, accept=HTML, if_none_match=etag)
    assert (again.status_code, again.content, opened) == (304, b"", [])
    assert again.headers["etag"] == etag


@pytest.mark.parametrize("path", ADDRESSES)
def test_the_second_answer_is_the_first_and_opens_nothing(own_public, opened, path):
    client = Client(own_public)
    first = client.get(path, accept=HTML)
    opened.clear()
    second = client.get(path, accept=HTML)
    assert opened == []
    assert second.content == first.content
    assert {k: v for k, v in second.headers.items() if k != "date"} == dict(first.headers)


def test_an_altered_file_is_noticed_by_whoever_has_kept_it(own_public: Path):
    client = Client(own_public)
    for path in (RELEASE, "/"):
        assert client.get(path, accept=HTML).status_code == 200
    alter(own_public / "releases/T1/2026-W41.json")
    for path in (RELEASE, "/"):
        assert client.get(path, accept=HTML).status_code == 503


def test_a_new_release_and_a_new_document_change_what_depends_on_them(own_public: Path):
    client = Client(own_public)
    before = {path: client.get(path, accept=HTML).headers["etag"] for path in ADDRESSES}
    (own_public / "releases/T1/2026-W37.json").unlink()
    after = {path: client.get(path, accept=HTML).headers["etag"] for path in ADDRESSES}
    same = {path for path in ADDRESSES if before[path] == after[path]}
    form = f"{RELEASE}?format=csv-fr"
    assert same == {RELEASE, form, "/api/v1/documents/school", "/charte?lang=en"}
    reseal_document(own_public, "status")
    last = {path: client.get(path, accept=HTML).headers["etag"] for path in ADDRESSES}
    assert not {path for path in ADDRESSES if last[path] == after[path]}


def reseal_document(public: Path, name: str) -> None:
    from tests.pages.published_school import Publisher

    payload = Published(public).document(name)
    payload["as_of"] = "2026-11-18"
    Publisher(public).write("documents", name, payload)


def test_a_resealed_release_is_read_again(own_public: Path):
    client = Client(own_public)
    first = client.get(RELEASE).json()
    reseal(own_public, "T1", "2026-W41", lambda payload: payload["cells"].pop())
    assert len(client.get(RELEASE).json()["cells"]) == len(first["cells"]) - 1


def test_an_answer_that_no_longer_stands_is_never_given_again(own_public: Path, monkeypatch):
    client = Client(own_public)
    assert client.get(RELEASE).status_code == 200
    alter(own_public / "releases/T1/2026-W41.json")
    assert client.get(RELEASE).status_code == 503
    monkeypatch.setattr("api.quick.LOOK_EVERY_S", 3600.0)  # nobody looks again
    assert client.get(RELEASE).status_code == 503


def readers_at_once(client: Client, path: str, number: int) -> list[int]:
    async def ask(http):
        answers = await asyncio.gather(*(http.get(path) for _ in range(number)))
        return [each.status_code for each in answers]

    return client.browser().together(ask)


def test_twenty_readers_of_a_new_page_have_it_drawn_once(own_public: Path, monkeypatch):
    from dashboards import pages

    drawn, real = [], pages.overview_page

    def drawing(*arguments):
        drawn.append(1)
        return real(*arguments)

    monkeypatch.setitem(site.MAKERS, "overview", drawing)
    monkeypatch.setattr("api.quick.LOOK_EVERY_S", 3600.0)
    assert readers_at_once(Client(own_public), "/", 20) == [200] * 20
    assert len(drawn) == 1


def test_readers_of_what_cannot_be_made_all_hear_so(own_public: Path):
    alter(own_public / "releases/T1/2026-W41.json")
    assert readers_at_once(Client(own_public), RELEASE, 20) == [503] * 20


def test_whoever_waits_is_let_go_before_the_first_reader_takes_an_octet(own_public: Path):
    app = Client(own_public)._app
    never = asyncio.Event()

    async def reader(*, takes: bool) -> int:
        found = []

        async def receive():
            await never.wait()

        async def send(message):
            if not takes:
                await never.wait()
            found.append(message.get("status", 0))

        scope = {
            "type": "http", "method": "GET", "path": RELEASE, "raw_path": RELEASE.encode(),
            "query_string": b"", "headers": [(b"host", b"school")], "scheme": "http",
            "server": ("school", 80), "client": ("192.0.2.1", 1), "root_path": "", "state": {},
            "http_version": "1.1", "asgi": {"version": "3.0"},
        }  # fmt: skip
        await app(scope, receive, send)
        return found[0]

    async def both() -> int:
        stuck = asyncio.ensure_future(reader(takes=False))
        await asyncio.sleep(0)
        try:
            return await asyncio.wait_for(reader(takes=True), 60)
        finally:
            stuck.cancel()

    assert asyncio.run(both()) == 200
