"""A start asks no signature twice, and yet what was altered on the disk is found and never served."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from cli.main import app
from hub import check, envelope, memory
from hub.compared import Compared
from hub.form import open_exact
from hub.holdings import Holdings, HubUnusable
from hub.memory import FILE
from privacy.keys import private_text
from tests.hub.many_schools import TODAY, MadeSchool, new_hub, take

SCHOOL, OTHER = MadeSchool(1), MadeSchool(2)
WEEK = "2026-W37"


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Path:
    """A hub that has been started once over three weeks of two schools."""
    hub = new_hub(tmp_path_factory.mktemp("memory") / "hub", [SCHOOL, OTHER])
    for school in (SCHOOL, OTHER):
        take(hub, school, range(3))
    start(hub.directory)
    return hub.directory


@pytest.fixture
def place(started, tmp_path) -> Path:
    return shutil.copytree(started, tmp_path / "hub")


def start(place: Path) -> Compared:
    compared = Compared(Holdings(place), lambda: TODAY)
    compared.schools()
    return compared


def known(compared: Compared) -> dict:
    """Everything that pages are made of; a copied directory has another stamp."""
    return {uai: (s.weeks, s.simulated, s.taken) for uai, s in compared.schools().items()}


def home(place: Path, school: MadeSchool = SCHOOL) -> Path:
    return place / "schools" / school.uai


@pytest.fixture
def seals(monkeypatch) -> list[bytes]:
    """What was asked for its signature; cards are not counted."""
    asked: list[bytes] = []

    def counting(data, key):
        asked.append(data)
        return open_exact(data, key)

    for module in (check, envelope):
        monkeypatch.setattr(module, "open_exact", counting)
    return asked


def test_a_second_start_asks_no_signature_and_finds_the_same_figures(place, seals):
    remembered = start(place)
    assert seals == []
    for school in (SCHOOL, OTHER):
        (home(place, school) / FILE).unlink()
    read = start(place)
    assert len(seals) == 2 * 2 * 6  # envelope and release
    assert known(remembered) == known(read)
    assert remembered.figures("lycee", WEEK).keys() >= {"days-any", "volume-technical"}


def test_a_push_is_remembered_and_what_came_while_nobody_looked_is_checked(place, seals):
    hub = Holdings(place)
    compared = Compared(hub, lambda: TODAY)
    compared.schools()
    push = SCHOOL.push(hub, SCHOOL.sealed("T1", 5), hub.place(SCHOOL.uai))
    compared.add(SCHOOL.uai, hub.take(SCHOOL.uai, push, TODAY).release)
    seals.clear()
    assert known(start(place)) == known(compared)
    assert seals == []
    take(hub, SCHOOL, [6])
    seals.clear()
    assert len(start(place).schools()[SCHOOL.uai].taken) == 9
    assert len(seals) == 2 * 2
    seals.clear()
    start(place)
    assert seals == []


def swap(path: Path) -> None:
    """Put another release of the same week there, sealed by the school itself."""
    path.write_bytes(SCHOOL.sealed("T1", 0))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("file", "alter"),
    [
        (f"releases/T1/{WEEK}.json", flip),
        (f"releases/T1/{WEEK}.json", swap),
        (f"releases/T1/{WEEK}.json", Path.unlink),
        ("chain/000000.json", flip),
        ("chain/000000.json", Path.unlink),
    ],
)
def test_what_was_altered_after_it_was_checked_is_found_and_never_served(place, file, alter):
    alter(home(place) / file)
    compared = start(place)
    assert compared.damaged == {SCHOOL.uai}
    assert set(compared.schools()) == {OTHER.uai}
    assert compared.figures("lycee", WEEK)["days-any"].keys() == {OTHER.uai}
    with pytest.raises((HubUnusable, FileNotFoundError)):
        Holdings(place).sent(SCHOOL.uai, "T1", WEEK)


def forge(place: Path) -> None:
    """Other figures, without the hub's key."""
    path = home(place) / FILE
    mac, _, body = path.read_bytes().partition(b"\n")
    other = body.replace(b'"days-any":[', b'"days-any":[9')
    assert other != body
    path.write_bytes(mac + b"\n" + other)


def foreign(place: Path) -> None:
    """Another hub's, of the same school and files."""
    other = shutil.copytree(place, place.parent / "other")
    (other / "hub.key").write_bytes(private_text(Ed25519PrivateKey.generate()))
    (home(other) / FILE).unlink()
    start(other)
    shutil.copy(home(other) / FILE, home(place) / FILE)


def of_another_school(place: Path) -> None:
    shutil.copy(home(place, OTHER) / FILE, home(place) / FILE)


def cut(place: Path) -> None:
    path = home(place) / FILE
    path.write_bytes(path.read_bytes()[:200])


@pytest.mark.parametrize("alter", [forge, foreign, of_another_school, cut])
def test_what_the_hub_did_not_write_itself_of_this_school_is_not_believed(place, seals, alter):
    before = known(start(place))
    alter(place)
    seals.clear()
    assert known(start(place)) == before
    assert len(seals) == 2 * 6
    seals.clear()
    start(place)
    assert seals == []


def test_other_rules_ask_everything_again(place, seals, monkeypatch):
    monkeypatch.setattr(memory, "rules", lambda: "of the next version")
    start(place)
    assert len(seals) == 2 * 2 * 6


def test_what_is_remembered_leaves_with_the_school(place):
    Holdings(place).remove(SCHOOL.uai)
    assert [path.parent.name for path in place.rglob(FILE)] == [OTHER.uai]


def said(place: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["hub", "check", "--hub", str(place)])
    return done.exit_code, done.stdout


def wrong_figures(place: Path) -> None:
    """What somebody with the hub's key could write."""
    hub = Holdings(place)
    rows = hub.recall(SCHOOL.uai)
    hub.remember(SCHOOL.uai, {(r.held.table, r.held.period): (r.simulated, {}) for r in rows})


@pytest.fixture
def over(place, monkeypatch) -> Path:
    """The made weeks lie ahead of the machine's clock."""
    monkeypatch.setattr("cli.hub_server.today", lambda: TODAY)
    return place


@pytest.mark.parametrize(
    ("alter", "word"),
    [
        (lambda place: flip(home(place) / f"releases/T4/{WEEK}.json"), f"T4 {WEEK}"),
        (lambda place: flip(home(place) / "chain/000004.json"), "envelope"),
        (lambda place: flip(home(place) / "receipts/000004.json"), "receipt"),
        (wrong_figures, FILE),
    ],
)
def test_hub_check_asks_every_signature_again_and_names_what_is_damaged(over, alter, word):
    code, text = said(over)
    assert (code, "12 publications" in text) == (0, True)
    alter(over)
    code, text = said(over)
    assert code == 1
    assert SCHOOL.uai in text
    assert word in text
    assert OTHER.uai not in text
