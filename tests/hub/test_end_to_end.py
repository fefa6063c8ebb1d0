"""From a real store over loopback to the page: the commands, a server of its own, TLS or nothing.

The first school's releases come out of the analyzer's own pipeline and gate; what arrives at the hub is
compared with its files to the octet.
"""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.accounts import open_login
from cli.exits import Exit, Refusal
from cli.hub_server import accounts_of
from cli.main import app
from hub.card import fingerprint, load_card
from tests.analyzer_release.conftest import IBIS_ON_DUCKDB_2, empty, place
from tests.browser.conftest import free_port
from tests.hub.many_schools import MadeSchool

__all__ = ["empty", "place"]
pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings(IBIS_ON_DUCKDB_2),
]


def jauge(*arguments: object) -> dict:
    """Run a command with --json; returns what it said, and its exit code as `exit`."""
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    if isinstance(result.exception, Refusal):
        return {"refused": result.exception.message, "exit": int(result.exception.code)}
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return json.loads(result.stdout) | {"exit": result.exit_code}


@contextmanager
def serving(hub: Path, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "cli", "hub", "serve", "--hub", str(hub), "--port", str(port)]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert json.loads(process.stdout.readline())["port"] == port
            yield
        finally:
            process.terminate()


def enrol(hub: Path, public: Path, port: int, workstations: int = 250) -> dict:
    """Make the card, bring it to the hub, read the fingerprint aloud, take the ticket home."""
    card = jauge(
        "hub", "card", "--public", public, "--kind", "college", "--workstations", workstations
    )
    ticket = public.parent / "ticket-of-the-hub.json"
    said = jauge(
        "hub", "enrol", "--hub", hub, "--card", card["card"], "--url", f"http://127.0.0.1:{port}",
        "--ticket", ticket, "--fingerprint", card["fingerprint"],
    )  # fmt: skip
    assert said["exit"] == Exit.OK, said
    assert ticket.stat().st_mode & 0o077 == 0
    joined = jauge("hub", "join", "--public", public, "--ticket", ticket)
    assert joined["hub_key"] == said["hub_key"]
    ticket.unlink()
    return said


@pytest.fixture
def hub(tmp_path) -> Path:
    directory = tmp_path / "hub"
    assert jauge("hub", "init", "--hub", directory, "--name", "Région d'essai")["exit"] == Exit.OK
    return directory


@pytest.mark.slow  # starts servers
def test_a_week_goes_from_the_gate_to_the_hubs_page_and_is_erased_on_request(place, hub):
    place.analyze()
    place.release()
    public, port = place.root / "public", free_port()
    before = {p: p.read_bytes() for p in place.root.rglob("*") if p.is_file()}
    said = enrol(hub, public, port)
    with serving(hub, port):
        assert jauge("hub", "push", "--public", public)["sent"] == 2
        again = jauge("hub", "push", "--public", public)
        assert (again["sent"], again["there"], again["exit"]) == (0, 2, Exit.OK)
        for table in ("T1", "T4"):
            name = f"releases/{table}/2026-W37.json"
            assert (hub / "schools/0000000A" / name).read_bytes() == (public / name).read_bytes()
        receipts = jauge("hub", "receipts", "--public", public, "--ask")
        assert [e["table"] for e in receipts["receipts"]] == ["T1", "T4"]
        assert receipts["findings"] == []
        page = page_of(hub, port, said["invitation"])
        assert "2026-W37" not in page  # people read a date
        assert receipts["receipts"][0]["sha256"] in page
        assert jauge("hub", "schools", "--hub", hub)["schools"][0]["releases"] == 2
        assert jauge("hub", "withdraw", "--public", public, "--yes")["withdrawn"]
        assert jauge("hub", "schools", "--hub", hub)["schools"] == []
        assert jauge("hub", "push", "--public", public)["exit"] == Exit.CONFIGURATION
    assert list((hub / "schools").rglob("*")) == []
    assert {p: p.read_bytes() for p in before} == before  # nothing of the store was touched


def page_of(hub: Path, port: int, invitation: str) -> str:
    """Return the school's own page, its session opened as the invitation's page would."""
    with closing(open_login(accounts_of(hub))) as login:
        account = login.accounts.knows_code("invitation", invitation)
        cookie = login.accounts.open_session(account)
    headers = {"Cookie": f"jauge_session={cookie}", "Accept": "text/html"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", "/envois", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200
        return answer.read().decode()


@pytest.fixture
def public(tmp_path) -> Path:
    return MadeSchool(5).publish(tmp_path / "school/public", range(4))


@pytest.mark.slow  # starts servers
def test_a_push_that_was_cut_goes_on_and_its_receipt_is_fetched(public, hub, monkeypatch):
    port = free_port()
    enrol(hub, public, port)
    assert "cannot be reached" in jauge("hub", "push", "--public", public)["refused"]
    kept = []

    def cut(outbox, receipt, data):
        kept.append(receipt)
        if len(kept) == 3:
            raise ConnectionResetError

    with serving(hub, port):
        with monkeypatch.context() as patched:
            patched.setattr("hub.outbox.Outbox.keep_receipt", cut)
            assert jauge("hub", "push", "--public", public)["exit"] == Exit.DATA
        assert jauge("hub", "receipts", "--public", public)["receipts"] == []
        said = jauge("hub", "push", "--public", public)
        assert (said["sent"], said["there"]) == (5, 3)
        assert len(jauge("hub", "receipts", "--public", public)["receipts"]) == 8


@pytest.mark.slow  # starts servers
def test_a_hub_that_denies_what_it_signed_is_told(public, hub):
    port = free_port()
    enrol(hub, public, port)
    with serving(hub, port):
        jauge("hub", "push", "--public", public)
    (hub / "schools/0000005F/chain/000007.json").unlink()
    with serving(hub, port):
        said = jauge("hub", "push", "--public", public)
        assert said["exit"] == Exit.DATA
        assert "signed for 8 releases and says that it has 7" in said["refused"]
        found = jauge("hub", "receipts", "--public", public, "--ask")
        assert [each["what"] for each in found["findings"]] == ["missing-there"]
        assert found["exit"] == Exit.FINDINGS


@pytest.mark.slow  # starts servers
def test_what_is_no_release_stays_at_the_school_and_a_file_altered_there_is_told(public, hub):
    port = free_port()
    enrol(hub, public, port)
    path = public / "releases/T1/2026-W37.json"
    good = path.read_bytes()
    path.write_bytes(good.replace(b"pedagogical", b"pedagogicaL"))
    with serving(hub, port):
        said = jauge("hub", "push", "--public", public)
        assert said["kept_back"] == [{"table": "T1", "period": "2026-W37", "reason": "seal-broken"}]
        assert said["sent"] == 7
        path.write_bytes(good)
        assert jauge("hub", "push", "--public", public)["sent"] == 1
        path.unlink()
        found = jauge("hub", "receipts", "--public", public)
        assert [each["what"] for each in found["findings"]] == ["missing-here"]


def test_nothing_goes_over_a_network_in_clear(public, hub, tmp_path):
    card = jauge("hub", "card", "--public", public, "--kind", "lycee", "--workstations", 300)
    said = jauge(
        "hub", "enrol", "--hub", hub, "--card", card["card"], "--url", "http://hub.example.org",
        "--ticket", tmp_path / "t.json", "--fingerprint", card["fingerprint"],
    )  # fmt: skip
    assert (said["exit"], "not HTTPS" in said["refused"]) == (Exit.USAGE, True)
    assert not (tmp_path / "t.json").exists()
    said = jauge("hub", "serve", "--hub", hub, "--host", "192.0.2.1")
    assert said["exit"] == Exit.USAGE


def test_a_card_whose_fingerprint_was_read_otherwise_enrols_nobody(public, hub, tmp_path):
    card = jauge("hub", "card", "--public", public, "--kind", "lycee", "--workstations", 300)
    said = jauge(
        "hub", "enrol", "--hub", hub, "--card", card["card"], "--url", "https://hub.example.org",
        "--ticket", tmp_path / "t.json", "--fingerprint", "0000 " * 8,
    )  # fmt: skip
    assert said["exit"] == Exit.CONFIGURATION
    assert jauge("hub", "schools", "--hub", hub)["schools"] == []


def test_a_new_ticket_ends_the_earlier_token_and_a_new_card_alone_does_not(public, hub, tmp_path):
    said = enrol(hub, public, 1)
    first = json.loads((public.parent / "hub/ticket.json").read_bytes())["token"]
    card = jauge("hub", "card", "--public", public, "--kind", "college", "--workstations", 300)
    options = (
        "hub", "enrol", "--hub", hub, "--card", card["card"], "--url", "https://hub.example.org",
        "--ticket", tmp_path / "second.json", "--fingerprint", card["fingerprint"],
    )  # fmt: skip
    assert "ticket" not in jauge(*options)
    assert holder(hub, first) == said["uai"].lower()
    assert jauge(*options, "--new-ticket")["again"]
    assert holder(hub, first) is None
    assert holder(hub, json.loads((tmp_path / "second.json").read_bytes())["token"])


def holder(hub: Path, token: str) -> str | None:
    with closing(open_login(accounts_of(hub))) as login:
        found = login.accounts.of_token(token)
    return found.name if found else None


def test_a_second_card_adds_its_count_and_takes_back_the_name(public):
    options = ("hub", "card", "--public", public, "--kind", "lycee")
    first = jauge(*options, "--workstations", 300, "--named")
    jauge(*options, "--workstations", 420, "--since", "2027-01-04")
    card = load_card(Path(first["card"]).read_bytes())
    assert [each.count for each in card.workstations] == [300, 420]
    assert not card.named
    assert fingerprint(card) != first["fingerprint"]


@pytest.mark.parametrize(
    "command",
    ["card", "join", "push", "receipts", "withdraw", "init", "enrol", "schools", "serve", "remove"],
)
def test_every_command_has_an_example_and_json(command):
    said = CliRunner().invoke(app, ["hub", command, "--help"], env={"COLUMNS": "200"}).stdout
    assert "Example: jauge hub" in said
    assert "--json" in said
