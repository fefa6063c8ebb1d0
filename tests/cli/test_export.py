"""`jauge export`: a document in a file, noted in the audit log; every refusal says what to do."""

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.exits import Exit
from cli.main import app
from privacy.log.file import AuditLog
from privacy.store.layout import keys_beside

DEMO = Path(__file__).resolve().parents[2] / "simulator" / "school"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    root = tmp_path_factory.mktemp("export") / "store"
    root.mkdir()
    return root


def run(*arguments):
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def export(what, out, store, *more):
    return run(what, "--store", store, "--school", DEMO, "--out", out, *more)


def test_each_document_in_each_form(store, tmp_path):
    for what, form in (
        ("register", "json"), ("register", "ods"), ("register", "html"), ("dpia", "json"),
        ("dpia", "html"), ("notices", "json"), ("notices", "html"), ("breach", "json"), ("breach", "html"),
    ):  # fmt: skip
        out = tmp_path / f"{what}.{form}"
        result = export(what, out, store, "--format", form, "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["format"] == form
        if form == "json":
            json.loads(out.read_text("utf-8"))
        elif form == "ods":
            assert zipfile.ZipFile(out).read("mimetype").endswith(b"opendocument.spreadsheet")
        else:
            page = out.read_text("utf-8")
            assert page.startswith("<!doctype html>")
            assert "http://" not in page.replace("http://www.w3.org", "")


def test_the_dpia_file_holds_the_five_keys_and_nothing_beside(store, tmp_path):
    out = tmp_path / "dpia.json"
    assert "made from policy" in export("dpia", out, store).stdout
    keys = {"pia", "answers", "measures", "evaluations", "comments"}
    assert json.loads(out.read_text("utf-8")).keys() == keys
    assert out.stat().st_mode & 0o777 == 0o600


def test_the_audit_log_notes_each_export(store, tmp_path):
    said = json.loads(export("breach", tmp_path / "b.json", store, "--json").stdout)
    last = AuditLog(store, keys_beside(store), lambda: 0).entries()[-1]
    assert last.kind == "export_made"
    assert last.facts == {"document": "breach", "format": "json", "policy": said["policy"]}


@pytest.mark.parametrize(
    ("what", "more", "code", "says"),
    [
        ("dpa", (), Exit.USAGE, "one of register, dpia"),
        ("dpia", ("--format", "ods"), Exit.USAGE, "written as json, html"),
        ("dpia", ("--out", "/nowhere/dpia.json"), Exit.DATA, "choose another --out"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_what_to_do(
    store, tmp_path, what, more, code, says
):
    result = export(what, tmp_path / "x", store, *more)
    assert result.exception.code is code
    assert says in result.exception.message
