"""Nothing noisy is released under terms that the DPO did not acknowledge; the log says what was."""

import hashlib
from datetime import timedelta

import pytest

from analyzer.code import code_digest
from privacy.acknowledgement import Decision
from privacy.gate.ledger import Ledger
from school.enforced import enforce
from school.load import load_school
from tests.analyzer_release.examples import MONDAY, NEXT_MONDAY, declare, slice_row, write_part
from tests.support.acknowledged import acknowledge, log_of


def noisy(report):
    return [item for item in report.released if item.table != "link"]


def facts_of(place, kind):
    return [entry.facts for entry in log_of(place.root).entries() if entry.kind == kind]


@pytest.mark.parametrize(
    ("privacy", "may"),
    [
        ("profile: standard\nretention_days: 9\n", False),
        ("profile: standard\nfloor_persons: 25\nretention_days: 7\n", True),
        ("profile: renforcé\n", True),
    ],
)
def test_looser_settings_wait_for_a_signature_and_tighter_ones_do_not(place, privacy, may):
    place.school = load_school(declare(place.declared, privacy=privacy))
    report = place.release()
    assert bool(noisy(report)) is may
    assert (report.refused is None) is may
    assert bool(Ledger(place.root / "private/ledger.jsonl").charges()) is may
    assert place.published.periods("link")
    if not may:
        assert "looser in some respect" in report.refused
        assert {s.reason for s in report.skipped if s.table == "T1"} == {report.refused}
        acknowledge(place.root, place.declared, key=place.dpo)
        assert noisy(place.release())
    change = facts_of(place, "policy_changed")[-1]
    assert change["change"] == ("tightened" if may else "signed")
    assert change["new"] == enforce(place.school).digest


def test_after_a_withdrawal_nothing_is_released(place):
    acknowledge(place.root, place.declared, key=place.dpo, decision=Decision.WITHDRAWN)
    report = place.release()
    assert noisy(report) == []
    assert "withdrew" in report.refused


def test_every_release_is_in_the_log_with_its_price_and_its_hashes(place):
    place.release()
    made = {(f["table"], f["period"]): f for f in facts_of(place, "release_made")}
    week = made["T1", "2026-W37"]
    method = place.school.privacy.method("T1")
    assert (week["rho"], week["sigma"]) == (method.rho, method.sigma)
    assert week["delta"] == pytest.approx(5**0.5, abs=1e-6)
    assert week["policy"] == enforce(place.school).digest
    assert week["code"] == code_digest()
    data = (place.root / "public/releases/T1/2026-W37.json").read_bytes()
    assert week["output"] == hashlib.sha256(data).hexdigest()
    place.release()
    assert len(facts_of(place, "release_made")) == len(made)
    assert len(facts_of(place, "policy_changed")) == len(facts_of(place, "catalogue_updated")) == 1


def test_a_release_written_before_a_crash_is_told_at_the_next_run(place, monkeypatch):
    with monkeypatch.context() as crashing:
        crashing.setattr("analyzer.mandate.tell_releases", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            place.release()
    assert facts_of(place, "release_made") == []
    place.release()
    assert len(facts_of(place, "release_made")) == len(
        list((place.root / "public/releases").glob("T*/*.json"))
    )


def bytes_of_releases(place):
    return {path: path.read_bytes() for path in (place.root / "public/releases").rglob("*.json")}


def test_slices_that_come_late_are_counted_said_and_change_no_release(place):
    place.release()
    before, charges = (
        bytes_of_releases(place),
        Ledger(place.root / "private/ledger.jsonl").charges(),
    )
    for offset, count in ((0, 7), (2, 5)):
        day = MONDAY + timedelta(days=offset)
        rows = [slice_row(day, "09:05", 900 + n, "atrium-sud.fr") for n in range(count)]
        write_part(place.root, "flows", day, rows, name="late", origin="simulated")
    place.analyze(NEXT_MONDAY + timedelta(days=1))
    report = place.release(NEXT_MONDAY + timedelta(days=1))
    assert report.late == {MONDAY: 7, MONDAY + timedelta(days=2): 5}
    assert report.released == ()
    assert place.release(NEXT_MONDAY + timedelta(days=1)).late == report.late
    assert [(f["day"], f["slices"]) for f in facts_of(place, "late_slices")] == [
        ("2026-09-07", 7),
        ("2026-09-09", 5),
    ]
    assert bytes_of_releases(place) == before
    assert Ledger(place.root / "private/ledger.jsonl").charges() == charges
