"""The sealed documents, and the two commands."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from analyzer import documents
from cli.exits import Exit, Refusal
from cli.main import app
from privacy.records import LINK_COLUMNS, SLICE_COLUMNS
from privacy.settings import PrivacySettings
from tests.analyzer_release.examples import MONDAY, NEXT_MONDAY, link_minutes, write_part
from tests.support.stores import committer_of


def test_the_school_is_published_as_declared(place):
    place.analyze()
    document = place.published.document("school")
    assert document["name"] == "Collège d'exemple"
    published = {zone["name"]: zone["published_as"] for zone in document["zones"]}
    assert published == {"salles": "salles", "bureaux": "bureaux", "loge": "bureaux"}
    cells = {zone["name"]: zone["cells"] for zone in document["zones"]}
    assert cells == {"salles": "own", "bureaux": "own", "loge": "merged"}
    assert document["whole_school_tables"] == ["T2", "T4", "T5-bis", "T6", "T7"]
    assert document["slots"][0] == {
        "name": "M1",
        "period": "lesson",
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "from": "08:00",
        "to": "08:10",
        "persons": 300,
    }
    assert document["lines"][0]["capacity"][1] == {
        "from": "2026-09-09",
        "down_mbit_s": 100.0,
        "up_mbit_s": 20.0,
    }
    assert [week["period"] for week in document["weeks"]] == ["2026-W37", "2026-W38"]
    assert document["weeks"][0]["school_days"][0] == "2026-09-07"
    assert (document["uai"], document["public_url"]) == ("0000000A", None)
    (term,) = document["terms"]
    assert (term["term"], term["starts"], term["ends"]) == ("2026-T1", "2026-09-01", "2026-12-18")
    assert len(term["weeks"]) == 14


def test_the_charter_is_published_with_its_digest_and_conditions(place):
    place.analyze()
    document = place.published.document("charter")
    assert document["digest"] == place.school.charter_digest
    assert [rule["id"] for rule in document["rules"]][-1] == "otherwise"
    assert all(rule["condition"]["fr"] and rule["condition"]["en"] for rule in document["rules"])
    assert [label["fr"] for label in document["practice"]["everywhere"][0]["categories"]] == [
        "espaces numériques de travail"
    ]


@pytest.mark.parametrize(
    ("counts_devices", "published", "cells"),
    [
        (True, "a", "own"),
        (True, "b", "merged"),
        (True, None, "too_few"),
        (False, None, "no_devices"),
    ],
)
def test_it_is_said_which_cells_hold_a_zone_and_why(counts_devices, published, cells):
    from types import SimpleNamespace

    zone = SimpleNamespace(name="a", counts_devices=counts_devices)
    assert documents._cells(zone, published) == cells


def test_the_settings_are_published_with_all_four_epsilons(place):
    place.analyze()
    document = place.published.document("privacy")
    assert [(m["table"], m["days"]) for m in document["device_month"]] == [
        ("T5-bis", 20), ("T5-bis", 31), ("T7", 20), ("T7", 31),
    ]  # fmt: skip
    assert document["device_month"][0]["rho"] == pytest.approx(400 * 0.00243)
    assert document["device_month"][0]["epsilon"] == pytest.approx(7.6, abs=0.1)
    assert document["digest"] == PrivacySettings().digest()
    assert {key: round(document[key], 2) for key in document if key.startswith("epsilon")} == {
        "epsilon_device_day": 1.0,
        "epsilon_two_devices": 2.11,
        "epsilon_school_week": 5.83,
        "epsilon_boarding_week": 8.6,
    }
    assert [(t["name"], t["period"], round(t["sigma"], 1)) for t in document["tables"]] == [
        ("T1", "week", 20.3),
        ("T2", "week", 37.0),
        ("T4", "week", 14_344.4),
        ("T5-bis", "month", 20.3),
        ("T6", "day", 28.7),
        ("T7", "month", 4_303.3),
    ]
    names = [column["name"] for column in document["columns"]]
    assert names == [column.name for column in (*SLICE_COLUMNS, *LINK_COLUMNS)]


def test_the_status_accounts_for_every_packet(place):
    rows = link_minutes(MONDAY, "09:00", 1, 1.0, offered=10, parsed=5, rejected_not_ip=2,
                        rejected_truncated=1, kernel_drops=1, shed=1)  # fmt: skip
    write_part(place.root, "link", MONDAY, rows, name="part-1")
    tuesday = MONDAY + timedelta(days=1)
    for record in ("flows", "link"):
        committer_of(place.root).forget(record, tuesday)
    write_part(place.root, "link", tuesday, link_minutes(tuesday, "09:00", 1, 1.0))
    place.analyze()
    document = place.published.document("status")
    assert document["as_of"] == document["analyzed"] == NEXT_MONDAY.isoformat()
    assert [run["origin"] for run in document["origins"]] == ["simulated", "measured", "simulated"]
    assert document["origins"][0]["to"] == "2026-09-07"
    monday = document["coverage"][0]
    assert monday["offered"] == 6000 + 60
    assert monday["rejected"] == 18
    assert monday["rejected_by_reason"]["not_ip"] == 12
    parts = ("parsed", "rejected", "kernel_drops", "shed")
    assert monday["offered"] == sum(monday[part] for part in parts)


def test_an_empty_store_has_documents_and_no_release(empty):
    written = empty.analyze().documents
    assert written[:4] == ("school", "charter", "privacy", "status")
    assert set(written[4:]) >= {"register", "dpia", "breach", "journal", "annotations"}
    assert empty.release().released == ()
    assert empty.published.document("status")["coverage"] == []


# The commands.


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_analyze_and_release_from_the_command_line(place):
    options = ("--store", place.root, "--school", place.declared, "--json")
    analyzed = run("analyze", *options)
    assert json.loads(analyzed.stdout)["days_in_store"] == 5
    released = json.loads(run("release", *options, "--as-of", "2026-09-14").stdout)
    assert released["as_of"] == "2026-09-14"
    assert len(released["released"]) == 5 + 3 + 5
    assert json.loads(run("release", *options, "--as-of", "2026-09-14").stdout)["released"] == []


def test_the_commands_speak_to_people_too(place):
    options = ("--store", place.root, "--school", place.declared)
    assert "5 of 5 stored days analysed" in run("analyze", *options).stdout
    said = run("release", *options, "--as-of", "2026-09-14").stdout
    assert "13 releases written; T1: 1; T2: 1; T4: 1; T6: 5; link: 5" in said


@pytest.mark.parametrize(("as_of", "says"), [("2999-01-01", "future"), ("tomorrow", "not a date")])
def test_a_period_cannot_be_closed_by_a_wrong_date(place, as_of, says):
    result = run("release", "--store", place.root, "--school", place.declared, "--as-of", as_of)
    assert isinstance(result.exception, Refusal)
    assert says in result.exception.message
    assert result.exception.code is Exit.USAGE
    assert not (place.root / "private").exists()


def test_a_broken_declaration_a_missing_store_and_damage_are_refused(place, tmp_path):
    missing = run("analyze", "--store", tmp_path / "none", "--school", place.declared)
    assert missing.exception.code is Exit.USAGE
    undeclared = run("analyze", "--store", place.root, "--school", tmp_path / "none")
    assert undeclared.exception.code is Exit.CONFIGURATION
    run("release", "--store", place.root, "--school", place.declared)
    (place.root / "private" / "ledger.jsonl").write_text("{}\n")
    damaged = run("release", "--store", place.root, "--school", place.declared)
    assert damaged.exception.code is Exit.DATA
    (place.root / "private" / "keys" / "seal.key").chmod(0o644)
    exposed = run("analyze", "--store", place.root, "--school", place.declared)
    assert exposed.exception.code is Exit.DATA
