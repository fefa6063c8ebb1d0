"""Many schools' day files where executors read: what is erased at a school is erased there too."""

from dataclasses import replace

import pytest

from analyzer import pipeline
from analyzer.engines import EngineRefused
from privacy.store.keys import FileKeyring
from privacy.store.layout import keys_beside
from school.catalogue import load_catalogue
from school.load import load_school
from tests.analyzer_release.examples import MONDAY, NEXT_MONDAY, declare, slice_row, write_part
from tests.support.acknowledged import acknowledge

TUESDAY = MONDAY.replace(day=MONDAY.day + 1)


@pytest.fixture(name="analyze")
def _analyze(tmp_path, sail_settings):
    """Analyse a store of two days on Sail, over a base that other schools share."""
    declared, root = declare(tmp_path / "school"), tmp_path / "store"
    root.mkdir()
    acknowledge(root, declared)
    for day in (MONDAY, TUESDAY):
        rows = [slice_row(day, "09:05", device, "atrium-sud.fr") for device in range(20)]
        write_part(root, "flows", day, rows, origin="simulated")
    school = load_school(declared)
    (tmp_path / "lake" / "school=0750002B" / "day=2020-01-06").mkdir(parents=True)
    shared = sail_settings.model_copy(update={"slices": f"file://{tmp_path / 'lake'}"})

    def run(uai="0750001A"):
        return pipeline.analyze(
            root,
            replace(school, uai=uai),
            as_of=NEXT_MONDAY,
            catalogue=load_catalogue(),
            engine=shared,
        )

    run.root, run.lake = root, tmp_path / "lake"
    return run


def days(lake):
    return sorted(str(path.relative_to(lake)) for path in lake.glob("school=*/day=*"))


def test_the_copy_of_an_erased_day_is_removed_at_the_next_analysis_and_other_schools_keep_theirs(
    analyze,
):
    assert analyze().cleared == ()
    both = [f"school=0750001A/day={day}" for day in (MONDAY, TUESDAY)]
    other = "school=0750002B/day=2020-01-06"
    assert days(analyze.lake) == [*both, other]
    FileKeyring(keys_beside(analyze.root)).destroy(MONDAY)
    assert analyze().cleared == (f"day={MONDAY}",)
    assert days(analyze.lake) == [both[1], other]


def test_a_school_without_a_number_is_refused_where_schools_share_a_base(analyze):
    with pytest.raises(EngineRefused, match="write `uai:` under `school:`"):
        analyze(uai=None)
    assert days(analyze.lake) == ["school=0750002B/day=2020-01-06"]
