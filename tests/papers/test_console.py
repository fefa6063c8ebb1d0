"""The DPO's console over a real small store: twelve answers, exports, and the stop in two steps."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from dashboards.texts import LANGUAGES, catalogue
from privacy.log.entries import KINDS
from privacy.memory import SEEN
from privacy.published import Published
from privacy.records import LINK_COLUMNS, SLICE_COLUMNS
from privacy.requests import stop_requested
from tests.analyzer_release.conftest import IBIS_ON_DUCKDB_2
from tests.papers.pia_rules import broken_rules
from tests.papers.real_store import measured

pytestmark = pytest.mark.filterwarnings(IBIS_ON_DUCKDB_2)
QUESTIONS = [
    "purposes", "columns", "dropped", "keys", "retention", "zones", "budget", "audit", "changes",
    "accesses", "exports", "stop",
]  # fmt: skip
"""What reference/privacy.md section 1.7 wants to be seen on one screen."""


@pytest.fixture(scope="session")
def store(tmp_path_factory) -> Path:
    return measured(tmp_path_factory.mktemp("console"))


class Browser:
    """Asks the application as a browser does, cookies kept."""

    def __init__(self, store: Path, asked: Path | None = None) -> None:
        self._app = create_app(Published(store / "public"), store=asked)
        self._cookies = httpx.Cookies()

    def ask(self, method: str, path: str, data=None, **headers) -> httpx.Response:
        import asyncio

        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            named = {"accept": "text/html"} | {k.replace("_", "-"): v for k, v in headers.items()}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://school", cookies=self._cookies
            ) as client:
                answer = await client.request(method, path, data=data, headers=named)
                self._cookies.update(answer.cookies)
                return answer

        return asyncio.run(once())

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)


@pytest.fixture
def browser(store, tmp_path) -> Browser:
    return Browser(store, tmp_path)


def answers(page: str) -> dict[str, tuple[str, str]]:
    """Return question → (level, answer) of the first table."""
    rows = re.findall(
        r'<a href="#(\w+)">.*?<span class="badge (\w+)">.*?</td><td role="cell">(.*?)</td>', page
    )
    return {ident: (level, answer) for ident, level, answer in rows}


def test_the_first_screen_answers_every_question_of_a_dpo(browser):
    for lang in LANGUAGES:
        page = browser.get(f"/dpd?lang={lang}").text
        found = answers(page)
        assert list(found) == QUESTIONS
        assert all(f'id="{ident}"' in page for ident in QUESTIONS)
    levels = {ident: level for ident, (level, _) in found.items()}
    assert {ident for ident, level in levels.items() if level == "bad"} == set()
    assert {ident for ident, level in levels.items() if level == "watch"} == {"audit", "accesses"}
    assert "2 deletions proven" in found["retention"][1]
    for figure in ("ε = 1 ", "2.11", "5.83", "8.6 ", "54%", "71%", "91%"):
        assert figure in found["budget"][1]


def test_the_committee_sees_the_same_answers_without_exports_accesses_and_stop(browser):
    page = browser.get("/confiance").text
    assert list(answers(page)) == QUESTIONS[:9]
    assert "/dpd/export" not in page
    assert "/dpd/arret" not in page
    shared = {k: v for k, v in answers(browser.get("/dpd").text).items() if k in QUESTIONS[:9]}
    assert answers(page) == shared


def test_every_column_of_the_schema_is_on_the_page(browser):
    page = browser.get("/confiance").text
    for column in (*SLICE_COLUMNS, *LINK_COLUMNS):
        assert f'<th scope="row">{column.name}</th>' in page


def test_every_table_has_a_caption_and_every_row_a_head(browser):
    page = browser.get("/dpd").text
    tables = re.findall(r"<table.*?</table>", page, re.S)
    assert len(tables) > 12
    for table in tables:
        assert "<caption" in table or 'aria-labelledby="questions"' in table
        for row in re.findall(r"<tr.*?</tr>", table, re.S):
            assert 'scope="row"' in row or 'scope="col"' in row


def test_documents_are_taken_away_in_their_forms(browser):
    dpia = browser.get("/dpd/export/dpia.json")
    assert dpia.headers["content-disposition"] == 'attachment; filename="jauge-dpia.json"'
    assert broken_rules(dpia.json()) == []
    assert dpia.json().keys() == {"pia", "answers", "measures", "evaluations", "comments"}
    sheet = browser.get("/dpd/export/register.ods")
    assert b"spreadsheet" in zipfile.ZipFile(BytesIO(sheet.content)).read("mimetype")
    assert "illisible" in browser.get("/dpd/export/breach.html").text
    assert browser.get("/dpd/export/notice-pupils.html").text.count('class="paper') == 2
    for odd in ("dpia.ods", "journal.json", "breach.pdf", "../seal.json", "nothing.html"):
        assert browser.get(f"/dpd/export/{odd}").status_code == 404


def token(page: str) -> str:
    return re.search(r'name="form" value="([0-9a-f]+)"', page).group(1)


def test_the_capture_is_stopped_in_two_steps_and_only_then(browser, tmp_path):
    file = tmp_path / "requests" / "stop"
    form = token(browser.get("/dpd/arret").text)
    unticked = browser.ask("POST", "/dpd/arret", {"form": form})
    assert unticked.status_code == 303
    assert not file.exists()
    done = browser.ask("POST", "/dpd/arret", {"form": form, "sure": "1"})
    assert (done.status_code, done.headers["location"]) == (303, "/dpd/arret")
    assert stop_requested(tmp_path), "what the collector looks at"
    assert "Suspension demandée le" in browser.get("/dpd/arret").text
    page = browser.get("/dpd").text
    assert answers(page)["stop"][0] == "bad"
    assert "Arrêter la mesure des appareils…" not in page
    assert list((tmp_path / "requests").iterdir()) == [file]


@pytest.mark.parametrize(
    ("data", "headers"),
    [({"sure": "1"}, {}), ({"sure": "1", "form": "0" * 64}, {}),
     ({"sure": "1", "form": None}, {"sec_fetch_site": "cross-site"}),
     ({"sure": "1", "form": None}, {"origin": "http://elsewhere.example"})],
)  # fmt: skip
def test_another_site_cannot_stop_the_capture(browser, tmp_path, data, headers):
    form = token(browser.get("/dpd/arret").text)
    sent = {key: form if value is None else value for key, value in data.items()}
    assert browser.ask("POST", "/dpd/arret", sent, **headers).status_code == 403
    assert not (tmp_path / "requests").exists()


def test_a_request_that_cannot_be_written_says_so(store, tmp_path):
    nowhere = Browser(store)
    assert "systemctl stop" in nowhere.get("/dpd/arret").text
    assert "systemctl stop" in Browser(store, tmp_path / "gone").get("/dpd/arret").text
    other = Browser(store, tmp_path)
    form = {"sure": "1", "form": token(other.get("/dpd/arret").text)}
    (tmp_path / "requests").write_text("in the way meanwhile")
    assert other.ask("POST", "/dpd/arret", form).status_code == 503


def test_every_kind_of_the_audit_log_has_words_in_both_languages():
    for lang in LANGUAGES:
        words = catalogue(lang)
        assert [kind for kind in KINDS if f"trust.kind.{kind}" not in words] == []


def test_what_an_older_analyzer_did_not_write_is_unknown_never_good(store, tmp_path):
    import shutil

    shutil.copytree(store / "public", tmp_path / "old" / "public")
    (tmp_path / "old" / "public" / "documents" / "journal.json").unlink()
    page = Browser(tmp_path / "old").get("/dpd").text
    found = answers(page)
    assert {found[q][0] for q in ("keys", "retention", "zones", "budget", "changes")} == {"watch"}
    assert "Inconnu" in found["keys"][1]


@pytest.mark.parametrize(
    ("verdict", "same_policy", "level", "says"),
    [("vert", True, "good", "12 of 12"), ("rouge", True, "bad", "Failed"), ("vert", False, "watch", "another policy")],
)  # fmt: skip
def test_the_last_audit_is_told_with_its_mutant_score(
    store, tmp_path, verdict, same_policy, level, says
):
    import base64
    import shutil

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from privacy.sealed import seal

    shutil.copytree(store / "public", tmp_path / "s" / "public")
    policy = Published(store / "public").document("privacy")["policy"]
    line = {"attack": "A1", "title": "Sensibilité", "verdict": "tenu", "figure": "L2 : 2.0",
            "criterion": "≤ 2", "mutants_caught": 3, "mutants": 3}  # fmt: skip
    document = {
        "document": "audit", "policy": policy if same_policy else "0" * 64, "begun": "2026-09-15T08:00:00Z",
        "seconds": 1.0, "form": "full", "verdict": verdict, "mutants_caught": 12, "mutants": 12,
        "report": "0" * 64, "attacks": [line],
    }  # fmt: skip
    seed = base64.b64decode((store / "private" / "keys" / "seal.key").read_bytes())
    data = seal(document, Ed25519PrivateKey.from_private_bytes(seed))
    (tmp_path / "s" / "public" / "documents" / "audit.json").write_bytes(data)
    page = Browser(tmp_path / "s").get("/dpd?lang=en").text
    assert answers(page)["audit"][0] == level
    assert says in answers(page)["audit"][1]
    assert ">3/3</td>" in page


def test_everybody_reads_what_is_noted_and_what_is_dropped(store, tmp_path):
    browser = Browser(store, tmp_path)
    for lang in LANGUAGES:
        page = browser.get(f"/donnees?lang={lang}").text
        for column in (*SLICE_COLUMNS, *LINK_COLUMNS):
            assert f'<th scope="row">{column.name}</th>' in page
        assert all(seen.what in page for seen in SEEN) is (lang == "en")
    notice = browser.get("/notice").text
    assert 'href="/donnees"' in notice
    assert "none late; 2 erasures proven" in browser.get("/donnees?lang=en").text


def test_what_the_law_wants_declared_is_to_be_completed_not_good(store, tmp_path):
    declared = (store.parent / "school" / "contacts.yaml").read_text("utf-8")
    bare = re.sub(r"(legal_text|council_decision): .*\n", "", declared)
    page = Browser(remade(store, tmp_path, bare)).get("/dpd").text
    level, answer = answers(page)["purposes"]
    assert level == "watch"
    assert "article 6(3)" in answer
    assert "délibération" in answer


def remade(store: Path, scratch: Path, contacts: str) -> Path:
    """Return a copy of a store whose documents were made with other contacts."""
    import shutil

    from analyzer import release as releasing
    from school.catalogue import load_catalogue
    from school.load import load_school
    from tests.papers.real_store import AS_OF

    shutil.copytree(store.parent, scratch / "copy")
    (scratch / "copy" / "school" / "contacts.yaml").write_text(contacts, "utf-8")
    root = scratch / "copy" / store.name
    school = load_school(scratch / "copy" / "school")
    releasing.release(root, school, as_of=AS_OF, catalogue=load_catalogue())
    return root


def test_a_login_by_a_link_counts_and_one_is_singular():
    from dashboards.texts import Texts
    from dashboards.trust import Live, _accesses

    live = Live(accesses=[("2026-11-17", "dpo", "link_used", 1)])
    assert "1 connexion et 0 échec," in _accesses(live, Texts("fr")).answer
