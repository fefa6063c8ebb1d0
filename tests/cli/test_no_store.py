"""Commands on a directory that holds no store say so and make nothing; keys of days are erased all the same."""

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.exits import Exit, Refusal
from cli.main import app
from privacy.store.keys import FileKeyring
from privacy.store.layout import keys_beside
from tests.analyzer_release.examples import declare


def _run(command: str, store: Path, school: Path, *more: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [command, "--store", str(store), "--school", str(school), *more])
    if isinstance(done.exception, Refusal):
        return int(done.exception.code), done.exception.message
    return done.exit_code, done.output


@pytest.mark.parametrize("command", ["purge", "first-day", "health"])
@pytest.mark.parametrize("there", [False, True], ids=["absent", "empty"])
def test_what_is_wrong_is_said_and_nothing_is_made(command, there, tmp_path):
    store, school = tmp_path / "store", declare(tmp_path / "school")
    if there:
        store.mkdir()
    before = sorted(tmp_path.rglob("*"))
    code, said = _run(command, store, school)
    assert (code, str(store) in said) == (Exit.DATA if there else Exit.USAGE, True), said
    assert "no store" in said or "no such store" in said
    assert "jauge capture" in said
    assert sorted(tmp_path.rglob("*")) == before


def test_a_key_that_outlived_its_store_is_erased_all_the_same(tmp_path):
    store, school = tmp_path / "store", declare(tmp_path / "school")
    store.mkdir()
    keys = FileKeyring(keys_beside(store))
    keys.key_of(date(2026, 9, 1), make=True)
    assert keys.days() == [date(2026, 9, 1)]
    code, said = _run("purge", store, school)
    assert code == Exit.OK, said
    assert keys.days() == []
