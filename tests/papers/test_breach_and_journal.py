"""The breach kit and the journal follow the real state of a store: keys, days, cells, log, ledger."""

import json
from datetime import date, timedelta

import pytest

from analyzer import retention
from analyzer.exact import Bench
from analyzer.papers.all import paper
from analyzer.papers.journal import journal
from analyzer.papers.settings import against_profile
from analyzer.store import Store
from dashboards.papers import sheets
from privacy.log.file import AuditLog
from privacy.settings import PrivacySettings
from privacy.store.layout import keys_beside
from school.catalogue import load_catalogue
from school.load import load_school
from tests.analyzer_release.conftest import IBIS_ON_DUCKDB_2, Place
from tests.analyzer_release.examples import MONDAY, declare, link_minutes, slice_row, write_part
from tests.support.acknowledged import acknowledge

pytestmark = pytest.mark.filterwarnings(IBIS_ON_DUCKDB_2)
FRIDAY = MONDAY + timedelta(days=4)
DAYS = "Jours de tranches pseudonymisées, les derniers d’abord"


@pytest.fixture
def place(tmp_path):
    declared = declare(tmp_path / "school")
    root = tmp_path / "store"
    root.mkdir()
    for offset in range(5):
        day = MONDAY + timedelta(days=offset)
        rows = [slice_row(day, "09:05", device, "atrium-sud.fr") for device in range(9)]
        write_part(root, "flows", day, rows)
        write_part(root, "link", day, link_minutes(day, "08:00", 1, 4.0))
    return Place(root, declared, load_school(declared), acknowledge(root, declared))


def bench_of(place):
    return Bench(Store(place.root), place.school, load_catalogue())


def log_of(place):
    return AuditLog(place.root, keys_beside(place.root), lambda: 1_789_000_000_000_000)


def breach(place, as_of):
    sections = paper("breach", bench_of(place), as_of)["content"]["sections"]
    return {s["table"]["caption"]: s["table"]["rows"] for s in sections if "table" in s}


def test_a_kept_day_is_readable_and_a_purged_day_is_not(place):
    before = breach(place, FRIDAY)[DAYS]
    assert [row[1] for row in before] == ["lisible avec la clé du jour"] * 5
    assert before[0][3].startswith("clé du jour dans le noyau")
    assert before[1][3].startswith("clé détruite")
    as_of = MONDAY + timedelta(days=9)
    retention.purge(place.root, log=log_of(place), as_of=as_of, retention_days=8, dry_run=False)
    after = {row[0]: row for row in breach(place, as_of)[DAYS]}
    assert after["7 septembre 2026"][1:3] == ["illisible\u00a0: clé détruite", "nulle part"]
    assert after["9 septembre 2026"][1] == "lisible avec la clé du jour"


def test_exact_cells_are_told_until_their_release_destroys_their_key(place):
    place.analyze(as_of=FRIDAY)
    caption = "Cellules exactes par table et période"
    waiting = breach(place, FRIDAY)[caption]
    assert ["T1", "2026-W37", "5"] in [row[:3] for row in waiting]
    assert all(row[3].startswith("lisible avec STORE.keys/cells/") for row in waiting)
    place.release(as_of=MONDAY + timedelta(days=7))
    left = {(row[0], row[1]) for row in breach(place, MONDAY + timedelta(days=7))[caption]}
    assert left == {("T5-bis", "2026-09"), ("T7", "2026-09")}


def test_the_journal_tells_keys_their_age_and_what_is_late(place):
    log = log_of(place)
    for day, epoch in ((MONDAY, "a" * 16), (FRIDAY, "b" * 16)):
        facts = {"day": day.isoformat(), "epoch": epoch, "number": 1, "kept_in": "kernel keyring"}
        log.append("pseudonym_key_made", facts)
    found = journal(bench_of(place), FRIDAY)["keys"]
    assert found["living"] == [MONDAY.isoformat(), FRIDAY.isoformat()]
    assert found["overdue"] == [MONDAY.isoformat()]
    assert found["next_rotation"] == "2026-09-12T00:10"
    log.append("pseudonym_key_destroyed", {"day": MONDAY.isoformat(), "epoch": "a" * 16})
    assert journal(bench_of(place), FRIDAY)["keys"]["overdue"] == []


def test_every_deletion_has_its_proof_and_a_late_one_is_late(place):
    as_of = MONDAY + timedelta(days=9)
    late = journal(bench_of(place), as_of)["retention"]
    assert late["overdue"] == ["2026-09-07"], "the eighth goes in the course of this day"
    assert late["kept"][1] == {"day": "2026-09-08", "erased_on": as_of.isoformat()}
    assert journal(bench_of(place), as_of + timedelta(days=1))["retention"]["overdue"] == [
        "2026-09-07",
        "2026-09-08",
    ]
    retention.purge(place.root, log=log_of(place), as_of=as_of, retention_days=8, dry_run=False)
    found = journal(bench_of(place), as_of)["retention"]
    assert (found["overdue"], found["unproven"]) == ([], [])
    assert [proof["day"] for proof in found["proofs"]] == ["2026-09-08", "2026-09-07"]
    assert all(proof["key_destroyed"] and proof["files_deleted"] for proof in found["proofs"])
    (place.root / "log" / "audit.jsonl").unlink()
    assert journal(bench_of(place), as_of)["retention"]["unproven"] == ["2026-09-07", "2026-09-08"]


def test_the_budget_is_that_of_the_ledger(place):
    place.release(as_of=MONDAY + timedelta(days=7))
    found = journal(bench_of(place), MONDAY + timedelta(days=7))["budget"]
    monday = next(day for day in found["days"] if day["day"] == MONDAY.isoformat())
    settings = place.school.privacy
    spent = sum(settings.method(name).rho for name in ("T1", "T2", "T4", "T6"))
    assert monday["spent"] == pytest.approx(spent)
    promised = sum(settings.method(name).rho for name in ("T5-bis", "T7", "rehearsal"))
    assert monday["promised"] == ["T5-bis", "T7", "rehearsal"]
    later = journal(bench_of(place), MONDAY + timedelta(days=8))["budget"]["days"]
    gone = next(day for day in later if day["day"] == MONDAY.isoformat())
    assert gone["promised"] == ["T5-bis", "T7"], "without slices no rehearsal can be asked for"
    assert monday["pledged"] == pytest.approx(promised)
    assert monday["left"] == pytest.approx(settings.total_rho - spent - promised)
    assert monday["tables"] == ["T1", "T2", "T4", "T6"]
    assert [(m["table"], m["days"]) for m in found["month"]] == [
        ("T5-bis", 20), ("T5-bis", 31), ("T7", 20), ("T7", 31),
    ]  # fmt: skip
    assert len(found["epsilons"]) == 4


def test_no_count_of_a_day_and_no_number_of_objections_leaves_the_log(place):
    log = log_of(place)
    log.append("objection_added", {"objections": 3})
    log.append("collector_stopped", {"source": "eth1", "slices": 41_041, "not_recorded": 717})
    retention.purge(
        place.root, log=log, as_of=MONDAY + timedelta(days=9), retention_days=8, dry_run=False
    )
    kinds = [entry.kind for entry in log.entries()]
    assert "day_key_destroyed" in kinds
    told = journal(bench_of(place), MONDAY + timedelta(days=9))
    assert [entry["kind"] for entry in told["entries"]] == kinds[::-1]
    for entry in told["entries"]:
        assert not entry["facts"].keys() & {"rows", "octets", "segments", "slices", "objections"}
    assert "41041" not in json.dumps(told)


def test_a_damaged_log_is_said_and_nothing_of_it_is_repeated(place):
    log_of(place).append("objection_added", {"objections": 1})
    path = place.root / "log" / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"objections":1', b'"objections":2'))
    found = journal(bench_of(place), FRIDAY)
    assert found["log"]["state"] == "unreadable"
    assert found["entries"] == []


def test_the_settings_stand_beside_their_profile():
    stricter = PrivacySettings(retention_days=3, total_rho=0.02, floor_persons=40)
    senses = {line["name"]: line["sense"] for line in against_profile(stricter)}
    tighter = {name for name, sense in senses.items() if sense == "tighter"}
    assert tighter >= {"retention_days", "total_rho", "floor_persons", "T1: noise (sigma)"}
    assert "looser" not in senses.values()
    longer = against_profile(PrivacySettings(retention_days=14))
    assert [line["name"] for line in longer if line["sense"] == "looser"] == ["retention_days"]
    assert {line["sense"] for line in against_profile(PrivacySettings())} == {"same"}


def test_every_paper_is_published_sealed_at_each_analysis(place):
    written = place.analyze(as_of=date(2026, 9, 14)).documents
    for name in ("register", "dpia", "notice-adults", "notice-pupils", "breach", "journal"):
        assert name in written
        document = place.published.document(name)
        assert document["policy"] == place.published.document("privacy")["policy"]


def test_each_signed_decision_tells_what_it_changed_and_the_noise(place):
    looser = "profile: standard\nretention_days: 12\ntables: {T1: {share: 0.2, cap: 5}}\n"
    place.redeclare(privacy=looser)  # and signs
    newest, first = journal(bench_of(place), FRIDAY)["decisions"]
    assert (first["first"], first["differences"]) == (True, [])
    told = {d["respect"]: (d["before"], d["after"], d["direction"]) for d in newest["differences"]}
    assert told["retention_days"] == ("8", "12", "looser")
    assert told["T1: noise (sigma)"][2] == "tighter"
    assert newest["signer"] == first["signer"] != ""


def test_what_changed_since_the_signature_is_told(place):
    def unsigned(days: int) -> None:
        text = f"profile: standard\nretention_days: {days}\n"
        place.school = load_school(declare(place.declared, privacy=text))

    unsigned(3)
    found = journal(bench_of(place), FRIDAY)
    assert found["acknowledged"] == "in_force"
    assert [(d["respect"], d["direction"]) for d in found["since"]] == [
        ("retention_days", "tighter")
    ]
    unsigned(12)
    assert journal(bench_of(place), FRIDAY)["acknowledged"] == "looser"


def text_of(place, name, as_of):
    return "\n".join(
        json.dumps(sheet, ensure_ascii=False)
        for sheet in sheets(paper(name, bench_of(place), as_of))
    )


@pytest.mark.parametrize("name", ["breach", "notice-adults", "notice-pupils", "register", "dpia"])
def test_no_paper_promises_an_erasure_that_is_late(place, name):
    late = MONDAY + timedelta(days=11)
    said = text_of(place, name, late)
    assert "n’est pas tenu" in said
    assert "du 7 septembre 2026 au 9 septembre 2026" in said
    retention.purge(place.root, log=log_of(place), as_of=late, retention_days=8, dry_run=False)
    after = text_of(place, name, late)
    assert "n’est pas tenu" not in after
    assert "promise is not kept" not in after


def test_the_breach_kit_counts_the_days_that_can_be_read(place):
    late = MONDAY + timedelta(days=30)
    assert "clé\u00a0: 5 (du 7 septembre 2026 au 11 septembre 2026)" in text_of(
        place, "breach", late
    )
    retention.purge(
        place.root,
        log=log_of(place),
        as_of=MONDAY + timedelta(days=11),
        retention_days=8,
        dry_run=False,
    )
    said = text_of(place, "breach", late)
    assert "clé\u00a0: 1 (11 septembre 2026)" in said
    assert "preuve au journal\u00a0: 4)" in said


def test_the_papers_say_that_the_attacks_never_ran_until_they_did(place):
    for name in ("dpia", "register"):
        assert "jamais exécutées" in text_of(place, name, FRIDAY)
    facts = {"profile": "dpo", "passed": True, "attacks": 20, "mutants": 52, "caught": 52}
    log_of(place).append("audit_verdict", {**facts, "report": "0" * 64})
    for name in ("dpia", "register"):
        said = text_of(place, name, FRIDAY)
        assert "jamais exécutées" not in said
        assert "52 versions défectueuses démasquées sur 52" in said


def test_the_journal_says_whether_devices_are_recorded_now(place):
    def told():
        return journal(bench_of(place), FRIDAY)["collector"]

    log = log_of(place)
    assert told() is None
    started = {"source": "eth1", "config": "0" * 16, "settings": "0" * 16}
    log.append("collector_started", {**started, "acknowledged": True})
    assert told()["running"] is True
    log.append("capture_stopped_by_dpo", {"settings": "0" * 16})
    assert told()["running"] is False
    log.append("collector_started", {**started, "acknowledged": False})
    assert told()["running"] is False, "the load of the line alone"


def test_a_week_is_released_from_its_cells_after_its_slices_are_erased(place):
    """What the demonstration does: erase first, release then."""
    place.analyze(as_of=FRIDAY)
    later = MONDAY + timedelta(days=30)
    retention.purge(place.root, log=log_of(place), as_of=later, retention_days=8, dry_run=False)
    assert list(Store(place.root).days("flows")) == []
    place.release(as_of=later)
    assert list(place.published.periods("T1")) == ["2026-W37"]
    said = journal(bench_of(place), later)["retention"]
    assert (said["kept"], said["overdue"], said["proven"]) == ([], [], 5)
