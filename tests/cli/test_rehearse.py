"""`jauge rehearse` through the command line: what it refuses, where and with what to do."""

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.exits import Exit, Refusal
from cli.main import app
from cli.rehearse import TEXTS
from school.labels import label
from school.words import Use
from tests.analyzer_release.examples import FILES, MONDAY, declare, slice_row, write_part
from tests.support.acknowledged import acknowledge

DAYS = [MONDAY + timedelta(days=offset) for offset in range(5)]
CHARTER_USES = ("pedagogical", "residual_private", "abusive", "resource_inappropriate")


@pytest.fixture(name="paths")
def _paths(tmp_path):
    store = tmp_path / "store"
    for day in DAYS:
        write_part(store, "flows", day, [slice_row(day, "09:05", 1, "atrium-sud.fr")])
    acknowledge(store, declare(tmp_path / "school"))
    return store, tmp_path / "school"


def rehearse(paths, *arguments) -> tuple[int, str]:
    store, school = paths
    command = ["rehearse", "--store", store, "--school", school, *arguments]
    result = CliRunner().invoke(app, [str(argument) for argument in command])
    if isinstance(result.exception, Refusal):
        return int(result.exception.code), result.exception.message
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_a_draft_with_errors_is_told_as_by_check_with_its_own_path(paths, tmp_path):
    draft = tmp_path / "draft.yaml"
    draft.write_text(FILES["charter.yaml"].replace("use: pedagogical", "use: pedagogic"))
    code, message = rehearse(paths, "--charter", draft)
    assert code == Exit.CONFIGURATION
    assert message.startswith(f"1 error in the declared files:\n  {draft}:")
    assert message.endswith("^")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "nothing to try"),
        (["--charter", "/none/draft.yaml"], "/none/draft.yaml: no such file"),
        (["--capacity", ""], "--capacity: `` is not a capacity"),
        (["--capacity-up", "fast"], "--capacity-up: `fast` is not a capacity"),
        (["--capacity", "1 Gbit/s", "--line", "none"], "--line none: no such line"),
        (["--capacity", "1 Gbit/s", "--week", "2026-09-07"], "not a week; write 2026-W46"),
        (["--capacity", "1 Gbit/s", "--lang", "de"], "use fr or en"),
    ],
)
def test_what_is_asked_wrongly_is_refused_and_spends_nothing(paths, arguments, sentence):
    code, message = rehearse(paths, *arguments)
    assert code == Exit.USAGE
    assert sentence in message
    assert not (paths[0] / "private" / "ledger.jsonl").exists()


@pytest.mark.slow
def test_a_measured_week_must_be_released_first_and_is_rehearsed_once(paths):
    store, school = paths
    wider = ("--capacity", "1 Gbit/s", "--week", "2026-W37")
    code, message = rehearse(paths, *wider)
    assert (code, "run `jauge analyze` and `jauge release` first" in message) == (Exit.DATA, True)
    for command in ("analyze", "release"):
        done = CliRunner().invoke(app, [command, "--store", str(store), "--school", str(school)])
        assert done.exit_code == Exit.OK
    assert rehearse(paths, *wider)[0] == Exit.OK
    code, message = rehearse(paths, *wider)
    assert (code, "a week is rehearsed once" in message) == (Exit.DATA, True)
    assert str(store / "public" / "releases" / "rehearsal") in message


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("use", CHARTER_USES)
def test_a_use_has_the_words_that_it_has_everywhere(lang, use):
    assert TEXTS[lang][use] in label(Use, use, lang)


def test_who_may_not_read_the_store_is_told_so_with_the_code_of_permissions(paths, monkeypatch):
    def closed(*_arguments, **_more):
        raise PermissionError(errno.EACCES, "closed", str(paths[0] / "private"))

    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != paths[0])
    monkeypatch.setattr("analyzer.rehearsal.rehearse", closed)
    code, message = rehearse(paths, "--capacity", "1 Gbit/s")
    assert (code, "run as the user that owns the store" in message) == (Exit.PERMISSION, True)
