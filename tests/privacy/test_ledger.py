import fcntl
import hashlib
import json
import os
import subprocess
import sys
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.gate.ledger import ROUNDING, Ledger
from privacy.gate.periods import PeriodKind, period_of
from privacy.gate.refused import AlreadyReleased, LedgerDamaged, OverBudget
from tests.privacy.examples import DAY, MONDAY, WEEK, charge_of, ledger_in

TOTAL = 0.0243


def days(count, start=MONDAY):
    return [period_of(PeriodKind.DAY, start + timedelta(days=n)) for n in range(count)]


def test_making_a_ledger_opens_nothing(tmp_path):
    assert ledger_in(tmp_path).charges() == ()
    assert list(tmp_path.iterdir()) == []


def test_a_charge_is_read_back_and_its_file_is_private(tmp_path):
    ledger = ledger_in(tmp_path)
    ledger.charge(charge_of("T1", WEEK), total_rho=TOTAL)
    assert ledger.charges() == (charge_of("T1", WEEK),)
    assert (tmp_path / "ledger.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_charge_is_on_disk_before_it_is_granted(tmp_path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(os.fstat(file)), real(file))[1])
    ledger_in(tmp_path).charge(charge_of("T1", WEEK), total_rho=TOTAL)
    inodes = [stat.st_ino for stat in synced]
    assert inodes == [(tmp_path / "ledger.jsonl").stat().st_ino, tmp_path.stat().st_ino]
    assert synced[0].st_size > 0


def test_a_table_is_charged_once_for_a_period(tmp_path):
    ledger = ledger_in(tmp_path)
    ledger.charge(charge_of("T6", DAY), total_rho=TOTAL)
    with pytest.raises(AlreadyReleased, match="T6 2026-09-07"):
        ledger.charge(charge_of("T6", DAY), total_rho=TOTAL)
    assert len(ledger.charges()) == 1


def test_a_period_of_the_same_table_that_shares_a_day_is_refused(tmp_path):
    ledger = ledger_in(tmp_path)
    ledger.charge(charge_of("T6", days(3)[2]), total_rho=TOTAL)
    with pytest.raises(AlreadyReleased):
        ledger.charge(charge_of("T6", WEEK), total_rho=TOTAL)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (0, 2, 1)])
def test_neighbouring_periods_do_not_share_a_day(tmp_path, order):
    ledger = ledger_in(tmp_path)
    for period in (days(3)[number] for number in order):
        ledger.charge(charge_of("T6", period, 0.02), total_rho=TOTAL)
    assert len(ledger.charges()) == 3


@pytest.mark.parametrize("week_first", [True, False])
def test_a_day_never_costs_more_than_the_total(tmp_path, week_first):
    ledger = ledger_in(tmp_path)
    first = charge_of("T1", WEEK, 0.02)
    second = charge_of("T6", days(5)[4], 0.02)
    if not week_first:
        first, second = second, first
    ledger.charge(first, total_rho=TOTAL)
    with pytest.raises(OverBudget):
        ledger.charge(second, total_rho=TOTAL)
    assert len(ledger.charges()) == 1


def test_the_total_may_be_spent_to_the_last(tmp_path):
    ledger = ledger_in(tmp_path)
    ledger.charge(charge_of("T1", WEEK, 0.0143), total_rho=TOTAL)
    for period in days(7):
        ledger.charge(charge_of("T6", period, 0.01), total_rho=TOTAL)
    with pytest.raises(OverBudget):
        ledger.charge(charge_of("T7", WEEK, 0.0001), total_rho=TOTAL)


def test_a_tighter_total_binds_from_the_day_it_is_set(tmp_path):
    ledger = ledger_in(tmp_path)
    ledger.charge(charge_of("T1", WEEK, 0.02), total_rho=TOTAL)
    with pytest.raises(OverBudget):
        ledger.charge(charge_of("T6", DAY, 0.001), total_rho=0.01)


def test_a_charge_of_exactly_the_total_is_granted_and_more_is_not(tmp_path):
    """Charges are sums of decimal fractions: what their last bits add up to, 1e-12, is no charge."""
    for number, over in enumerate((0, 0.5e-12, ROUNDING)):
        ledger = ledger_in(tmp_path)
        ledger.charge(charge_of("T1", days(9)[number], TOTAL + over), total_rho=TOTAL)
    with pytest.raises(OverBudget):
        ledger.charge(charge_of("T1", days(9)[8], TOTAL + 1.5e-12), total_rho=TOTAL)


def test_a_week_after_its_days_pays_for_one_of_them_not_for_all(tmp_path):
    ledger = ledger_in(tmp_path)
    for period in days(7):
        ledger.charge(charge_of("T6", period, 0.01), total_rho=TOTAL)
    ledger.charge(charge_of("T1", WEEK, 0.0143), total_rho=TOTAL)
    assert len(ledger.charges()) == 8


def test_among_other_tables_the_same_one_is_found(tmp_path):
    ledger = ledger_in(tmp_path)
    ledger.charge(charge_of("T1", WEEK), total_rho=TOTAL)
    ledger.charge(charge_of("T6", DAY), total_rho=TOTAL)
    with pytest.raises(AlreadyReleased):
        ledger.charge(charge_of("T6", DAY), total_rho=TOTAL)


def test_a_charge_leaves_no_file_open(tmp_path):
    ledger_in(tmp_path).charge(charge_of("T1", WEEK), total_rho=TOTAL)
    links = [os.path.realpath(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")]  # noqa: PTH208
    assert [link for link in links if link.startswith(str(tmp_path.resolve()))] == []


def test_who_waited_for_the_lock_sees_what_was_charged_meanwhile(tmp_path, monkeypatch):
    """The other process holds the lock, charges, and lets go while this one waits."""
    real, waited = fcntl.flock, []

    def wait(file, operation):
        if not waited:
            waited.append(operation)
            ledger_in(tmp_path).charge(charge_of("T6", DAY), total_rho=TOTAL)
        real(file, operation)

    monkeypatch.setattr(fcntl, "flock", wait)
    with pytest.raises(AlreadyReleased):
        ledger_in(tmp_path).charge(charge_of("T6", DAY), total_rho=TOTAL)
    assert waited == [fcntl.LOCK_EX]
    assert len(ledger_in(tmp_path).charges()) == 1


STORED = (
    b'{"cap":5,"charter_digest":"c","ends":"2026-09-14","period":"2026-W37",'
    b'"previous":"0000000000000000000000000000000000000000000000000000000000000000",'
    b'"privacy_digest":"p","rho":0.001,"sigma":20.5,"starts":"2026-09-07","table":"T1"}\n'
)


def test_a_ledger_of_an_earlier_version_is_read_and_written_on(tmp_path):
    """The stored form, to the octet: a ledger outlives the program that began it."""
    path = tmp_path / "ledger.jsonl"
    first = STORED.replace(b'"c"', b'"' + b"c" * 64 + b'"').replace(b'"p"', b'"' + b"p" * 64 + b'"')
    ledger_in(tmp_path).charge(charge_of("T1", WEEK), total_rho=TOTAL)
    assert path.read_bytes() == first
    ledger_in(tmp_path).charge(charge_of("T6", DAY), total_rho=TOTAL)
    second = json.loads(path.read_bytes()[len(first) :])
    assert second["previous"] == hashlib.sha256(first).hexdigest()


def filled(tmp_path, count=3):
    ledger = ledger_in(tmp_path)
    for period in days(count):
        ledger.charge(charge_of("T6", period), total_rho=TOTAL)
    return ledger, tmp_path / "ledger.jsonl"


def test_a_charge_cut_short_by_a_crash_was_never_granted(tmp_path):
    ledger, path = filled(tmp_path)
    data = path.read_bytes()
    last = data.splitlines(keepends=True)[-1]
    for cut in (1, len(last) // 2, len(last) - 1):
        path.write_bytes(data[:-cut])
        assert len(ledger.charges()) == 2
    ledger.charge(charge_of("T6", days(3)[2]), total_rho=TOTAL)
    assert path.read_bytes() == data


@given(position=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_every_changed_byte_of_a_line_with_a_successor_is_noticed(tmp_path_factory, position, flip):
    # The last line has no successor: its loss or change is for the DPO's checkpoint to find.
    ledger, path = filled(tmp_path_factory.mktemp("ledger"), 2)
    data = bytearray(path.read_bytes())
    data[position % (data.index(b"\n") + 1)] ^= flip
    path.write_bytes(bytes(data))
    with pytest.raises(LedgerDamaged):
        ledger.charges()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda lines: lines[1:], id="first line taken out"),
        pytest.param(lambda lines: [lines[0], *lines[2:]], id="middle line taken out"),
        pytest.param(lambda lines: [lines[1], lines[0], lines[2]], id="lines swapped"),
        pytest.param(lambda lines: [lines[0], *lines], id="line repeated"),
        pytest.param(lambda lines: [b"\n", *lines], id="empty line"),
        pytest.param(lambda lines: [b"[]\n", *lines], id="not an object"),
        pytest.param(lambda lines: [b"{}\n", *lines], id="empty object"),
        pytest.param(lambda lines: [b"[" * 100_000 + b"\n", *lines], id="too deep"),
        pytest.param(lambda lines: [lines[0].replace(b":", b": ", 1), *lines[1:]], id="respelt"),
    ],
)
def test_an_altered_ledger_refuses_every_charge(tmp_path, change):
    ledger, path = filled(tmp_path)
    before = b"".join(change(path.read_bytes().splitlines(keepends=True)))
    path.write_bytes(before)
    with pytest.raises(LedgerDamaged, match="restore"):
        ledger.charge(charge_of("T6", days(9)[8]), total_rho=TOTAL)
    assert path.read_bytes() == before


@pytest.mark.parametrize("which", ["starts", "ends"])
def test_a_charge_with_a_date_that_is_none_is_damage(tmp_path, which):
    ledger, path = filled(tmp_path, 1)
    entry = json.loads(path.read_bytes())
    entry[which] = "always"
    path.write_text(json.dumps(entry, sort_keys=True, separators=(",", ":")) + "\n")
    with pytest.raises(LedgerDamaged):
        ledger.charges()


RIVAL = """
import sys
from datetime import timedelta
from pathlib import Path
from privacy.gate.refused import AlreadyReleased
from tests.privacy.examples import charge_of, ledger_in
from tests.privacy.test_ledger import TOTAL, days
ledger = ledger_in(Path(sys.argv[1]))
granted = 0
for period in days(40):
    try:
        ledger.charge(charge_of("T6", period, 0.02), total_rho=TOTAL)
        granted += 1
    except AlreadyReleased:
        pass
print(granted)
"""


def test_of_two_processes_exactly_one_is_granted_each_period(tmp_path):
    rivals = [
        subprocess.Popen([sys.executable, "-c", RIVAL, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    granted = [int(rival.communicate(timeout=60)[0]) for rival in rivals]
    charges = ledger_in(tmp_path).charges()
    assert sum(granted) == len(charges) == 40
    assert len({charge.period for charge in charges}) == 40


def test_a_year_of_releases_never_passes_the_total(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    start = date(2026, 8, 31)
    for week in range(4):
        monday = start + timedelta(weeks=week)
        for period in days(7, monday):
            ledger.charge(charge_of("T6", period, 0.00243), total_rho=TOTAL)
        week_period = period_of(PeriodKind.WEEK, monday)
        ledger.charge(charge_of("T1", week_period, 0.006075), total_rho=TOTAL)
    charges = ledger.charges()
    for day in days(28, start):
        covering = [c for c in charges if c.starts <= day.name < c.ends]
        assert sum(c.rho for c in covering) == pytest.approx(0.008505)
