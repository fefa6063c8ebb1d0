"""The charter by place and time: what the table says is what `classify` says."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.classify import classify
from analyzer.facts import Facts
from analyzer.practice import JUDGED, practice
from school.charter import Rule, Tolerance, When
from school.declared import Label
from school.labels import CATEGORIES
from school.load import School, load_school
from school.words import Category

DEMO = Path(__file__).parents[2] / "simulator/school"


@pytest.fixture(scope="module")
def school() -> School:
    return load_school(DEMO)


@pytest.fixture(scope="module")
def table(school: School) -> dict:
    return practice(school)


def cell_of(table: dict, zone: str, period: str) -> dict[str, dict]:
    """French name of a category → its group, at one place and time."""
    row = next(r for r in table["rows"] if zone in [label["fr"] for label in r["zones"]])
    cells = [cell["groups"] for cell in row["cells"] if period in cell["periods"]]
    groups = [*table["everywhere"], *row["always"], *itertools.chain(*cells)]
    return {label["fr"]: group for group in groups for label in group["categories"]}


def test_each_cell_of_each_zone_and_period_is_what_the_charter_decides(school, table):
    for zone in school.zones:
        for period in ("lesson", "break", "meal", "evening", "night", "closed"):
            cell = cell_of(table, zone.label.fr, period)
            assert set(cell) == {CATEGORIES[category][0] for category in JUDGED}
            for category in JUDGED:
                for i, state in enumerate(("calm", "busy", "saturated")):
                    facts = Facts(zone_kind=zone.kind, period=period, category=category.value,
                                  evidence="strong", link_state=state, link_up=state,
                                  link_down=state, device_day_octets=0)  # fmt: skip
                    said = cell[CATEGORIES[category][0]]["little"][i]
                    assert said == classify(facts, school.charter).use


@pytest.mark.parametrize(
    ("zone", "period", "category", "little"),
    [
        ("Salles de cours", "lesson", Category.ENT, ["pedagogical"] * 3),
        ("Salles de cours", "lesson", Category.VIDEO_STREAMING,
         ["residual_private", "resource_inappropriate", "resource_inappropriate"]),
        ("Internat", "evening", Category.WEB_RADIO,
         ["residual_private", "residual_private", "resource_inappropriate"]),
        ("Wi-Fi", "break", Category.VPN_PROXY, ["abusive"] * 3),
        ("Bureaux", "lesson", Category.VPN_PROXY, ["undetermined"] * 3),
    ],
)  # fmt: skip
def test_a_few_lines_of_the_demonstration_charter(table, zone, period, category, little):
    assert cell_of(table, zone, period)[CATEGORIES[category][0]]["little"] == little


def test_what_holds_everywhere_is_told_once(table):
    everywhere = {label["fr"] for group in table["everywhere"] for label in group["categories"]}
    for row in table["rows"]:
        for cell in row["cells"]:
            groups = [*row["always"], *cell["groups"]]
            told = [label["fr"] for group in groups for label in group["categories"]]
            assert not everywhere & set(told)
            assert len(told) == len(set(told))


def test_zones_that_are_treated_alike_share_a_row(table):
    rows = [[label["fr"] for label in row["zones"]] for row in table["rows"]]
    assert ["Salles de cours", "CDI"] in rows
    assert ["Internat"] in rows


def test_large_volumes_and_tolerances_are_told(school):
    tolerance = Tolerance(30, 200, "resource_inappropriate", Label(fr="a", en="a"))
    games = Rule("games", When(category=frozenset({"games"})), "residual_private", "C2",
                 Label(fr="a", en="a"), tolerance)  # fmt: skip
    charter = replace(school.charter, rules=(games, *school.charter.rules))
    group = cell_of(practice(replace(school, charter=charter)), "CDI", "break")["jeux"]
    assert (group["minutes"], group["megabytes"]) == (30, 200)
    assert group["beyond"] == "resource_inappropriate"
    files = cell_of(practice(school), "CDI", "break")["hébergement de fichiers"]
    assert files["little"] == ["residual_private"] * 3
    assert files["much"][1] == "resource_inappropriate"


def test_whether_weak_evidence_ever_accuses_is_found_out(school, table):
    assert table["sure_only"] is True
    harsh = Rule("harsh", When(category=frozenset({"dating"})), "abusive", "C3",
                 Label(fr="a", en="a"))  # fmt: skip
    charter = replace(school.charter, rules=(harsh, *school.charter.rules))
    assert practice(replace(school, charter=charter))["sure_only"] is False


def test_what_the_table_leaves_out_is_named(school, table):
    assert table["also"] == ["behaviour"]
    exam = Rule("exam", When(day=frozenset({"exam"})), "undetermined", "C7", Label(fr="a", en="a"))
    charter = replace(school.charter, rules=(exam, *school.charter.rules))
    assert practice(replace(school, charter=charter))["also"] == ["day", "behaviour"]
