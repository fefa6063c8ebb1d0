"""From services.yaml to the weekly table of services, and to what is said of those never shown."""

from analyzer import cells, pipeline
from analyzer import release as releasing
from analyzer.exact import Bench
from analyzer.store import Store
from cli.release import _followed
from privacy.release import Shown
from school.load import load_school
from tests.analyzer_release.examples import MONDAY, NEXT_MONDAY, slice_row, write_part
from tests.support.acknowledged import acknowledge

SERVICES = """
own:
  - service: Moodle du lycée
    suffixes: [moodle.exemple-lycee.fr]
    category: ent
    because: essai
follow: [Atrium, Moodle du lycée, Pix]
"""


def with_services(place):
    (place.declared / "services.yaml").write_text(SERVICES, encoding="utf-8")
    place.school = load_school(place.declared)
    acknowledge(place.root, place.declared, key=place.dpo)  # followed services are cells
    return place


def test_a_device_counts_once_a_day_for_each_followed_service_own_ones_included(empty):
    place = with_services(empty)
    rows = [
        slice_row(MONDAY, "09:05", 1, "atrium-sud.fr"),
        slice_row(MONDAY, "09:06", 1, "atrium-sud.fr"),
        slice_row(MONDAY, "09:06", 1, "moodle.exemple-lycee.fr"),
        slice_row(MONDAY, "09:06", 2, "moodle.exemple-lycee.fr"),
        slice_row(MONDAY, "09:06", 2, "youtube.com"),
    ]
    write_part(place.root, "flows", MONDAY, rows)
    catalogue = place.school.catalogue()
    pipeline.analyze(place.root, place.school, as_of=NEXT_MONDAY, catalogue=catalogue)
    store = Store(place.root)
    table = Bench(store, place.school, catalogue).tables["T3"]
    counts = cells.read(store, "T3", MONDAY).cells.counts
    assert dict(zip((cell[0] for cell in table.cells()), counts, strict=True)) == {
        "Atrium": 1,
        "Moodle du lycée": 2,
        "Pix": 0,
    }


def test_without_followed_services_there_is_no_such_table(empty):
    assert "T3" not in Bench(Store(empty.root), empty.school, empty.school.catalogue()).tables


def test_a_released_week_says_which_followed_services_it_shows(place):
    with_services(place)
    assert _followed(place.root, place.school)["not_released"] == list(place.school.services.follow)
    catalogue = place.school.catalogue()
    releasing.release(place.root, place.school, as_of=NEXT_MONDAY, catalogue=catalogue)
    assert _followed(place.root, place.school) == {
        "shown": ["Atrium"],
        "never_shown": ["Moodle du lycée", "Pix"],
        "not_released": [],
    }
    (period,) = place.published.periods("T3")
    release = place.published.release("T3", period)
    assert [cell.get("service") for cell in release.cells] == list(place.school.services.follow)
    assert [isinstance(cell.display, Shown) for cell in release.cells] == [True, False, False]
