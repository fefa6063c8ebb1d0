"""`jauge accounts`: a path that was mistyped is refused and makes nothing; a new file is made when told."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.exits import Exit, Refusal
from cli.main import app


def _accounts(file: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["accounts", *arguments, "--accounts", str(file)])
    if isinstance(done.exception, Refusal):
        return int(done.exception.code), done.exception.message
    return done.exit_code, done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"], ["add", "cdi", "--role", "dpo"], ["remove", "cdi"], ["reset", "cdi"], ["link", "cdi"],
        ["token", "cdi"], ["revoke", "cdi", "0a1b"], ["journal"],
    ],
    ids=lambda arguments: arguments[0],
)  # fmt: skip
@pytest.mark.parametrize("place", ["wrong.sqlite", "no/wrong.sqlite"])
def test_a_file_that_is_not_there_is_refused_and_not_made(place, arguments, tmp_path):
    code, said = _accounts(tmp_path / place, *arguments)
    assert (code, "no such file" in said, "jauge serve" in said) == (Exit.DATA, True, True), said
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_is_made_when_told_with_its_administrator_and_once(tmp_path):
    file = tmp_path / "accounts.sqlite"
    add = ("add", "--new", "--role")
    code, said = _accounts(file, *add, "committee", "cdi")
    assert (code, "--role admin" in said, file.exists()) == (Exit.USAGE, True, False)
    code, said = _accounts(tmp_path / "no" / "accounts.sqlite", *add, "admin", "chef")
    assert (code, "no such directory" in said) == (Exit.DATA, True)
    code, said = _accounts(file, *add, "admin", "chef", "--json")
    assert (code, json.loads(said)["role"]) == (Exit.OK, "admin")
    assert _accounts(file, *add, "admin", "autre")[0] == Exit.USAGE
    assert _accounts(file, "add", "cdi", "--role", "committee")[0] == Exit.OK
    told = json.loads(_accounts(file, "list", "--json")[1])["accounts"]
    assert [(one["name"], one["role"]) for one in told] == [("cdi", "committee"), ("chef", "admin")]
