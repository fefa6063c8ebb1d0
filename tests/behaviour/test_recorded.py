"""What real programs did, once recorded, through the real collector's loop to a category.

`tests/behaviour/play.py --keep` recorded them; how they were cut down is told in `cut.py`. The long
form plays the programs themselves, ten times each (docs/accuracy.md).
"""

from pathlib import Path

import pyarrow.compute as pc
import pytest

from collector.placement import place_zones
from school.catalogue import load_catalogue
from school.load import load_school
from tests.behaviour.cut import unpack
from tests.behaviour.scenes import SCENES
from tests.behaviour.verdicts import SCHOOL, bare, main_categories, without_names, wrong
from tests.support import wire_facts
from tests.support.metering import meter_file

CAPTURES = sorted((Path(__file__).parent / "captures").glob("*.pcap.gz"))
INVENTED, SCHOOL_V4 = (bytes([198, 51, 100]),), (bytes([10, 10, 0]),)
MOST_BYTES = 300_000

recorded = pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name.split(".")[0])


def _scene(capture: Path):
    return SCENES[capture.name.split(".")[0]]


@pytest.fixture(name="metered", scope="module")
def _metered(tmp_path_factory):
    known: dict[Path, object] = {}
    placement = place_zones(load_school(SCHOOL).zones)
    catalogue = load_catalogue()

    def meter(capture: Path):
        if capture not in known:
            plain = tmp_path_factory.mktemp("captures") / capture.stem
            unpack(capture, plain)
            reduced = _reducer(catalogue)
            known[capture] = meter_file(plain, placement=placement, reduce=reduced)
        return known[capture]

    return meter


def _reducer(catalogue):
    from collector.reduced import Reduced

    return lambda name: Reduced(site=catalogue.site_of(name))


@pytest.mark.slow
@recorded
def test_the_category_is_right_with_names_without_them_and_without_marks(capture, metered):
    assert wrong(_scene(capture), metered(capture).slices) == [[]]


@recorded
def test_nothing_was_lost_by_cutting(capture, metered):
    totals = metered(capture).totals
    assert totals.gap() == 0
    assert totals.rejected == {}


def test_every_scene_was_recorded_and_every_recording_is_small():
    assert {path.name.split(".")[0] for path in CAPTURES} == set(SCENES)
    assert all(path.stat().st_size < MOST_BYTES for path in CAPTURES)


def test_taking_names_away_takes_every_name_and_only_names(metered):
    slices = metered(next(path for path in CAPTURES if "radio-mpv" in path.name)).slices
    nameless = without_names(slices)
    assert nameless["site"].null_count == nameless.num_rows
    assert set(nameless["site_source"].to_pylist()) == {"none"}
    assert nameless.drop(["site", "site_source", "list_category"]).equals(
        slices.drop(["site", "site_source", "list_category"])
    )
    assert bare(slices)["app"].null_count == slices.num_rows


def test_a_shorter_listening_is_left_undetermined(metered):
    """The test could fail: without its later minutes a radio has no behaviour."""
    slices = metered(next(path for path in CAPTURES if "radio-mpv" in path.name)).slices
    young = slices.filter(pc.less(slices["age_s"], 100))
    assert main_categories([without_names(young)]) == [{"unknown"}]


@recorded
def test_no_recording_holds_anything_but_invented_machines(capture, tmp_path):
    unpack(capture, tmp_path / "plain.pcap")
    for frame in wire_facts.frames(tmp_path / "plain.pcap"):
        assert frame[0] & 2, "a MAC address of a manufacturer"
        assert frame[6] & 2, "a MAC address of a manufacturer"
        if frame[12:14] == b"\x08\x00":
            assert all(end in INVENTED or end in SCHOOL_V4 for end in (frame[26:29], frame[30:33]))
