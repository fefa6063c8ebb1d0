"""A false clock deletes nothing."""

import json

import pytest

from privacy import clock
from privacy.clock import FILE, ClockGuard, Reading, State, judge

HOUR, DAY, YEAR = 3_600, 86_400, 365 * 86_400
START = Reading(1_794_816_000.0, 1_000.0, "boot-1")


def later(*, wall: float, up: float, boot: str = "boot-1") -> Reading:
    return Reading(START.wall_s + wall, START.up_s + up if boot != "boot-2" else up, boot)


@pytest.mark.parametrize(
    ("wall", "up", "boot", "frozen", "because"),
    [
        (DAY, DAY, "boot-1", False, "an ordinary day"),
        (DAY + 599, DAY, "boot-1", False, "a small correction"),
        (HOUR + DAY, DAY, "boot-1", True, "+1 h"),
        (-HOUR, 10, "boot-1", True, "-1 h"),
        (DAY, 10, "boot-1", True, "+1 day"),
        (-DAY, 10, "boot-1", True, "-1 day"),
        (10 * YEAR, 10, "boot-1", True, "+10 years"),
        (3 * DAY, 3 * DAY, "", False, "a sandbox hides which run of the machine it is"),
        (120, 60, "boot-2", False, "a reboot"),
        (2 * DAY, 60, "boot-2", False, "off over the weekend"),
        (-5, 60, "boot-2", False, "a reboot, the clock a little behind"),
        (-DAY, 60, "boot-2", True, "a dead battery: the clock fell back"),
        (30 * DAY, 60, "boot-2", True, "off for a month, or a false clock: who knows"),
    ],
)
def test_deletion_freezes_when_the_clocks_part(wall, up, boot, frozen, because):
    state, off = judge(State(START), later(wall=wall, up=up, boot=boot))
    assert (state.frozen, abs(off) > 600) == (frozen, frozen), because


def test_a_clock_that_comes_back_is_believed_again():
    state, _ = judge(State(START), later(wall=DAY, up=100))
    assert state.frozen
    state, _ = judge(state, later(wall=200, up=200))
    assert not state.frozen


class Machine:
    def __init__(self) -> None:
        self.now = START
        self.said: list[tuple[str, dict]] = []

    def guard(self, root) -> ClockGuard:
        return ClockGuard(root, lambda: self.now, lambda k, f: self.said.append((k, f)))


def test_a_jump_is_remembered_by_the_next_process_and_ends_when_confirmed(tmp_path):
    machine = Machine()
    assert machine.guard(tmp_path).believed()
    machine.now = later(wall=DAY, up=60)
    assert not machine.guard(tmp_path).believed()
    machine.now = later(wall=DAY + 3_000, up=3_060)
    assert not machine.guard(tmp_path).believed(), "time alone confirms nothing"
    assert round(machine.guard(tmp_path).confirm()) == DAY - 60
    assert machine.guard(tmp_path).believed()
    assert [kind for kind, _ in machine.said] == ["clock_jumped", "clock_confirmed"]


def test_a_jump_while_nothing_ran_is_noticed_by_the_next_run(tmp_path):
    machine = Machine()
    machine.guard(tmp_path).believed()
    machine.now = later(wall=10 * YEAR, up=5)
    assert not machine.guard(tmp_path).believed()


def test_slow_drift_is_followed(tmp_path):
    machine = Machine()
    guard = machine.guard(tmp_path)
    for day in range(40):  # 90 s a day: no clock is worse
        machine.now = later(wall=day * (DAY + 90), up=day * DAY)
        assert guard.believed()


@pytest.mark.parametrize("content", [b"{", b'{"reading": 5}', b"nothing"])
def test_a_damaged_record_deletes_nothing_until_it_is_confirmed(content, tmp_path):
    machine = Machine()
    (tmp_path / FILE).write_bytes(content)
    for _ in range(3):
        assert not machine.guard(tmp_path).believed()
    machine.guard(tmp_path).confirm()
    assert machine.guard(tmp_path).believed()
    assert [kind for kind, _ in machine.said] == ["clock_jumped", "clock_confirmed"]


def test_the_record_never_grows(tmp_path):
    machine = Machine()
    guard = machine.guard(tmp_path)
    for minute in range(0, 200, 7):
        machine.now = later(wall=minute * 60, up=minute * 60)
        guard.believed()
    assert (tmp_path / FILE).stat().st_size == 512
    assert json.loads((tmp_path / FILE).read_bytes())["frozen"] is False


def test_the_time_that_is_believed_goes_on_where_the_clock_jumped(tmp_path):
    machine = Machine()
    guard = machine.guard(tmp_path)
    assert guard.time_s(5.0) == 5.0, "before the first look"
    guard.believed()
    machine.now = later(wall=60, up=60)
    assert guard.time_s(machine.now.wall_s) == START.wall_s + 60
    machine.now = later(wall=DAY, up=60)
    assert guard.time_s(machine.now.wall_s) == START.wall_s + 60


def test_this_machine_s_clocks_are_read_with_or_without_the_name_of_its_boot(monkeypatch):
    read = clock.read_clocks()
    assert read.wall_s > START.wall_s - 10 * YEAR
    assert read.up_s > 0
    monkeypatch.setattr(clock, "_BOOT_ID", clock._BOOT_ID / "not" / "there")
    assert clock.read_clocks().boot == ""
