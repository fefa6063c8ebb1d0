"""State of the link per minute, and the link load that is published."""

from datetime import date, timedelta

import numpy as np
import pytest

from analyzer.exact import Bench, day_minutes
from analyzer.link_load import SlotTimes, slot_loads
from analyzer.link_release import FEW_PERSONS, NO_CAPACITY
from analyzer.link_state import LINE_COLUMNS, LineRows, minutes_of, read_lines, state_table
from analyzer.store import Store
from privacy.records import LINK_SCHEMA
from school.catalogue import load_catalogue
from school.lines import Capacity
from tests.analyzer_release.examples import (
    FILES,
    MONDAY,
    NEXT_MONDAY,
    link_minutes,
    link_row,
    minute_of,
    write_part,
)

TEN = Capacity(date(2026, 9, 1), 10_000_000, 2_000_000)
START = 1_788_760_800  # 2026-09-07T06:00:00Z, 08:00 in Paris
SLOT = SlotTimes("M1", "lesson", "08:00", "08:10", START, START + 600)


def line(down_mbit_s, up_mbit_s=0.0, *, rows_per_minute=6):
    """One line whose minutes have the given mean rates."""
    start = [
        START + 60 * m + 10 * r for m in range(len(down_mbit_s)) for r in range(rows_per_minute)
    ]
    down = np.repeat([int(v * 1_250_000) for v in down_mbit_s], rows_per_minute)
    ones = np.ones(len(start), dtype=np.int64)
    up = ones * int(up_mbit_s * 1_250_000)
    return LineRows(np.array(start, dtype=np.int64), up, down.astype(np.int64), ones * 100, ones)


def states(*rows):
    return state_table([(minutes_of(r), TEN) for r in rows]).column("link_state").to_pylist()


def test_a_minute_is_busy_from_80_and_saturated_from_95_percent():
    assert states(line([0, 7.999, 8.0, 9.499, 9.5, 30])) == [
        "calm", "calm", "busy", "busy", "saturated", "saturated",
    ]  # fmt: skip


def test_the_worse_direction_decides():
    assert states(line([1.0], 1.6)) == ["busy"]
    assert states(line([9.6], 1.6)) == ["saturated"]


def test_the_worst_line_decides_for_the_school():
    assert states(line([1.0, 9.0]), line([9.6])) == ["saturated", "busy"]


@pytest.mark.parametrize(("rows", "seen"), [(2, 0), (3, 1), (6, 1)])
def test_a_minute_is_seen_from_half_of_its_rows(rows, seen):
    found = states(line([9.0], rows_per_minute=rows))
    assert found == ["busy"] * seen


def test_a_line_without_rows_has_no_minutes():
    nothing = np.zeros(0, dtype=np.int64)
    assert states(LineRows(nothing, nothing, nothing, nothing, nothing)) == []
    assert read_lines(LINK_SCHEMA.empty_table()) == {}


def test_interface_counters_are_preferred_and_interfaces_add_up(tmp_path):
    start = minute_of(MONDAY, "08:00")
    write_part(
        tmp_path,
        "link",
        MONDAY,
        [
            link_row(start, counter_down_bytes=700, down_bytes=500, up_bytes=30, offered=50),
            link_row(start, interface="eth1", down_bytes=40, kernel_drops=3, shed=2),
            link_row(start, line="other", down_bytes=1),
        ],
    )
    rows = read_lines(Store(tmp_path).link_rows(MONDAY, LINE_COLUMNS))["internet"]
    assert (rows.down_bytes.tolist(), rows.up_bytes.tolist()) == ([740], [30])
    assert (rows.offered.tolist(), rows.lost.tolist()) == ([150], [5])
    assert rows.start_s.tolist() == [START]


def test_ten_seconds_with_an_outage_are_no_measurement(tmp_path):
    """Neither where all of it was away, nor where a part was measured, nor on another interface."""
    start = minute_of(MONDAY, "08:00")
    seconds = [start + timedelta(seconds=10 * step) for step in range(4)]
    write_part(
        tmp_path,
        "link",
        MONDAY,
        [
            link_row(seconds[0], down_bytes=10),
            link_row(seconds[1], outage_ms=10_000),
            link_row(seconds[2], down_bytes=30),
            link_row(seconds[2], outage_ms=1),
            link_row(seconds[3], down_bytes=40),
            link_row(seconds[3], interface="eth1", outage_ms=9_000),
        ],
    )
    rows = read_lines(Store(tmp_path).link_rows(MONDAY, LINE_COLUMNS))["internet"]
    assert (rows.start_s.tolist(), rows.down_bytes.tolist()) == ([START], [10])


def test_minutes_of_an_outage_are_missing_in_the_published_load(tmp_path):
    measured = link_minutes(MONDAY, "08:00", 4, 5.0)
    away_from = minute_of(MONDAY, "08:04")
    gaps = [
        link_row(away_from + timedelta(seconds=10 * step), outage_ms=10_000) for step in range(36)
    ]
    write_part(tmp_path, "link", MONDAY, measured + gaps)
    found = load(read_lines(Store(tmp_path).link_rows(MONDAY, LINE_COLUMNS))["internet"])
    assert (found["minutes_seen"], found["minutes_missing"]) == (4, 6)
    assert found["down"]["mean_mbit_s"] == 5.0


def test_every_minute_of_the_day_has_timetable_and_state(empty):
    write_part(empty.root, "link", MONDAY, link_minutes(MONDAY, "08:00", 2, 9.9))
    table = day_minutes(Bench(Store(empty.root), empty.school, load_catalogue()), MONDAY)
    assert table.num_rows == 1440
    known = [row for row in table.to_pylist() if row["link_state"]]
    assert [(row["slot"], row["link_state"]) for row in known] == [("M1", "saturated")] * 2


# What is published.


def load(rows, slot=SLOT):
    return slot_loads(rows, TEN, [slot])[0]


def test_a_slot_says_how_full_the_line_was():
    found = load(line([1, 2, 3, 4, 5, 6, 7, 8, 9.5, 12], 0.2))
    assert found["down"] == {
        "mean_mbit_s": 5.75,
        "p95_mbit_s": 12.0,
        "peak10s_mbit_s": 12.0,
        "minutes_80": 3,
        "minutes_95": 2,
        "histogram": [0, 1, 1, 1, 1, 1, 1, 1, 1, 2],
    }
    assert found["up"]["histogram"] == [0, 10, 0, 0, 0, 0, 0, 0, 0, 0]
    assert (found["minutes_seen"], found["minutes_missing"]) == (10, 0)
    assert found["loss_share"] == 0.01


def test_what_lies_outside_the_slot_is_not_in_it():
    rows = line([9] * 20)
    assert load(rows)["minutes_seen"] == 10
    later = SlotTimes("M2", "lesson", "09:00", "09:10", START + 3600, START + 4200)
    assert load(rows, later)["minutes_seen"] == 0


def test_a_slot_that_was_not_seen_has_no_rates_rather_than_zero():
    later = SlotTimes("M2", "lesson", "09:00", "09:10", START + 3600, START + 4200)
    found = load(line([9]), later)
    assert found["minutes_missing"] == 10
    assert found["loss_share"] == 0.0
    assert {found["down"][k] for k in ("mean_mbit_s", "p95_mbit_s", "peak10s_mbit_s")} == {None}


def test_the_ten_second_peak_is_finer_than_the_minute():
    rows = line([1.0])
    rows.down_bytes[3] = 11_250_000
    found = load(rows)["down"]
    assert found["peak10s_mbit_s"] == 9.0
    assert found["p95_mbit_s"] == pytest.approx(2.333)


def test_link_load_of_a_day_holds_only_slots_of_enough_declared_persons(place):
    place.release()
    payload = place.published.payload("link", "2026-09-07")
    assert payload["kind"] == "link_load"
    assert payload["origin"] == "simulated"
    (only,) = payload["lines"]
    assert only["capacity"] == {"down_mbit_s": 10.0, "up_mbit_s": 2.0}
    slots = {slot["slot"]: slot for slot in only["slots"]}
    assert list(slots) == ["M1", "M2"]
    assert slots["M1"]["from"] == "08:00"
    assert slots["M1"]["down"]["mean_mbit_s"] == 4.0
    assert slots["M2"]["minutes_missing"] == 55
    wednesday = place.published.payload("link", "2026-09-09")["lines"][0]
    assert wednesday["capacity"]["down_mbit_s"] == 100.0


def test_link_load_names_no_device_and_no_zone(place):
    place.release()
    path = place.root / "public" / "releases" / "link" / "2026-09-07.json"
    assert not any(word in path.read_text() for word in ("device", "zone", "salles"))


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("lines", "2026-09-01", "2026-09-08", NO_CAPACITY),
        ("lines", "name: internet", "name: fibre", NO_CAPACITY),
        ("calendar", "persons: 300", "persons: 19", FEW_PERSONS),
    ],
)
def test_a_day_without_link_load_says_why(empty, file, old, new, reason):
    write_part(empty.root, "link", MONDAY, link_minutes(MONDAY, "08:00", 2, 9.9))
    empty.redeclare(**{file: FILES[f"{file}.yaml"].replace(old, new)})
    report = empty.release(as_of=NEXT_MONDAY + timedelta(days=1))
    assert [(s.table, s.reason) for s in report.skipped] == [("link", reason)]
    assert report.released == ()
