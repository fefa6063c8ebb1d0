"""`/metrics`: the text format of Prometheus, from what is sealed, and nothing that is not."""

import json
import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from analyzer.health import payload
from api.app import create_app
from api.exposition import FAMILIES, ONE, expose
from api.metrics import IN_FORCE, capture, health
from privacy.acknowledgement import Standing
from privacy.published import HEALTH, Published
from tests.pages.published_school import WELL, publish

SAMPLE = re.compile(r'(jauge_[a-z_]+)(?:\{[a-z]+="[^"]+"\})? -?\d+(?:\.\d+)?')
UNITS = ("_seconds", "_seconds_total", "_bytes", "_ratio", "_total")


@pytest.fixture
def public(tmp_path):
    return publish(tmp_path / "public")


def _said(public):
    return create_app(Published(public), metrics_port=9_000).text()


def _values(text):
    rows = [line.rpartition(" ") for line in text.splitlines() if line and line[0] != "#"]
    return {name: float(value) for name, _, value in rows}


def test_every_family_is_told_over_a_whole_school_with_help_type_and_samples(public):
    text = _said(public)
    families = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert families == [family.name for family in FAMILIES]
    assert len(set(families)) == len(families)
    assert text.count("# HELP ") == len(FAMILIES)
    for line in text.splitlines():
        assert line.startswith("# ") or SAMPLE.fullmatch(line), line


def test_names_end_in_their_unit_and_counters_in_total():
    bare = {"releases", "capture_acknowledged", "collector_running", "capture_drops_now",
            "spool_files", "store_slices_stopped", "store_write_faults", "store_gaps"}  # fmt: skip
    for family in FAMILIES:
        assert family.name.endswith("_total") == (family.kind == "counter")
        unit = family.name.endswith(UNITS)
        assert unit != (family.name.removeprefix("jauge_") in bare), family.name


def test_the_figures_are_those_of_the_sealed_files(public):
    values = _values(_said(public))
    status = Published(public).document("status")
    day = status["coverage"][-1]
    assert values["jauge_capture_drops_ratio"] == pytest.approx(
        day["kernel_drops"] / day["offered"], abs=1e-6
    )
    assert values["jauge_table_occupancy_ratio"] == 0.1
    assert values["jauge_spool_bytes"] == 2 << 20
    assert values["jauge_seal_delay_seconds"] == 214
    assert values["jauge_store_left_seconds"] == 412 * 86_400
    assert values["jauge_lists_age_seconds"] == 5 * 86_400


def test_health_is_told_so_coarsely_that_no_device_moves_it():
    told = payload(WELL)
    for change in (
        {"flows_max": 21_950},
        {"spool_bytes": 1_950_000},
        {"disk_free_bytes": 81_400_000_000},
    ):
        fields = {name: getattr(WELL, name) for name in WELL.__dataclass_fields__}
        assert payload(type(WELL)(**{**fields, **change})) == told, change
    assert told["at"] == "2026-11-16T18:05:00+00:00"
    text = json.dumps(told)
    assert not any(str(exact) in text for exact in (21_304, 1_900_000, 81_456_000_000))


@pytest.mark.parametrize(
    ("status", "age_s"),
    [
        ({"as_of": "2026-11-16", "analyzed": "2026-11-13"}, 3 * 86_400),
        ({"as_of": "2026-11-14"}, 2 * 86_400),  # of an older version
        ({"as_of": "2026-11-16", "analyzed": None}, None),
    ],
)
def test_the_age_is_that_of_the_last_analysis_not_of_the_first_days_load(status, age_s):
    told = expose(capture({**status, "coverage": []}, datetime(2026, 11, 16, 19, 5, tzinfo=UTC)))
    assert _values(told).get("jauge_last_update_age_seconds") == age_s


def test_without_health_the_rest_is_told(public):
    (public / f"{HEALTH}.json").unlink()
    text = _said(public)
    assert "jauge_capture_coverage_ratio " in text
    assert "jauge_health_age_seconds" not in text


def test_an_altered_or_foreign_health_is_told_by_nobody(public):
    path = public / f"{HEALTH}.json"
    path.write_bytes(path.read_bytes().replace(b'"spool_files":2', b'"spool_files":0'))
    assert "jauge_spool_files" not in _said(public)
    path.write_bytes((public / "documents" / "status.json").read_bytes())
    assert "jauge_spool_files" not in _said(public)


def test_what_nobody_could_look_at_has_no_family():
    unknown = payload(type(WELL)(at=WELL.at))
    told = expose(health(unknown, datetime(2026, 11, 16, 19, 5, tzinfo=UTC)))
    assert "jauge_lists_age_seconds" not in told
    assert "jauge_table_occupancy_ratio" not in told
    assert "jauge_health_age_seconds 3600" in told


def test_a_family_that_was_not_declared_cannot_be_told():
    with pytest.raises(KeyError):
        expose({"jauge_surprise": {ONE: 1}})


def test_the_word_for_in_force_is_that_of_the_signature():
    assert Standing.IN_FORCE.value == IN_FORCE


def test_nothing_published_yet_still_answers(tmp_path):
    (tmp_path / "public").mkdir()
    values = _values(_said(tmp_path / "public"))
    assert Counter(name.split("{")[0] for name in values)["jauge_http_responses_total"] == 4
