"""The pages that are made from documents, over a real small store: what is enforced, said to each reader."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.analyzer_release.conftest import IBIS_ON_DUCKDB_2
from tests.browser.conftest import FLAGS, LoggedIn, serving, sessions_of
from tests.browser.test_every_view import look
from tests.papers.real_store import measured

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.enable_socket,
    pytest.mark.timeout(400),
    pytest.mark.filterwarnings(IBIS_ON_DUCKDB_2),
]

PAGES = {
    "confiance": ("/confiance", "committee"),
    "charte": ("/charte", None),
    "donnees": ("/donnees", None),
    "notice": ("/notice", None),
    "notice-eleves": ("/notice/eleves", None),
    "affiche": ("/affiche", None),
    "connexion": ("/connexion", None),
    "dpd": ("/dpd", "dpo"),
    "dpd-arret": ("/dpd/arret", "dpo"),
}
"""Name → address, and who reads it; None: somebody without an account."""


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> Iterator[dict]:
    store = measured(tmp_path_factory.mktemp("papers"))
    with serving(store / "public") as said:
        yield said


@pytest.fixture(scope="module")
def reader(chromium: Path, papers: dict) -> Iterator[LoggedIn]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        yield LoggedIn(launched, papers["address"].rstrip("/"), sessions_of(papers))
        launched.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_documents_is_accessible_and_talks_to_nobody(reader, papers, name):
    path, role = PAGES[name]
    look(reader, papers["address"].rstrip("/"), name, path, role=role)
