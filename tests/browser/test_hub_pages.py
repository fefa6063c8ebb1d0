"""The hub's pages in Chromium, looked at as a school's are: accessible, French and English, no other host."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cli.accounts import open_login
from cli.hub_server import accounts_of
from dashboards.hub.spread import LEAST_SCHOOLS
from tests.browser.conftest import FLAGS, LoggedIn, free_port
from tests.browser.test_every_view import look
from tests.hub.many_schools import MadeSchool, new_hub, take
from tests.hub.test_end_to_end import serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.enable_socket,
    pytest.mark.timeout(400),
]

PAGES = {
    "hub-comparaison": ("/comparaison", "committee"),
    "hub-envois": ("/envois", "committee"),
    "hub-etablissements": ("/etablissements", "admin"),
    "hub-accessibilite": ("/accessibilite", "committee"),
}


@pytest.fixture(scope="module")
def hub_browser(chromium: Path, tmp_path_factory) -> Iterator[tuple[LoggedIn, str]]:
    schools = [
        MadeSchool(n, workstations=200 + 20 * n, named=n < 5) for n in range(1, 2 * LEAST_SCHOOLS)
    ]
    hub = new_hub(tmp_path_factory.mktemp("hub") / "hub", schools)
    for school in schools:
        take(hub, school, range(6))
    with closing(open_login(accounts_of(hub.directory))) as login:
        accounts = login.accounts
        sessions = {
            role: accounts.open_session(accounts.add(name, role))
            for role, name in (("committee", schools[0].uai), ("admin", "region"))
        }
    port = free_port()
    from playwright.sync_api import sync_playwright

    with serving(hub.directory, port), sync_playwright() as playwright:
        address = f"http://127.0.0.1:{port}"
        launched = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        yield LoggedIn(launched, address, sessions), address
        launched.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_hub_is_accessible_and_talks_to_nobody(hub_browser, name):
    browser, address = hub_browser
    path, role = PAGES[name]
    look(browser, address, name, path, role=role)
