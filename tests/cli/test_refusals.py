"""What a user can cause ends in one sentence and loses nothing; a fault of ours says no value."""

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli import main
from cli.exits import Exit

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.pcap"))[0]


def jauge(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False
    )


def test_a_demonstration_never_deletes_what_it_did_not_write(tmp_path):
    (tmp_path / "demo.json").write_text('{"name": "mine"}')
    (tmp_path / "thesis.txt").write_text("years of work")
    done = jauge("demo", "--store", tmp_path, "--no-serve")
    assert done.returncode == Exit.USAGE
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.slow
def test_of_several_files_the_good_ones_are_kept_and_the_bad_one_is_named(tmp_path):
    bad = tmp_path / "bad.pcap"
    bad.write_text("no capture")
    done = jauge("replay", GOLDEN, bad, "--out", tmp_path / "flows.parquet", "--json")
    assert done.returncode == Exit.DATA
    assert str(bad) in done.stderr
    assert str(GOLDEN) not in done.stderr
    assert (tmp_path / "flows.parquet").stat().st_size > 0


@pytest.mark.slow
def test_a_failing_replay_leaves_an_earlier_result_alone(tmp_path):
    out, bad = tmp_path / "flows.parquet", tmp_path / "bad.pcap"
    out.write_bytes(b"earlier")
    bad.write_text("no capture")
    assert jauge("replay", bad, "--out", out).returncode == Exit.DATA
    assert out.read_bytes() == b"earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.pcap", "flows.parquet"]


@pytest.mark.slow
def test_a_result_that_cannot_be_written_whole_is_not_written_at_all(tmp_path):
    def eight_kib_at_most() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, 8_192))

    out = tmp_path / "flows.parquet"
    out.write_text("of last week")
    command = [sys.executable, "-m", "cli", "replay", str(GOLDEN), "--out", str(out)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False,
        preexec_fn=eight_kib_at_most,
    )  # fmt: skip
    assert done.returncode == Exit.DATA
    assert str(out) in done.stderr
    assert "Traceback" not in done.stderr
    assert out.read_text() == "of last week"
    assert list(tmp_path.iterdir()) == [out]


def test_a_fault_of_ours_is_one_sentence_without_the_value_and_has_its_own_code(
    monkeypatch, capsys
):
    def fail(**_):
        raise RuntimeError("secret-host.example")

    monkeypatch.setattr(main, "app", fail)
    with pytest.raises(SystemExit) as ended:
        main.run()
    said = capsys.readouterr().err
    assert ended.value.code == Exit.INTERNAL
    assert "RuntimeError" in said
    assert "secret-host" not in said
    assert "Traceback" not in said


def test_with_json_a_refusal_is_one_object_on_stdout_and_a_sentence_on_stderr(tmp_path):
    done = jauge("store", "status", "--store", tmp_path / "nowhere", "--json")
    said = json.loads(done.stdout)
    assert said == {"refused": said["refused"], "exit": done.returncode}
    assert done.stderr == f"jauge: {said['refused']}\n"
