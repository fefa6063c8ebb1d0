"""A store that has seen a few minutes of one day: what every school has on its first evening."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dashboards.frame import PAGES
from simulator.canaries import write_capture
from tests.api.client import HTML, Client
from tests.support.acknowledged import acknowledge
from tests.support.processes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

SCHOOL = ROOT / "simulator" / "school"


def _jauge(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "cli", *map(str, arguments)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=90, capture_output=True)


@pytest.fixture(scope="module")
def public(tmp_path_factory) -> Path:
    work = tmp_path_factory.mktemp("first-day")
    write_capture(work / "day.pcap")
    store = ("--store", work / "store", "--school", SCHOOL)
    _jauge("replay", work / "day.pcap", *store)
    acknowledge(work / "store", SCHOOL)
    _jauge("analyze", *store)
    _jauge("release", *store)
    return work / "store" / "public"


def test_slots_without_a_measured_minute_are_published_as_missing(public):
    (release,) = (public / "releases" / "link").glob("*.json")
    slots = json.loads(release.read_text())["payload"]["lines"][0]["slots"]
    assert any(slot["minutes_seen"] == 0 for slot in slots)
    assert any(slot["minutes_seen"] > 0 for slot in slots)


@pytest.mark.parametrize("page", PAGES.values())
def test_every_page_opens(page, public):
    assert Client(public).get(page, accept=HTML).status_code == 200
