"""Debian's Chromium on loopback against the real server, in a process of its own."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pages.published_school import publish

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RUN = "import typer; from cli.serve import register; app = typer.Typer(); register(app); app()"


@pytest.fixture(scope="session")
def chromium() -> Path:
    if not CHROMIUM.is_file():
        reason = "/usr/bin/chromium is missing: the pages were not tried in a browser (apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return CHROMIUM


def free_port() -> int:
    """Return a port that nobody has: two processes may run browser tests, and others this machine."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def serving(public: Path) -> Iterator[dict]:
    """Give what `jauge serve --demo --json` says: address, one-time links."""
    options = ("--public", str(public), "--port", str(free_port()), "--json", "--demo")
    with subprocess.Popen(
        [sys.executable, "-c", RUN, *options], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def sessions_of(served: dict) -> dict[str, str]:
    """Return role → cookie of a session, got by the one-time link."""
    import httpx

    return {
        role: httpx.get(link).cookies["jauge_session"] for role, link in served["links"].items()
    }


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict]:
    """A server over a school year of releases."""
    with serving(publish(tmp_path_factory.mktemp("store") / "public")) as said:
        yield said


@pytest.fixture(scope="session")
def address(served: dict) -> str:
    return served["address"].rstrip("/")


@pytest.fixture(scope="session")
def sessions(served: dict) -> dict[str, str]:
    return sessions_of(served)


class LoggedIn:
    """A browser whose every context is logged in as the committee, unless told otherwise."""

    def __init__(self, launched, address: str, sessions: dict[str, str]) -> None:
        self._launched, self._address, self._sessions = launched, address, sessions

    def new_context(self, role: str | None = "committee", **options):
        context = self._launched.new_context(**options)
        if role:
            cookie = {"name": "jauge_session", "value": self._sessions[role], "url": self._address}
            context.add_cookies([cookie])
        return context


@pytest.fixture(scope="module")
def browser(chromium: Path, address: str, sessions: dict[str, str]) -> Iterator[LoggedIn]:
    # Of the module, not the session: Playwright keeps an event loop in this thread meanwhile.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        yield LoggedIn(launched, address, sessions)
        launched.close()
