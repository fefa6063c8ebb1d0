"""From the first start to one's own token, as a person does it in a browser; every page of it is looked at."""

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from tests.browser.conftest import FLAGS, RUN, free_port
from tests.browser.test_every_view import AXE, RUN_AXE, assert_keyboard_reaches_all, shoot
from tests.browser.test_pages_in_chromium import WATCH
from tests.pages.published_school import publish

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]

PASSWORD = "trois chats dorment au grenier"  # noqa: S105 - of an invented person


@pytest.fixture
def first_start(tmp_path: Path) -> Iterator[dict]:
    """What `jauge serve --json` says when it has never served: no account, no default password."""
    public = publish(tmp_path / "public")
    command = [
        sys.executable,
        "-c",
        RUN,
        "--public",
        str(public),
        "--port",
        str(free_port()),
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@pytest.fixture
def page(chromium: Path) -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        context = launched.new_context(viewport={"width": 1280, "height": 900})
        context.add_init_script(WATCH)
        yield context.new_page()
        launched.close()


def look(page, name: str, address: str | None = None) -> None:
    """Look at a page in both languages, light and dark, wide and narrow; at what stands there without an address."""
    for lang in ("fr", "en") if address else ("",):
        if address:
            page.goto(f"{address}{'&' if '?' in address else '?'}lang={lang}")
        page.evaluate(AXE)
        for width, scheme in product((1280, 390, 320), ("light", "dark")):
            case = "-".join(filter(None, ("compte", name, lang, scheme, str(width))))
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(RUN_AXE, True) == [], case
            assert page.evaluate("document.documentElement.scrollWidth") <= width, case
            if width != 320:
                shoot(page, case)
        assert page.evaluate("window.violations") == []
    assert_keyboard_reaches_all(page)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_from_the_first_start_to_a_token(first_start: dict, page):
    address = first_start["address"].rstrip("/")
    page.goto(f"{address}/debit")
    assert page.url.startswith(f"{address}/installation"), (
        "the first who comes is led to the set-up"
    )
    look(page, "installation", f"{address}/installation")

    page.goto(f"{address}/installation")
    fill(page, code="AAAA-BBBB-CCCC", name="dsi", password=PASSWORD, again=PASSWORD)
    assert page.locator("[role=alert]").count() == 1, "a wrong code opens nothing"
    look(page, "installation-refusee")
    fill(page, code=first_start["setup_code"], name="dsi", password=PASSWORD, again=PASSWORD)
    assert page.url == f"{address}/debit", "the administrator's page"
    assert page.goto(f"{address}/installation").status == 404, "the code and its page are used up"

    look(page, "le-mien", f"{address}/compte")
    page.goto(f"{address}/compte")
    fill(page, "label", **{"label": "tableur", "token-current": PASSWORD})
    token = page.locator("code.secret").inner_text()
    look(page, "jeton-montre")
    page.goto(f"{address}/compte")
    assert token not in page.content(), "shown once"
    assert "tableur" in page.content()
    asked = page.request.get(
        f"{address}/api/v1/releases/link", headers={"Authorization": f"Bearer {token}"}
    )
    assert asked.ok

    look(page, "deconnexion", f"{address}/deconnexion")
    page.goto(f"{address}/deconnexion")
    page.locator("main button[value=here]").click()
    assert page.url.startswith(f"{address}/connexion")
    look(page, "connexion", f"{address}/connexion")
    page.goto(f"{address}/connexion")
    fill(page, name="dsi", password=PASSWORD[::-1])
    assert page.locator("[role=alert]").count() == 1
    look(page, "connexion-refusee")
    fill(page, name="dsi", password=PASSWORD)
    assert page.url == f"{address}/debit"
    look(page, "invitation", f"{address}/invitation")


def fill(page, form: str = "password", **fields: str) -> None:
    """Fill in the form that holds a field, and send it with its own button."""
    holder = page.locator(f"form:has([name={form}])").first
    for name, value in fields.items():
        holder.locator(f"[name={name}]").fill(value)
    holder.locator("button[type=submit]").click()
