"""A day that a reboot split has two pseudonyms for a device: only its longest epoch counts."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import cells
from analyzer.epochs import longest
from analyzer.store import Store, StoreDamaged
from privacy.log.file import AuditLog
from privacy.store.layout import keys_beside
from tests.analyzer_release.examples import MONDAY, slice_row, write_part

STARTS = datetime(2026, 9, 6, 22, tzinfo=UTC)
ENDS = STARTS + timedelta(days=1)
WORK = "atrium-sud.fr"


def at(text: str) -> datetime:
    hours, minutes = (int(part) for part in text.split(":")[:2])
    return STARTS + timedelta(hours=hours, minutes=minutes, seconds=int(text[6:] or 0))


@pytest.mark.parametrize(
    ("made", "window"),
    [
        ([], ("00:00", "24:00")),  # a store from before there was a log
        (["07:30"], ("00:00", "24:00")),  # slices of before the first packet there are none
        (["07:30", "10:00:20"], ("10:01", "24:00")),
        (["07:30", "18:00:20"], ("00:00", "17:59")),  # the minute before may hold both
        (["07:30", "10:00", "10:01", "12:00"], ("12:01", "24:00")),
        (["07:30", "12:00"], ("00:00", "11:59")),  # of two that are as long the first
        (["07:30", "24:00"], ("00:00", "00:00")),  # a recording read later: none
        (["25:00", "26:00"], ("00:00", "00:00")),
        (["25:00"], ("00:00", "24:00")),  # a single recording is one epoch
    ],
)
def test_the_longest_epoch_by_when_its_keys_were_made(made, window):
    assert longest(map(at, made), STARTS, ENDS) == tuple(map(at, window))


@given(st.lists(st.integers(0, 1_439 * 60), min_size=2, max_size=6))
def test_no_minute_of_the_window_can_hold_slices_of_two_epochs(seconds):
    made = [STARTS + timedelta(seconds=second) for second in seconds]
    first, after = longest(made, STARTS, ENDS)
    assert STARTS <= first <= after <= ENDS
    for turn in sorted(made)[1:]:
        minute = turn.replace(second=0)
        assert not first <= minute < after, "a key was made inside"
        assert minute < first or after <= minute - timedelta(minutes=1)
    others = [STARTS, *sorted(made)[1:], ENDS]
    assert after - first >= max(b - a for a, b in pairwise(others)) - timedelta(minutes=3)


def log_at(root, *moments: datetime) -> None:
    for number, moment in enumerate(moments, start=1):
        log = AuditLog(root, keys_beside(root), lambda at=moment: int(at.timestamp() * 1e6))
        facts = {"day": MONDAY.isoformat(), "epoch": f"{number:016x}", "number": number}
        log.append("pseudonym_key_made", {**facts, "kept_in": "locked memory"})


def local(hour: int, minute: int) -> datetime:
    return datetime(2026, 9, 7, hour - 2, minute, tzinfo=UTC)  # Paris in summer


def devices(place, day: date = MONDAY) -> int:
    place.analyze()
    return cells.read(Store(place.root), "T6", day).cells.devices


def test_a_device_with_two_pseudonyms_counts_once(empty):
    rows = [slice_row(MONDAY, "09:05", 1, WORK), slice_row(MONDAY, "11:05", 2, WORK)]
    write_part(empty.root, "flows", MONDAY, rows)
    assert devices(empty) == 2
    log_at(empty.root, local(7, 30), local(11, 0))
    assert devices(empty) == 1


def test_a_log_that_cannot_be_read_leaves_the_epochs_unknown_and_nothing_is_counted(empty):
    write_part(empty.root, "flows", MONDAY, [slice_row(MONDAY, "09:05", 1, WORK)])
    log_at(empty.root, local(7, 30))
    log = AuditLog(empty.root, keys_beside(empty.root), lambda: 0).path
    log.write_bytes(log.read_bytes()[:-40] + b"x" * 39 + b"\n")
    with pytest.raises(StoreDamaged, match="audit log"):
        devices(empty)
