from datetime import date
from ipaddress import ip_address
from pathlib import Path

import pytest
import yaml

from school.lines import parse_rate
from school.load import load_school
from tests.school.declared import LYCEE, directory


@pytest.fixture(name="school")
def _school(tmp_path):
    return load_school(directory(tmp_path / "school"))


def test_no_word_becomes_a_boolean_a_number_or_a_time(school):
    assert school.charter.version == "1"
    assert school.calendar.slots[0].from_to == ("08:00", "08:55")


@pytest.mark.parametrize(
    ("address", "vlan", "zone"),
    [
        ("10.10.15.255", 0, "salles"),
        ("10.10.16.0", 0, "unmatched"),
        ("10.31.0.9", 0, "loge"),
        ("10.10.0.9", 31, "loge"),
        ("fd00::1", 0, "unmatched"),
    ],
)
def test_an_address_belongs_to_the_zone_of_its_vlan_or_subnet(school, address, vlan, zone):
    assert school.zones.of_address(ip_address(address), vlan=vlan) == zone


def test_small_zones_are_published_in_a_larger_one_and_servers_nowhere(school):
    assert {zone.name: zone.published_as for zone in school.zones} == {
        "salles": "salles",
        "bureaux": "bureaux",
        "loge": "bureaux",
        "internat": "internat",
        "serveurs": None,
    }
    assert [zone.name for zone in school.zones.published()] == ["salles", "bureaux", "internat"]
    assert school.zones.kind_of("loge") == "office"
    assert school.zones.kind_of("nowhere") == "unmatched"


@pytest.mark.parametrize(
    ("day", "down"),
    [
        (date(2026, 8, 31), None),
        (date(2026, 9, 1), 20_000_000),
        (date(2026, 10, 4), 20_000_000),
        (date(2026, 10, 5), 2_500_000_000),
    ],
)
def test_capacity_changes_on_its_date(school, day, down):
    capacity = school.lines[0].capacity_at(day)
    assert (capacity.down_bit_s if capacity else None) == down


@pytest.mark.parametrize(
    ("text", "bit_s"),
    [("50 Mbit/s", 50_000_000), ("2,5 Gbit/s", 2_500_000_000), ("0.512Mbit/s", 512_000)],
)
def test_capacities_are_read_in_bits(text, bit_s):
    assert parse_rate(text) == bit_s


@pytest.mark.parametrize(
    "text", ["50", "50 Mb", "50 MB/s", "0 Mbit/s", "-1 Mbit/s", "5 Tbit/s", ""]
)
def test_what_is_no_capacity_is_refused_with_the_form_to_use(text):
    with pytest.raises(ValueError, match="50 Mbit/s"):
        parse_rate(text)


def _changed(directory_: Path, name: str, old: str, new: str):
    path = directory_ / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return load_school(directory_)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("zones.yaml", "kind: boarding", "kind: wifi"),
        ("lines.yaml", "20 Mbit/s", "21 Mbit/s"),
        ("calendar.yaml", "08:55", "08:56"),
        ("charter.yaml", "use: pedagogical", "use: technical"),
        ("charter.yaml", "Apprendre.", "Apprendre !"),
    ],
)
def test_the_charter_digest_changes_with_whatever_decides_a_verdict(
    school, tmp_path, name, old, new
):
    other = _changed(directory(tmp_path / "other"), name, old, new)
    assert other.charter_digest != school.charter_digest
    assert other.privacy_digest == school.privacy_digest


def test_the_privacy_digest_changes_with_the_settings_only(school, tmp_path):
    other = _changed(
        directory(tmp_path / "other"), "privacy.yaml", "retention_days: 8", "retention_days: 7"
    )
    assert other.privacy_digest != school.privacy_digest
    assert other.charter_digest == school.charter_digest


def test_the_digest_does_not_change_with_notation(school, tmp_path):
    written = directory(tmp_path / "other")
    for path in written.glob("*.yaml"):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
        content = _without_null(content)
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    other = load_school(written)
    assert other.charter_digest == school.charter_digest
    assert other.privacy_digest == school.privacy_digest


def _without_null(value):
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item != "null"}
    return [_without_null(item) for item in value] if isinstance(value, list) else value


def test_the_shipped_charter_loads_and_every_clause_is_used(tmp_path):
    written = directory(tmp_path / "school")
    (written / "charter.yaml").write_bytes(LYCEE.read_bytes())
    charter = load_school(written).charter
    assert {rule.clause for rule in charter.rules} == {clause.id for clause in charter.clauses}
