"""From slices on disk to the exact cells of slots, volumes and the saturated line."""

from analyzer import cells
from analyzer.exact import Bench
from analyzer.store import Store
from school.catalogue import load_catalogue
from tests.analyzer_release.examples import MONDAY, link_minutes, slice_row, write_part

RADIO, WORK, UNKNOWN = "radiofrance.fr", "atrium-sud.fr", None
MB = 1_000_000


def counted(place, rows, *, link=()):
    """Every table's cells that are not zero, by the values of their keys."""
    write_part(place.root, "flows", MONDAY, rows)
    if link:
        write_part(place.root, "link", MONDAY, link)
    place.analyze()
    store = Store(place.root)
    found = {}
    for name, table in Bench(store, place.school, load_catalogue()).tables.items():
        counts = cells.read(store, name, MONDAY).cells.counts
        named = zip(table.cells(), counts, strict=True)
        found[name] = {"/".join(cell): n for cell, n in named if n}
    return found


def test_a_device_counts_once_in_each_slot_in_which_it_has_a_use(empty):
    rows = [slice_row(MONDAY, at, 1, WORK) for at in ("08:05", "09:05", "09:06", "12:00")]
    rows += [slice_row(MONDAY, "09:07", 1, RADIO), slice_row(MONDAY, "09:08", 2, WORK)]
    assert counted(empty, rows)["T2"] == {
        "M1/pedagogical": 1,
        "M2/pedagogical": 2,
        "M2/residual_private": 1,
    }


def test_a_slot_of_fewer_persons_than_the_floor_has_no_cell(empty):
    rows = [slice_row(MONDAY, "17:05", 1, WORK)]
    found = counted(empty, rows)
    assert found["T2"] == {}
    assert found["T6"] == {"pedagogical": 1}


def test_octets_of_both_directions_count_for_the_use_of_their_slice(empty):
    rows = [
        slice_row(MONDAY, "09:05", 1, WORK, up_bytes=2 * MB, down_bytes=40 * MB),
        slice_row(MONDAY, "09:06", 1, WORK, up_bytes=0, down_bytes=8 * MB),
        slice_row(MONDAY, "09:05", 2, UNKNOWN, up_bytes=0, down_bytes=5 * MB),
        slice_row(MONDAY, "09:05", None, WORK, up_bytes=0, down_bytes=900 * MB),
    ]
    assert counted(empty, rows)["T4"] == {"pedagogical": 50, "undetermined": 5}


def test_one_device_s_volumes_are_scaled_to_the_cap(empty):
    rows = [slice_row(MONDAY, "09:05", 1, WORK, down_bytes=30_000 * MB)]
    assert counted(empty, rows)["T4"] == {"pedagogical": 1_000}


def test_only_what_passes_while_the_line_is_saturated_makes_it_full(empty):
    link = [*link_minutes(MONDAY, "09:05", 1, 9.6), *link_minutes(MONDAY, "09:06", 1, 8.9)]
    rows = [
        slice_row(MONDAY, "09:05", 1, RADIO, up_bytes=0, down_bytes=30 * MB),
        slice_row(MONDAY, "09:06", 1, RADIO, up_bytes=0, down_bytes=50 * MB),
        slice_row(MONDAY, "09:05", 2, UNKNOWN, up_bytes=0, down_bytes=20 * MB),
    ]
    assert counted(empty, rows, link=link)["T7"] == {"audio": 30, "undetermined": 20}


def test_the_month_has_the_two_uses_that_one_may_act_against(empty):
    rows = [slice_row(MONDAY, "09:05", 1, "utorrent.com"), slice_row(MONDAY, "09:05", 2, WORK)]
    assert counted(empty, rows)["T5-bis"] == {"abusive": 1}
