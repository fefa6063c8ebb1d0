"""`health`, `store status` and `first-day` speak French unless told, and English when told."""

from datetime import UTC, date, datetime

import pytest
from typer.testing import CliRunner

from analyzer import first_day as publishing
from cli import said
from cli.exits import Exit
from cli.main import app
from collector.store.status import findings
from tests.analyzer_release.examples import declare, link_row, write_part

NOW = datetime.now(UTC)


@pytest.fixture(name="options")
def _options(tmp_path):
    store = tmp_path / "store"
    write_part(store, "link", NOW.date(), [link_row(NOW)])
    school = declare(tmp_path / "school")
    return {
        "store status": ["store", "status", "--store", str(store)],
        "health": ["health", "--store", str(store), "--school", str(school), "--lists", "/nowhere"],
        "first-day": ["first-day", "--store", str(store), "--school", str(school)],
    }


@pytest.mark.parametrize(
    ("command", "french", "english"),
    [
        ("store status", "ligne : 1 rangées, 1 segments", "link: 1 rows in 1 segments"),
        ("health", "le collecteur tourne : non", "collector running: False"),
        ("first-day", f"{NOW.date()} : rien à montrer : ", "nothing to show: no "),
    ],
)
def test_french_without_being_told_and_english_when_told(command, french, english, options):
    for more, says, silent in (([], french, english), (["--lang", "en"], english, french)):
        done = CliRunner().invoke(app, [*options[command], *more])
        assert done.exit_code == Exit.OK, done.output
        assert (says in done.stdout, silent in done.stdout) == (True, False), done.stdout
    assert CliRunner().invoke(app, [*options[command], "--lang", "de"]).exit_code != Exit.OK


def test_every_reason_and_every_figure_has_its_french():
    reasons = {publishing.PUBLISHED, publishing.NOTHING_YET, publishing.NO_SCHOOL}
    reasons |= {publishing.FEW_PERSONS, publishing.NO_CAPACITY}
    assert set(said.WHY_NONE) == reasons
    done = publishing.FirstDay(date(2026, 11, 16), 3, None)
    assert (
        said.first_day(done, "fr")
        == "2026-11-16 : 3 fois cinq minutes de la charge de la ligne publiées"
    )


def test_findings_are_as_many_in_both_languages():
    found = {
        "disk": {"free_bytes": 0, "stop_below_bytes": 1 << 30},
        "gaps": {"torn": {"times": 2, "rows": 9, "recent": 1}},
        "spool": {"files": 1, "last_write_age_s": 9_999},
    }
    french, english = findings(found, "fr"), findings(found)
    assert len(french) == len(english) == 3
    assert not set(french) & set(english)
    assert "1024 Mio" in french[0]
