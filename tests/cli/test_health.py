"""`jauge health`, and `jauge purge` on its way: what a real store tells `/metrics`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from analyzer.store import Store
from cli.main import app
from cli.store import bytes_a_day
from privacy.published import Published
from tests.analyzer_release.examples import declare, link_row, write_part
from tests.store.rows import links, opened
from tests.support.acknowledged import acknowledge

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(name="paths")
def _paths(tmp_path):
    """A store whose collector gave its last sign a moment ago, and one sealed link row a minute old."""
    store = tmp_path / "store"
    now = datetime.now(UTC) - timedelta(minutes=1)
    row = link_row(now, offered=10_000, parsed=9_900, kernel_drops=100, flows_in_table=40_000)
    write_part(store, "link", now.astimezone(PARIS).date(), [row])
    running = opened(store)
    running.links(links([5]), now.astimezone(PARIS).date())
    running.flush()
    acknowledge(store, declare(tmp_path / "school"))
    yield store, tmp_path / "school"
    running.close()


def _run(command: str, paths: tuple[Path, Path], *more: str) -> str:
    store, school = paths
    done = CliRunner().invoke(
        app, [command, "--store", str(store), "--school", str(school), "--json", *more]
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def test_health_of_a_running_store_is_told_coarsely_and_sealed(paths):
    told = json.loads(_run("health", paths, "--lists", "/nowhere"))
    assert told["collector_running"] is True
    assert 0 <= told["collector_age_s"] < 60
    assert told["drops_now"] is True
    assert told["table_tenths"] == 2  # 40,000 of 262,144
    assert (told["spool_files"], told["spool_mib"]) == (1, 1)
    assert 50 <= told["seal_delay_s"] < 180
    assert told["disk_left_days"] > 0
    assert told["lists_age_days"] is None
    assert Published(paths[0] / "public").health() == told


def test_the_hourly_purge_tells_it_and_a_dry_run_does_not(paths):
    public = paths[0] / "public"
    _run("purge", paths, "--dry-run")
    assert not (public / "health.json").exists()
    _run("purge", paths)
    assert Published(public).health()["collector_running"] is True
    assert (public / "health.json").stat().st_mode & 0o777 == 0o644


def test_beside_an_analysis_it_refuses_and_what_was_told_stays(paths):
    _run("health", paths)
    before = (paths[0] / "public" / "health.json").read_bytes()
    with Store(paths[0]).locked():
        done = CliRunner().invoke(
            app, ["health", "--store", str(paths[0]), "--school", str(paths[1])]
        )
    assert "at work" in str(done.exception)
    assert (paths[0] / "public" / "health.json").read_bytes() == before


def test_drops_of_less_than_one_packet_in_a_hundred_are_no_alarm(paths):
    now = datetime.now(UTC) - timedelta(minutes=1)
    row = link_row(now, offered=1_000_000, parsed=1_000_000, kernel_drops=0)
    write_part(paths[0], "link", now.astimezone(PARIS).date(), [row], name="part-1")
    assert json.loads(_run("health", paths))["drops_now"] is False


def test_a_day_costs_each_record_over_the_days_that_it_is_kept():
    """Link rows are kept for years, slices for days: their rates add up, not their octets."""
    records = {"flows": {"days": 8, "bytes": 800}, "link": {"days": 400, "bytes": 400}}
    assert bytes_a_day(records) == 101
    assert bytes_a_day({"flows": {"days": 0, "bytes": 0}}) == 0
