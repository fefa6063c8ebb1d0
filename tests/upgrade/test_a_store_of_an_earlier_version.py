"""Nothing is lost when a store of an earlier version is opened by this one."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer import release as releasing
from analyzer.store import Store
from cli.main import app
from collector.store import DirectoryStore
from privacy.acknowledgement import Standing, standing
from privacy.gate.ledger import Ledger
from privacy.published import Published
from school.catalogue import load_catalogue
from school.enforced import terms_of
from school.load import load_school
from tests.analyzer_release.conftest import IBIS_ON_DUCKDB_2
from tests.support.acknowledged import log_of

pytestmark = pytest.mark.filterwarnings(IBIS_ON_DUCKDB_2)
STORES = sorted(Path(__file__).parent.glob("store-*.tar.xz"))
KILLED, SLICES, LINKS = date(2026, 9, 18), 700, 30
"""What the collector had acknowledged and not sealed."""
DEVICES = 40
MEASURED = [date(2026, 9, 9), date(2026, 9, 10), date(2026, 9, 11)]
ERASED = ["2026-09-07", "2026-09-08"]


@pytest.fixture(params=STORES, ids=lambda path: path.name.split(".")[0])
def place(request, tmp_path: Path, monkeypatch) -> Path:
    shutil.unpack_archive(request.param, tmp_path)
    monkeypatch.setenv("JAUGE_MACHINE_DIR", str(tmp_path / "machine"))
    return tmp_path


def octets(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*")) if path.is_file()
    }  # fmt: skip


def test_slices_that_a_killed_collector_had_acknowledged_are_all_there(place):
    store = DirectoryStore(place / "store")
    store.open()
    store.close()
    reader = Store(place / "store").reader
    assert reader.table("flows", KILLED, ["flow"])["flow"].to_pylist() == list(range(SLICES))
    assert reader.table("link", KILLED, ["offered"]).num_rows == LINKS


def test_every_sealed_day_is_read_and_no_erased_one(place):
    store = Store(place / "store")
    assert store.days("flows") == MEASURED
    for day in MEASURED:
        assert store.reader.table("flows", day, ["site"]).num_rows == DEVICES
    for day in ERASED:
        assert (place / "store.keys" / f"{day}.gone").exists()


def test_releases_and_documents_open_and_stay_as_they_were(place):
    public = place / "store" / "public"
    before = octets(public / "releases")
    published = Published(public)
    for table in ("T1", "T2", "T4"):
        assert published.release(table, "2026-W37").cells
    assert published.periods("link") == [f"2026-09-{day:02}" for day in range(7, 12)]
    school = load_school(place / "school")
    releasing.release(place / "store", school, as_of=date(2026, 9, 28), catalogue=load_catalogue())
    after = octets(public / "releases")
    assert before.items() <= after.items()


def test_the_ledger_goes_on_where_it_was(place):
    path = place / "store" / "private" / "ledger.jsonl"
    before = path.read_bytes()
    charged = Ledger(path).charges()
    school = load_school(place / "school")
    releasing.release(place / "store", school, as_of=date(2026, 9, 28), catalogue=load_catalogue())
    assert path.read_bytes().startswith(before)
    assert Ledger(path).charges()[: len(charged)] == charged


def test_the_log_is_sound_and_the_decision_of_the_dpo_still_holds(place):
    log = log_of(place / "store")
    assert log.verify().entries == log.entries() != ()
    erased = [e.facts["day"] for e in log.entries() if e.kind == "day_key_destroyed"]
    assert set(erased) == set(ERASED)
    terms = terms_of(load_school(place / "school"))
    assert standing(log.entries(), terms) is Standing.IN_FORCE


def test_accounts_are_those_that_were(place):
    accounts = place / "store" / "web" / "accounts.sqlite"
    done = CliRunner().invoke(app, ["accounts", "list", "--accounts", str(accounts), "--json"])
    told = json.loads(done.stdout)
    assert [(a["name"], a["role"]) for a in told["accounts"]] == [("intendance", "committee")]
