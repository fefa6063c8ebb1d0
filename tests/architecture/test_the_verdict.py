"""`make test` tells a test that fails from one that a busy machine made fail, and hides neither."""

import sys

import pytest

from tests.run import passes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]  # each starts pytest, up to twice

BREAKS_ONCE = """
from pathlib import Path
def test_it():
    seen = Path("seen")
    before = seen.exists()
    seen.touch()
    assert before
"""
BREAKS = "def test_it():\n    raise AssertionError\n"
CANNOT_BE_READ = "import a_module_that_is_not_there\n"
ENDS_EARLY = BREAKS_ONCE + "def test_other():\n    import pytest\n    pytest.exit('no more')\n"
MANY_BREAK = (
    "import pytest\n@pytest.mark.parametrize('n', range(9))\ndef test_it(n):\n    assert n < 0\n"
)


def verdict(tmp_path, monkeypatch, text: str) -> bool:
    (tmp_path / "test_one.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    return passes([sys.executable, "-m", "pytest", "-q", "-p", "no:randomly"])


def test_what_passes_alone_is_named_unsteady(tmp_path, monkeypatch, capfd):
    assert verdict(tmp_path, monkeypatch, BREAKS_ONCE)
    said = capfd.readouterr().out
    assert "1 failed" in said
    assert "unsteady (failed beside others, passed alone): test_one.py::test_it" in said


@pytest.mark.parametrize("text", [BREAKS, CANNOT_BE_READ, MANY_BREAK, ENDS_EARLY])
def test_what_fails_again_cannot_be_read_or_is_too_much_fails(tmp_path, monkeypatch, capfd, text):
    assert not verdict(tmp_path, monkeypatch, text)
    assert "unsteady" not in capfd.readouterr().out
