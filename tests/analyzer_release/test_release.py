"""What `jauge release` writes, once, and what a crash can cost."""

import base64
import stat
from collections import Counter
from datetime import timedelta

import pytest

from analyzer import release as releasing
from analyzer.keys import seal_key
from analyzer.plan import LOST, NO_SCHOOL, OPEN
from analyzer.store import Store, StoreDamaged
from privacy.gate import noise
from privacy.gate.ledger import Ledger
from privacy.gate.refused import LedgerDamaged
from privacy.policy import check_documents
from privacy.release import Shown
from privacy.sealed import SealBroken
from school.enforced import enforce
from tests.analyzer_release.examples import MONDAY, NEXT_MONDAY, slice_row, write_part


def names(report, table):
    return [item.period for item in report.released if item.table == table]


def test_every_closed_period_is_released(place):
    report = place.release()
    days = [(MONDAY + timedelta(days=n)).isoformat() for n in range(5)]
    assert names(report, "T1") == ["2026-W37"]
    assert names(report, "T6") == days
    assert names(report, "link") == days
    assert place.published.periods("T6") == days


def test_released_values_lie_around_the_exact_ones(place):
    place.release()
    cells = {dict(c.key)["use"]: c for c in place.published.release("T6", "2026-09-07").cells}
    assert abs(cells["pedagogical"].noisy - 200) < 8 * 28.7
    week = place.published.release("T1", "2026-W37")
    rooms = next(c for c in week.cells if dict(c.key) == {"zone": "salles", "use": "any"})
    assert isinstance(rooms.display, Shown)
    assert abs(rooms.noisy - 1000) < 8 * 20.3


def test_a_release_says_where_it_comes_from(place):
    place.release()
    release = place.published.release("T1", "2026-W37")
    assert release.origin == "simulated"
    assert release.charter_digest == place.school.charter_digest
    assert release.privacy_digest == place.school.privacy_digest
    policy = enforce(place.school).digest
    assert release.policy_digest == policy
    assert place.published.payload("link", "2026-09-07")["policy_digest"] == policy
    names = ("school", "charter", "privacy", "status")
    assert check_documents({name: place.published.document(name) for name in names}) == policy


def test_one_simulated_day_makes_a_week_simulated(empty):
    write_part(empty.root, "flows", MONDAY, [slice_row(MONDAY, "09:00", 1, None)])
    day = MONDAY + timedelta(days=1)
    write_part(empty.root, "flows", day, [slice_row(day, "09:00", 1, None)], origin="simulated")
    empty.release()
    assert empty.published.release("T6", "2026-09-07").origin == "measured"
    assert empty.published.release("T6", "2026-09-08").origin == "simulated"
    assert empty.published.release("T1", "2026-W37").origin == "simulated"


def test_nothing_is_drawn_twice(place):
    place.release()
    before = {path: path.read_bytes() for path in (place.root / "public").rglob("20*.json")}
    report = place.release(NEXT_MONDAY + timedelta(days=30))
    assert {(item.table, item.period) for item in report.released} == {
        ("T5-bis", "2026-09"),
        ("T7", "2026-09"),
    }
    assert place.release(NEXT_MONDAY + timedelta(days=60)).released == ()
    assert before == {path: path.read_bytes() for path in before}
    charges = Ledger(place.root / "private" / "ledger.jsonl").charges()
    assert Counter(charge.table for charge in charges) == {
        "T6": 5, "T1": 1, "T2": 1, "T4": 1, "T5-bis": 1, "T7": 1,
    }  # fmt: skip


def test_late_slices_never_change_a_release(place):
    place.release()
    before = place.published.payload("T6", "2026-09-07")
    write_part(place.root, "flows", MONDAY, [slice_row(MONDAY, "10:00", 9, None)], name="part-1")
    place.analyze()
    place.release()
    assert place.published.payload("T6", "2026-09-07") == before


def test_an_open_day_or_week_waits(place):
    report = place.release(as_of=MONDAY + timedelta(days=1))
    assert [(r.table, r.period) for r in report.released] == [
        ("T6", "2026-09-07"),
        ("link", "2026-09-07"),
    ]
    waiting = {(s.table, s.period) for s in report.skipped if s.reason == OPEN}
    assert ("T1", "2026-W37") in waiting
    assert ("link", "2026-09-08") in waiting
    weeks, months = (
        {("T2", "2026-W37"), ("T4", "2026-W37")},
        {("T5-bis", "2026-09"), ("T7", "2026-09")},
    )
    assert weeks | months <= waiting
    assert len(waiting) == 9 + 4


def test_days_without_school_are_skipped_and_say_why(place):
    saturday = MONDAY + timedelta(days=5)
    holiday = MONDAY + timedelta(days=49)  # All Saints' holiday, every zone
    for day in (saturday, holiday):
        write_part(place.root, "flows", day, [slice_row(day, "09:00", 1, None)])
    report = place.release(as_of=holiday + timedelta(days=20))
    reasons = {(s.table, s.period): s.reason for s in report.skipped}
    assert reasons == {
        ("T6", saturday.isoformat()): NO_SCHOOL,
        ("T6", holiday.isoformat()): NO_SCHOOL,
        ("T1", "2026-W44"): NO_SCHOOL,
        ("T2", "2026-W44"): NO_SCHOOL,
        ("T4", "2026-W44"): NO_SCHOOL,
    }


def test_exact_cells_are_gone_once_released(place):
    place.analyze()
    cells = place.root / "private" / "cells"
    assert len(list(cells.rglob("*.cells"))) == 6 * 5
    place.release(as_of=MONDAY + timedelta(days=2))
    assert len(list((cells / "T6").glob("*.cells"))) == 3
    place.release()
    assert {path.parent.name for path in cells.rglob("*.cells")} == {"T5-bis", "T7"}
    place.release(as_of=MONDAY + timedelta(days=30))
    assert list(cells.rglob("*.cells")) == []


# Crashes: a period may be lost, never redrawn.


def test_a_crash_after_the_charge_loses_the_period_and_says_so(place, monkeypatch):
    def crash(counts, method):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(noise, "draw", crash)
        with pytest.raises(KeyboardInterrupt):
            place.release()
    report = place.release()
    assert [(s.table, s.period) for s in report.skipped if s.reason == LOST] == [
        ("T6", "2026-09-07")
    ]
    assert "2026-09-07" not in place.published.periods("T6")
    assert len(names(report, "T6")) == 4
    assert list((place.root / "private" / "cells").rglob("*.cells")) == []


def test_a_crash_before_the_release_is_written_loses_it_too(place, monkeypatch):
    def crash(store, payload, key):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(releasing, "write_release", crash)
        with pytest.raises(KeyboardInterrupt):
            place.release()
    assert len(names(place.release(), "T6")) == 4


def test_a_half_written_release_is_not_seen(place):
    place.release()
    (place.root / "public" / "releases" / "T6" / "2026-09-11.json.tmp").write_bytes(b"{")
    assert len(place.published.periods("T6")) == 5


def test_a_ledger_that_was_rolled_back_refuses_every_release(place):
    place.release(as_of=MONDAY + timedelta(days=2))
    (place.root / "private" / "ledger.jsonl").unlink()
    with pytest.raises(LedgerDamaged, match="not in the ledger"):
        place.release()


# The seal's key.


def test_the_key_is_private_and_its_other_half_published(place):
    place.release()
    key = place.root / "private" / "keys" / "seal.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    public = place.root / "public"
    assert stat.S_IMODE(public.stat().st_mode) == 0o755
    for path in public.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644), path
    assert len(base64.b64decode((public / "seal.pub").read_bytes())) == 32


def test_the_key_stays_the_same(place):
    store = Store(place.root)
    store.prepare()
    assert seal_key(store).private_bytes_raw() == seal_key(store).private_bytes_raw()


def test_a_lost_key_is_not_replaced_in_silence(place):
    place.release()
    (place.root / "private" / "keys" / "seal.key").unlink()
    with pytest.raises(StoreDamaged, match="missing"):
        place.release()


@pytest.mark.parametrize("content", [b"", b"AAAA", b"not base64"])
def test_a_damaged_key_is_refused(place, content):
    place.release()
    (place.root / "private" / "keys" / "seal.key").write_bytes(content)
    with pytest.raises(StoreDamaged, match="damaged"):
        place.release()


def test_a_key_that_others_may_read_is_refused(place):
    place.release()
    (place.root / "private" / "keys" / "seal.key").chmod(0o640)
    with pytest.raises(StoreDamaged, match="open to other users"):
        place.release()


def test_a_public_key_of_another_pair_is_refused(place):
    place.release()
    (place.root / "public" / "seal.pub").write_bytes(base64.b64encode(bytes(32)))
    with pytest.raises(StoreDamaged, match="is not of"):
        place.release()
    with pytest.raises(SealBroken):
        place.published.document("status")
