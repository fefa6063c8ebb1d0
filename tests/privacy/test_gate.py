import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import pytest

from privacy import gate
from privacy.gate import ReleaseRefused, noise
from privacy.gate.bounded import DayCells, Seen, count_seen
from privacy.gate.periods import Period, PeriodKind, period_of
from privacy.gate.refused import AlreadyReleased, CellsRefused, OverBudget, PeriodOpen
from privacy.gate.tables import rehearsal
from privacy.release import Shown, Withheld, dump_release, load_release
from privacy.settings import PrivacySettings
from tests.privacy.examples import (
    DAY,
    MONDAY,
    OCCASION,
    SETTINGS,
    T1,
    T6,
    TABLES,
    WEEK,
    charge_of,
    crowd,
    ledger_in,
)


def ask(tmp_path, exact=None, definition=T6, period=DAY, *, settings=SETTINGS, occasion=OCCASION):
    return gate.release(
        [crowd(300, definition)] if exact is None else exact,
        definition,
        period,
        settings=settings,
        ledger=ledger_in(tmp_path),
        occasion=occasion,
    )


def test_a_release_has_every_public_cell_and_carries_its_method(tmp_path):
    release = ask(tmp_path, definition=T1, period=WEEK)
    assert tuple(cell.key for cell in release.cells) == T1.keys()
    assert (release.table, release.period) == ("T1", "2026-W37")
    assert (release.starts, release.ends) == (MONDAY, date(2026, 9, 14))
    assert release.method == SETTINGS.method("T1")
    assert (release.origin, release.charter_digest) == ("simulated", "c" * 64)
    assert release.privacy_digest == SETTINGS.digest()


def test_a_release_survives_its_stored_form(tmp_path):
    release = ask(tmp_path, definition=T1, period=WEEK)
    assert load_release(dump_release(release)) == release


def test_a_week_adds_up_its_days(tmp_path, monkeypatch):
    monkeypatch.setattr(noise, "draw", lambda counts, method: list(counts))
    exact = [crowd(100 + n, T1, MONDAY + timedelta(days=n)) for n in range(5)]
    release = ask(tmp_path, exact, T1, WEEK)
    assert {cell.noisy for cell in release.cells if cell.get("zone") == "salles"} == {510}
    assert {cell.noisy for cell in release.cells if cell.get("zone") != "salles"} == {0}


def test_a_period_without_any_slice_is_drawn_like_any_other(tmp_path):
    release = ask(tmp_path, [])
    assert len(release.cells) == 4
    assert len(ledger_in(tmp_path).charges()) == 1


def test_a_released_cell_is_not_the_exact_count(tmp_path):
    exact = [crowd(300, T1, MONDAY + timedelta(days=n)) for n in range(7)]
    noisy = [cell.noisy for cell in ask(tmp_path, exact, T1, WEEK).cells]
    assert noisy != [2100] * 5 + [0] * 10
    assert len(set(noisy[:5])) > 1


@pytest.mark.parametrize(
    ("definition", "period", "floor"), [(T1, WEEK, 82), (T6, DAY, 115)], ids=["T1", "T6"]
)
def test_a_withheld_cell_names_the_threshold_and_never_becomes_zero(
    tmp_path, monkeypatch, definition, period, floor
):
    monkeypatch.setattr(noise, "draw", lambda counts, method: [floor - 1 for _ in counts])
    release = ask(tmp_path, definition=definition, period=period)
    assert all(cell.display == Withheld(below=floor) for cell in release.cells)
    shown = [cell["display"] for cell in dump_release(release)["cells"]]
    assert all(display == {"withheld": True, "below": floor} for display in shown)
    assert all(not hasattr(cell.display, "value") for cell in release.cells)


@pytest.mark.parametrize(
    ("noisy", "quality"), [(115, "indicatif"), (286, "indicatif"), (287, "fiable")]
)
def test_a_shown_cell_says_how_much_weight_it_bears(tmp_path, monkeypatch, noisy, quality):
    monkeypatch.setattr(noise, "draw", lambda counts, method: [noisy] * len(counts))
    display = ask(tmp_path).cells[0].display
    assert display == Shown(value=noisy, margin=56.2, quality=quality)


def test_the_floor_is_eleven_devices_for_each_day_of_the_period(tmp_path, monkeypatch):
    loud = PrivacySettings.model_validate({"display": {"floor_devices_per_day": 40}})
    monkeypatch.setattr(noise, "draw", lambda counts, method: [279] * len(counts))
    release = ask(tmp_path, definition=T1, period=WEEK, settings=loud)
    assert release.cells[0].display == Withheld(below=280)


def test_the_display_rule_is_that_of_the_settings(tmp_path, monkeypatch):
    strict = PrivacySettings.model_validate({"display": {"sigmas": 6, "reliable_sigmas": 12}})
    monkeypatch.setattr(noise, "draw", lambda counts, method: [172, 173, 344, 345])
    cells = ask(tmp_path, settings=strict).cells
    assert cells[0].display == Withheld(below=173)
    assert [cell.display.quality for cell in cells[1:]] == ["indicatif", "indicatif", "fiable"]


# Charged first, drawn once.


def test_the_charge_is_in_the_ledger_when_the_noise_is_drawn(tmp_path, monkeypatch):
    seen = []

    def draw(counts, method):
        seen.extend(ledger_in(tmp_path).charges())
        return list(counts)

    monkeypatch.setattr(noise, "draw", draw)
    ask(tmp_path)
    assert [(charge.table, charge.period, charge.rho) for charge in seen] == [
        ("T6", "2026-09-07", SETTINGS.method("T6").rho)
    ]


def test_released_twice_is_refused_and_nothing_is_drawn(tmp_path, monkeypatch):
    ask(tmp_path)
    drawn = []
    monkeypatch.setattr(noise, "draw", lambda *given: drawn.append(given))
    with pytest.raises(AlreadyReleased):
        ask(tmp_path)
    assert drawn == []


KILLED = """
import os, signal, sys
from pathlib import Path
from privacy.gate import noise
from tests.privacy.test_gate import ask
noise.draw = lambda counts, method: os.kill(os.getpid(), signal.SIGKILL)
ask(Path(sys.argv[1]))
"""


def test_a_crash_between_charge_and_draw_loses_the_period_for_good(tmp_path):
    died = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert [charge.period for charge in ledger_in(tmp_path).charges()] == ["2026-09-07"]
    with pytest.raises(AlreadyReleased):
        ask(tmp_path)


def test_over_budget_is_refused_before_the_draw(tmp_path, monkeypatch):
    monkeypatch.setattr(noise, "draw", lambda *_: pytest.fail("drawn"))
    ledger_in(tmp_path).charge(charge_of("T7", WEEK, 0.0243), total_rho=0.0243)
    with pytest.raises(OverBudget):
        ask(tmp_path)


# What the gate refuses.


def test_an_open_period_is_refused_until_its_last_day_is_over(tmp_path):
    for offset in range(7):
        today = replace(OCCASION, as_of=MONDAY + timedelta(days=offset))
        with pytest.raises(PeriodOpen):
            ask(tmp_path, definition=T1, period=WEEK, occasion=today)
    assert ledger_in(tmp_path).charges() == ()
    ask(tmp_path, definition=T1, period=WEEK)


EXACT = crowd(10, T1)
FORGED = [
    ("another table's cells", replace(EXACT, table="T6")),
    ("a cell too many", replace(EXACT, counts=(*EXACT.counts, 0))),
    ("a cell too few", replace(EXACT, counts=EXACT.counts[:-1])),
    ("a day outside the week", replace(EXACT, day=date(2026, 9, 14))),
    ("a day before the week", replace(EXACT, day=date(2026, 9, 6))),
    ("a negative count", replace(EXACT, counts=(-1, *EXACT.counts[1:]))),
    ("a count that is no whole number", replace(EXACT, counts=(10.0, *EXACT.counts[1:]))),
    ("a cell with more than all devices", replace(EXACT, counts=(11, *EXACT.counts[1:]))),
    ("one device everywhere", DayCells("T1", MONDAY, 1, (1,) * 15)),
    ("a use without its zone", DayCells("T1", MONDAY, 1, (1, *(0,) * 5, 1, *(0,) * 8))),
    ("devices that are in no zone", DayCells("T1", MONDAY, 3, (2, *(0,) * 14))),
]


@pytest.mark.parametrize("forged", [f[1] for f in FORGED], ids=[f[0] for f in FORGED])
def test_cells_that_no_bounded_device_days_add_up_to_are_refused(tmp_path, forged):
    with pytest.raises(CellsRefused):
        ask(tmp_path, [forged], T1, WEEK)
    assert ledger_in(tmp_path).charges() == ()


def test_whole_school_counts_over_the_cap_are_refused(tmp_path):
    strict = PrivacySettings.model_validate({"tables": {"T6": {"share": 0.1, "cap": 1}}})
    definition = replace(T6, cap=1)
    with pytest.raises(CellsRefused, match="cap"):
        ask(tmp_path, [crowd(10, T6)], definition, settings=strict)
    assert ask(tmp_path, [crowd(10, definition)], definition, settings=strict).method.cap == 1


def test_a_device_day_need_not_have_every_use_of_its_zone(tmp_path):
    some = DayCells("T1", MONDAY, 14, (10, 3, 2, 1, 0, 4, 0, 0, 0, 4, *(0,) * 5))
    assert ask(tmp_path, [some], T1, WEEK).table == "T1"
    more = replace(some, counts=(10, 3, 2, 1, 0, 4, 0, 0, 0, 5, *(0,) * 5))
    with pytest.raises(CellsRefused, match="two zones"):
        ask(tmp_path, [more], T1, period_of(PeriodKind.WEEK, MONDAY))


@pytest.mark.parametrize("counts", [(11, 0, 0, 0), (0, 0, 0, 20)])
def test_a_whole_school_cell_with_more_than_all_devices_is_refused(tmp_path, counts):
    with pytest.raises(CellsRefused, match="more than its device-days"):
        ask(tmp_path, [DayCells("T6", MONDAY, 10, counts)])
    assert ask(tmp_path, [DayCells("T6", MONDAY, 10, (10, 0, 0, 10))]).table == "T6"


def test_the_weight_of_counts_is_their_sum(tmp_path):
    """Six and six are twelve cells of ten device-days that fill one each; their norm would be eight."""
    strict = PrivacySettings.model_validate({"tables": {"T6": {"share": 0.1, "cap": 1}}})
    definition = replace(T6, cap=1)
    with pytest.raises(CellsRefused, match="over the cap"):
        ask(tmp_path, [DayCells("T6", MONDAY, 10, (6, 6, 0, 0))], definition, settings=strict)
    full = DayCells("T6", MONDAY, 10, (5, 5, 0, 0))
    assert ask(tmp_path, [full], definition, settings=strict).table == "T6"


def test_a_day_given_twice_is_refused(tmp_path):
    with pytest.raises(CellsRefused, match="twice"):
        ask(tmp_path, [EXACT, EXACT], T1, WEEK)


def test_a_definition_of_another_cap_than_the_settings_is_refused(tmp_path):
    with pytest.raises(ReleaseRefused, match="cap"):
        ask(tmp_path, [], replace(T6, cap=3))


@pytest.mark.parametrize(
    "period",
    [
        WEEK,
        Period(PeriodKind.DAY, "2026-09-08", MONDAY, date(2026, 9, 8)),
        Period(PeriodKind.DAY, "2026-09-07", MONDAY, date(2026, 9, 9)),
    ],
    ids=["a week", "misnamed", "two days long"],
)
def test_a_period_that_is_not_the_table_s_is_refused(tmp_path, period):
    with pytest.raises(ReleaseRefused, match="T6"):
        ask(tmp_path, [], T6, period)


def test_an_origin_that_says_neither_measured_nor_simulated_is_refused(tmp_path):
    with pytest.raises(ReleaseRefused, match="origin"):
        ask(tmp_path, occasion=replace(OCCASION, origin=""))


@pytest.mark.parametrize("origin", ["measured", "simulated"])
def test_a_release_says_whether_it_was_measured_or_simulated(tmp_path, origin):
    assert ask(tmp_path, occasion=replace(OCCASION, origin=origin)).origin == origin


# Volumes.

T4 = TABLES["T4"]
VOLUME = count_seen([Seen(n, ("pedagogical",), 800_000_000) for n in range(300)], T4, MONDAY)


def test_a_volume_is_drawn_with_the_noise_of_its_cap_and_has_no_floor_of_devices(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(noise, "draw", lambda counts, method: list(counts))
    release = ask(tmp_path, [VOLUME], T4, WEEK)
    by_use = {cell.get("use"): cell for cell in release.cells}
    assert by_use["pedagogical"].display == Shown(240_000, 28_115.0, "fiable")
    assert by_use["technical"].display == Withheld(below=57_378)
    assert release.method.measure == "megabytes"
    assert load_release(dump_release(release)) == release


def test_a_volume_has_no_floor_of_devices_however_small_its_cap(tmp_path, monkeypatch):
    """Eleven devices a day are 77 in a week: no threshold for megabytes, though four sigma are fewer."""
    small = PrivacySettings.model_validate({"tables": {"T4": {"share": 0.1, "cap": 1}}})
    monkeypatch.setattr(noise, "draw", lambda counts, method: [58] * len(counts))
    release = ask(tmp_path, [], replace(T4, cap=1), WEEK, settings=small)
    assert release.cells[0].display == Shown(58, 28.1, "indicatif")


LOUD = [
    ("a cell over the cap of every device-day", (300_001, 0, 0, 0, 0, 0)),
    ("a norm over the cap of every device-day", (300_000, 300, 30_000, 0, 0, 0)),
]


@pytest.mark.parametrize("counts", [case[1] for case in LOUD], ids=[case[0] for case in LOUD])
def test_volumes_that_no_bounded_device_days_add_up_to_are_refused(tmp_path, counts):
    with pytest.raises(CellsRefused):
        ask(tmp_path, [DayCells("T4", MONDAY, 300, counts)], T4, WEEK)
    assert ledger_in(tmp_path).charges() == ()


def test_the_weight_of_volumes_is_their_norm(tmp_path):
    """Three hundred devices of a gigabyte: 180,000 and 240,000 have the norm 300,000 exactly."""
    whole = DayCells("T4", MONDAY, 300, (180_000, 240_000, 0, 0, 0, 0))
    assert ask(tmp_path, [whole], T4, WEEK).table == "T4"


def test_every_table_of_a_week_and_a_month_fits_into_the_total_of_a_day(tmp_path):
    month = period_of(PeriodKind.MONTH, MONDAY)
    later = replace(OCCASION, as_of=month.ends)
    for definition in (*TABLES.values(), rehearsal(SETTINGS)):
        period = period_of(definition.period, MONDAY)
        ask(tmp_path, [], definition, period, occasion=later)
    spent = sum(charge.rho for charge in ledger_in(tmp_path).charges())
    assert spent == pytest.approx(SETTINGS.total_rho)
    with pytest.raises(OverBudget):
        ledger_in(tmp_path).charge(charge_of("T9", DAY, 1e-6), total_rho=SETTINGS.total_rho)


@pytest.mark.parametrize("policy", ["", "p" * 64, "a" * 63])
def test_a_release_made_under_no_policy_is_refused(tmp_path, policy):
    with pytest.raises(ReleaseRefused, match="under no policy"):
        ask(tmp_path, occasion=replace(OCCASION, policy_digest=policy))
    assert ledger_in(tmp_path).charges() == ()
