"""`jauge lists` and `--lists`, as a person meets them."""

import json
from importlib.resources import files

import pytest
from typer.testing import CliRunner

from cli.exits import Refusal
from cli.main import app
from collector.reduce import make_reducer
from tests.lists.examples import file_of, folder_of, many

CLEAN = {"malware": many("piege", 300), "jobsearch": many("emploi", 300), "games": ["jeu.net"]}


def jauge(*arguments):
    result = CliRunner().invoke(app, ["lists", *(str(argument) for argument in arguments)])
    if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_import_look_pollute_and_go_back(tmp_path):
    target = tmp_path / "sites.lists"
    clean = folder_of(tmp_path / "clean", CLEAN)
    assert jauge("update", "--from", clean, "--target", target).exit_code == 0
    polluted = folder_of(tmp_path / "polluted", {**CLEAN, "jobsearch": many("spam", 900)})
    result = jauge("update", "--from", polluted, "--target", target, "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert [f["list"] for f in report["findings"] if f["serious"]] == ["jobsearch"]
    accepted = jauge("update", "--from", polluted, "--target", target, "--accept", "jobsearch")
    assert accepted.exit_code == 0
    answer = json.loads(jauge("status", target, "--name", "www.spam3.example.com", "--json").stdout)
    assert answer["name"]["list"] == "jobsearch"
    assert "428" not in jauge("rollback", "--target", target).stdout
    answer = json.loads(jauge("status", target, "--name", "spam3.example.com", "--json").stdout)
    assert answer["name"] == {"listed": False}


def test_a_dry_run_writes_nothing(tmp_path):
    root = folder_of(tmp_path / "lists", CLEAN)
    result = jauge("update", "--from", root, "--target", tmp_path / "s.lists", "--dry-run")
    assert result.exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["lists"]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_report_and_the_status_are_readable(tmp_path, lang):
    root = folder_of(tmp_path / "lists", {**CLEAN, "games": ["jeu.net", "facebook.com"]})
    target = tmp_path / "s.lists"
    update = jauge("update", "--from", root, "--target", target, "--lang", lang).stdout
    assert ("le catalogue l'emporte" in update) is (lang == "fr")
    status = jauge("status", target, "--name", "www.jeu.net", "--lang", lang).stdout
    assert "CC BY-SA 4.0" in status
    assert "jeu.net" in status


def test_refusals_are_sentences(tmp_path):
    bad = tmp_path / "bad.lists"
    bad.write_bytes(b"something else" * 50)
    root = folder_of(tmp_path / "lists", CLEAN)
    wrong = tmp_path / "lists.yaml"
    wrong.write_text("lists: 3\n")
    plain = tmp_path / "plain.yaml"
    shipped = (files("school.lists") / "default.yaml").read_text(encoding="utf-8")
    plain.write_text(shipped.replace("address: https://", "address: http://"), encoding="utf-8")
    target = tmp_path / "good.lists"
    jauge("update", "--from", root, "--target", target)
    cases = [
        (["status", bad], "not a lists file", 5),
        (["status", tmp_path / "none"], "no such file", 5),
        (["status", target, "--name", "http://x/"], "--name: not a host name; write it as", 2),
        (["rollback", "--target", bad], "nothing changed", 5),
        (["update", "--from", root, "--target", bad], "move this file away", 5),
        (["update", "--from", tmp_path / "none", "--target", tmp_path / "n"], "cannot be read", 5),
        (["update", "--from", root, "--target", tmp_path / "no" / "n"], "no such directory", 5),
        (["update", "--from", root, "--target", tmp_path / "n", "--lists", wrong], "origin", 3),
        (["update", "--target", tmp_path / "n", "--lists", plain], "write it with `https://`", 3),
        (
            ["update", "--from", root, "--target", tmp_path / "n", "--accept", "examen_pix"],
            "whoever accepts it",
            2,
        ),
        (
            ["update", "--from", root, "--target", tmp_path / "n", "--accept", "gamess"],
            "--accept gamess: lists.yaml loads no such list",
            2,
        ),
    ]
    for arguments, sentence, code in cases:
        with pytest.raises(Refusal, match=sentence) as caught:
            jauge(*arguments)
        assert int(caught.value.code) == code


@pytest.mark.parametrize("command", ["replay", "capture"])
def test_a_file_that_is_no_lists_file_is_refused_before_anything_is_written(
    tmp_path, command, monkeypatch
):
    # The tests' own process must not become two, nor end on a signal of ours.
    for name in ("_split", "_stop_signals"):
        monkeypatch.setattr(f"cli.collect.{name}", lambda *_: None)
    bad = tmp_path / "bad.lists"
    bad.write_bytes(b"x" * 500)
    (tmp_path / "one.pcap").touch()
    store = ["--store", str(tmp_path / "store"), "--lists", str(bad)]
    rest = [str(tmp_path / "one.pcap")] if command == "replay" else ["--interface", "none0"]
    result = CliRunner().invoke(app, [command, *rest, *store])
    assert isinstance(result.exception, Refusal)
    assert "not a lists file; make it with `jauge lists update`" in str(result.exception)
    assert not (tmp_path / "store").exists()


def test_capture_keeps_the_site_and_the_category_of_the_full_name_only():
    lists = file_of({"games": ["play.example.com"]})
    reduce = make_reducer(lambda name: ".".join(name.split(".")[-2:]), lists.category_of)
    reduced = reduce("someone.play.example.com")
    assert (reduced.site, reduced.list_category) == ("example.com", "games")
    assert "someone" not in repr(reduced)
    assert reduce("www.example.com").list_category is None


def test_a_name_that_is_reduced_to_nothing_has_no_category():
    lists = file_of({"games": ["play.example.com"]})
    assert (
        make_reducer(lambda _: None, lists.category_of)("a.play.example.com").list_category is None
    )
