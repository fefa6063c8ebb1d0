"""UT1 as it is, where a developer has it beside the repository. Nothing of it is in the tree."""

import os
import time
from pathlib import Path

import pytest

from tests.lists.examples import folder_of, imported, told

ROOT = Path(__file__).resolve().parents[2]
PLACES = [
    Path(os.environ["JAUGE_UT1"]) if "JAUGE_UT1" in os.environ else None,
    ROOT.parent / "shared" / "data" / "ut1",
    ROOT.parents[1] / "shared" / "data" / "ut1",
]
UT1 = next((path for path in PLACES if path is not None and path.is_dir()), None)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        UT1 is None, reason="UT1 is not here: put it in ../shared/data/ut1, or set JAUGE_UT1"
    ),
]


def test_ut1_imports_within_20_seconds_and_the_polluted_list_is_caught():
    started = time.monotonic()
    lists, report = imported(UT1)
    assert time.monotonic() - started <= 20
    assert len(lists) > 450_000
    assert told(report, "malware_overlap") == ["jobsearch"]
    assert told(report, "refused") == ["examen_pix", "tricheur_pix"]
    assert not any(row.list == "jobsearch" for row in lists.sections.rows)


def test_the_polluted_list_is_caught_against_its_clean_version_too(tmp_path):
    clean = UT1 / "jobsearch" / "domains.clean_2025-07-27"
    lines = clean.read_text().split()
    before, _ = imported(folder_of(tmp_path, {"jobsearch": lines}))
    lists, report = imported(UT1, previous=before)
    assert told(report, "size_jump") == ["jobsearch"]
    assert lists.found(f"www.{lines[0]}").row.list == "jobsearch"


def test_every_line_of_ut1_is_found_with_a_list_that_holds_it(tmp_path):
    lists, _ = imported(UT1)
    for name in ("games", "radio", "webmail", "social_networks"):
        lines = (UT1 / name / "domains").read_text().split()
        found = [lists.found(line) for line in lines]
        assert sum(one is not None for one in found) >= 0.95 * len(lines)
