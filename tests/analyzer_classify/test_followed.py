"""Services that the school follows and its releases never showed: from released cells only."""

import base64
import inspect
import json
from datetime import date, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from analyzer import services
from analyzer.services import Adoption, Followed, followed
from cli.exits import Refusal
from cli.release import _followed
from privacy.release import Cell, Method, Release, Shown, Withheld, display, dump_release
from privacy.sealed import seal
from school.load import load_school
from tests.school.declared import directory

METHOD = Method("discrete_gaussian", "device_day", 0.003645, 33.1, 8)
FOLLOW = ("Pronote", "Pix", "Éléa", "Lumni")


def week(number, values, table="T3", dimension="service"):
    start = date(2026, 9, 7) + timedelta(weeks=number)
    cells = tuple(
        Cell(((dimension, name),), noisy, display(noisy, sigma=METHOD.sigma, floor=77))
        for name, noisy in values.items()
    )
    return Release(
        table=table,
        period=f"2026-W{37 + number}",
        starts=start,
        ends=start + timedelta(weeks=1),
        method=METHOD,
        cells=cells,
        origin="simulated",
        charter_digest="0" * 64,
        privacy_digest="0" * 64,
    )


WEEKS = [
    week(0, {"Pronote": 900, "Pix": 40, "Éléa": 3}),
    week(1, {"Pronote": 20, "Pix": 300, "Éléa": -12}),
]


def test_a_service_is_shown_never_shown_or_in_no_release():
    assert isinstance(WEEKS[0].cells[0].display, Shown)
    assert isinstance(WEEKS[0].cells[1].display, Withheld)
    assert followed(FOLLOW, WEEKS) == (
        Followed("Pronote", Adoption.SHOWN, 2),
        Followed("Pix", Adoption.SHOWN, 2),
        Followed("Éléa", Adoption.NEVER_SHOWN, 2),
        Followed("Lumni", Adoption.NOT_RELEASED, 0),
    )


def test_other_tables_say_nothing_of_services():
    other = [week(0, {"Pix": 900}, table="T1"), week(0, {"Pix": 900}, dimension="use")]
    assert {one.adoption for one in followed(FOLLOW, other)} == {Adoption.NOT_RELEASED}


@pytest.mark.parametrize("noisy", [-100, 0, 5, 100, 132])
def test_no_use_and_too_little_use_look_alike(noisy):
    plain = followed(["Éléa"], [week(0, {"Éléa": 0})])
    assert followed(["Éléa"], [week(0, {"Éléa": noisy})]) == plain


def test_the_noisy_value_and_the_slices_are_not_even_read():
    source = inspect.getsource(services)
    assert ".noisy" not in source
    assert "analyzer." not in "\n".join(
        line for line in source.splitlines() if line.startswith(("from", "import"))
    )


@pytest.fixture(name="store")
def _store(tmp_path):
    """The public side of a store with two sealed weeks of services."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = tmp_path / "store" / "public"
    (public / "releases" / "T3").mkdir(parents=True)
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    (public / "seal.pub").write_bytes(base64.b64encode(raw))
    for release in WEEKS:
        path = public / "releases" / "T3" / f"{release.period}.json"
        path.write_bytes(seal(dump_release(release), key))
    return tmp_path / "store"


@pytest.fixture(name="school")
def _school(tmp_path):
    written = directory(tmp_path / "school")
    names = "\n".join(f"  - {name}" for name in FOLLOW)
    (written / "services.yaml").write_text(f"follow:\n{names}\n", encoding="utf-8")
    return load_school(written)


def test_the_command_lists_names_and_no_number(store, school):
    told = _followed(store, school)
    assert told == {
        "shown": ["Pronote", "Pix"],
        "never_shown": ["Éléa"],
        "not_released": ["Lumni"],
    }
    assert not any(character.isdigit() for character in json.dumps(told, ensure_ascii=False))


def test_an_altered_release_is_refused(store, school):
    path = next((store / "public" / "releases" / "T3").glob("*.json"))
    path.write_bytes(path.read_bytes().replace(b"900", b"901").replace(b"300", b"301"))
    with pytest.raises(Refusal, match="a release of T3 cannot be used"):
        _followed(store, school)


def test_before_the_first_release_every_service_is_in_none(tmp_path, school):
    assert _followed(tmp_path, school)["not_released"] == list(FOLLOW)
