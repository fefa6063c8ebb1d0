"""How schools spread: never the ends, never among few, and with the noise that is inside."""

import random
from datetime import date

import pytest

from dashboards.hub.compare import compare_view
from dashboards.hub.indicators import INDICATORS, Figure, figures_of
from dashboards.hub.material import Comparison
from dashboards.hub.spread import LEAST_SCHOOLS, may_name, spread
from dashboards.texts import Texts
from hub.compared import Compared
from privacy.release import load_release
from tests.hub.many_schools import SETTINGS, SHARES, TODAY, MadeSchool, new_hub, take, uai_of


def figures(*values: float, sigma: float = 1.0) -> list[Figure]:
    return [Figure(value, sigma, 4 * sigma) for value in values]


def test_ten_schools_are_too_few_and_eleven_are_not():
    assert spread(figures(*range(10, 20))) is None
    assert spread(figures(*range(10, 21))).schools == LEAST_SCHOOLS


def test_the_quartiles_are_those_of_the_values():
    found = spread(figures(*range(10, 21)))
    assert (found.low.value, found.median.value, found.high.value) == (12.5, 15, 17.5)
    assert found.width == 5


def test_the_ends_stand_nowhere():
    """Two spreads that differ in their ends only are told as one."""
    middle = list(range(20, 40))
    assert spread(figures(11, *middle, 90)) == spread(figures(12, *middle, 4000))


def test_a_quartile_under_a_schools_threshold_is_withheld():
    found = spread(figures(*[1] * 6, *[30] * 9))
    assert (found.low.value, found.low.below) == (None, 4)
    assert found.median.value == 30


def test_alike_schools_show_the_width_that_noise_makes():
    draw = random.Random(5)  # noqa: S311 - a fixture, not a secret
    found = spread(figures(*(100 + draw.gauss(0, 8) for _ in range(4000)), sigma=8.0))
    assert found.noise == pytest.approx(found.width, rel=0.06)
    assert found.mostly_noise
    apart = spread(figures(*(100 + draw.gauss(0, 40) for _ in range(400)), sigma=8.0))
    assert not apart.mostly_noise


def test_names_stand_where_schools_agreed_unless_they_would_tell_the_others():
    schools = [f"{n}" for n in range(20)]
    assert may_name(schools, schools[:3]) == set(schools[:3])
    assert may_name(schools, schools[: 20 - LEAST_SCHOOLS]) == set(schools[: 20 - LEAST_SCHOOLS])
    assert may_name(schools, schools[:10]) == set()  # ten others: fewer than eleven
    assert may_name(schools, schools) == set(schools)
    assert may_name(schools, ["elsewhere"]) == set()


def test_the_zones_of_a_school_add_up_and_so_does_their_noise():
    school = MadeSchool(3, workstations=1000)
    found = figures_of(load_release(school.release("T1", 0)))
    sigma = SETTINGS.method("T1").sigma
    assert found["days-any"].sigma == pytest.approx(2 * sigma)  # four zones
    exact = school.habit * SHARES["any"] * 1000
    assert found["days-any"].value == pytest.approx(exact, abs=6 * 2 * sigma)
    assert found["days-any"].threshold == max(8 * sigma, 77)
    volumes = figures_of(load_release(school.release("T4", 0)))
    assert set(found) | set(volumes) == set(INDICATORS)
    assert volumes["volume-technical"].sigma == pytest.approx(SETTINGS.method("T4").sigma / 1000)


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> Compared:
    schools = [MadeSchool(n, workstations=100 * n) for n in range(1, 13)] + [
        MadeSchool(50, kind="ecole")
    ]
    hub = new_hub(tmp_path_factory.mktemp("spread") / "hub", schools)
    for school in schools:
        take(hub, school, [0])
    return Compared(hub, lambda: TODAY)


def test_figures_are_brought_to_a_hundred_workstations(compared):
    """Machines are used alike in these schools: the largest has twelve times the smallest's total."""
    found = compared.figures("lycee", "2026-W37")["days-any"]
    assert len(found) == 12
    for number in range(1, 13):
        figure, expected = found[uai_of(number)], 100 * SHARES["any"] * MadeSchool(number).habit
        assert figure.value == pytest.approx(expected, abs=6 * figure.sigma)


def test_schools_are_compared_with_their_own_kind(compared):
    assert "0000050Y" not in compared.figures("lycee", "2026-W37")["days-any"]
    assert list(compared.figures("ecole", "2026-W37")["days-any"]) == ["0000050Y"]
    assert compared.spread("ecole", "2026-W37", "days-any") is None


def test_a_week_is_compared_one_week_after_its_end(tmp_path):
    school = MadeSchool(1)
    hub = new_hub(tmp_path / "hub", [school])
    take(hub, school, [0])
    assert Compared(hub, lambda: date(2026, 9, 20)).weeks("lycee") == []
    assert Compared(hub, lambda: date(2026, 9, 21)).weeks("lycee") == ["2026-W37"]


def test_what_another_process_enrols_or_erases_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("hub.compared.LOOK_EVERY_S", 0.0)
    school, other = MadeSchool(1), MadeSchool(2)
    hub = new_hub(tmp_path / "hub", [school, other])
    take(hub, school, [0])
    compared = Compared(hub, lambda: TODAY)
    before = compared.stamp()
    assert set(compared.schools()) == {school.uai, other.uai}
    hub.remove(school.uai)
    assert set(compared.schools()) == {other.uai}
    assert compared.stamp() != before
    assert compared.figures("lycee", "2026-W37") == {}


def test_a_school_whose_files_are_damaged_is_left_out_and_said(tmp_path):
    school, other = MadeSchool(1), MadeSchool(2)
    hub = new_hub(tmp_path / "hub", [school, other])
    take(hub, school, [0])
    path = hub.directory / "schools" / school.uai / "releases/T1/2026-W37.json"
    path.write_bytes(path.read_bytes()[:-9])
    compared = Compared(hub, lambda: TODAY)
    assert set(compared.schools()) == {other.uai}
    assert compared.damaged == {school.uai}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_sentence_says_where_one_stands_only_when_the_noise_lets_it(compared, lang):
    texts = Texts(lang)
    spreads = {name: compared.spread("lycee", "2026-W37", name) for name in INDICATORS}
    high = spreads["days-pedagogical"].high.value

    def said(own: Figure) -> str:
        found = Comparison(
            hub="x", kind="lycee", kinds=("lycee",), weeks=("2026-W37",), week="2026-W37",
            schools=12, simulated=0, spreads=spreads, own={"days-pedagogical": own},
            indicator="days-pedagogical",
        )  # fmt: skip
        return compare_view(found, texts).said[0].text

    above, inside = (
        texts(f"hub.own.{place}", value="|").split("|")[1].strip() for place in ("above", "inside")
    )
    assert said(Figure(high + 50, 10, 40)).endswith(above)
    assert said(Figure(high + 15, 10, 40)).endswith(inside)  # within 1.96 × 10 of it
    assert "|" not in said(Figure(3, 10, 40))  # under its threshold: nothing is said of it
    assert not said(Figure(3, 10, 40)).endswith((above, inside))
