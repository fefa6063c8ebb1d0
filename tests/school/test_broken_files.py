"""Golden errors: each folder of `broken/` is a situation; `expected.txt` is what is said of it."""

from pathlib import Path

import pytest

from school.load import DeclarationErrors, load_school
from school.problems import Problem, did_you_mean
from tests.school.declared import HERE, directory

CASES = sorted((HERE / "broken").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_error_is_told_with_its_place_and_what_to_do(case: Path, tmp_path):
    written = directory(tmp_path / "school", case.glob("*.yaml"))
    with pytest.raises(DeclarationErrors) as caught:
        load_school(written)
    told = "".join(f"{problem}\n" for problem in caught.value.problems)
    assert told == (case / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_caret_stands_under_the_place_of_every_error(case: Path, tmp_path):
    written = directory(tmp_path / "school", case.glob("*.yaml"))
    with pytest.raises(DeclarationErrors) as caught:
        load_school(written)
    for problem in caught.value.problems:
        data = (written / problem.file).read_bytes()
        if not data or "not UTF-8" in problem.message:
            assert problem.pointed() is None
            continue
        line = [*data.decode().split("\n"), ""][problem.line - 1]
        if not line.strip():
            continue
        shown, caret = problem.pointed()
        assert caret.strip() == "^"
        at = caret.index("^")
        assert (shown + " ")[at] == (line + " ")[problem.column - 1]


@pytest.mark.parametrize(
    ("line", "column", "shown", "caret"),
    [
        ("kind: wifi", 7, "kind: wifi", "      ^"),
        ("\tkind:\x07 x", 2, " kind:  x", " ^"),
        ("x" * 96, 96, "x" * 96, " " * 95 + "^"),
        ("a" * 100, 1, "a" * 96 + "…", "^"),
        ("a" * 200 + "b", 201, "…" + "a" * 60 + "b", " " * 61 + "^"),
        ("", 1, None, None),
    ],
)
def test_long_lines_are_cut_around_the_caret_and_control_characters_are_blank(
    line, column, shown, caret
):
    pointed = Problem("zones.yaml", 1, column, "no", "", line).pointed()
    assert pointed == ((shown, caret) if shown else None)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("Mide", "Midi"),
        ("vidéo", "video_streaming"),
        ("Vidéo", "video_streaming"),
        ("VIDEO_STREAMING", "video_streaming"),
        ("calme", "calm"),
        ("vi", None),
        ("zzz", None),
    ],
)
def test_a_word_is_guessed_whatever_its_accents_and_capitals_and_when_it_is_only_begun(
    given, meant
):
    words = ["Midi", "video_streaming", "calm", *(f"other-{n}" for n in range(12))]
    assert did_you_mean(given, words) == (f"did you mean `{meant}`?" if meant else "")


def test_an_absent_directory_and_an_empty_one_are_told_apart(tmp_path):
    with pytest.raises(DeclarationErrors, match="no such directory"):
        load_school(tmp_path / "nowhere")
    with pytest.raises(DeclarationErrors) as caught:
        load_school(tmp_path)
    assert [problem.file for problem in caught.value.problems] == [
        "calendar.yaml",
        "charter.yaml",
        "lines.yaml",
        "privacy.yaml",
        "zones.yaml",
    ]


def test_a_file_that_is_far_too_large_is_not_parsed(tmp_path):
    written = directory(tmp_path / "school")
    (written / "zones.yaml").write_bytes(b"a: [" + b"x, " * 400_000 + b"]")
    with pytest.raises(DeclarationErrors, match="larger than 1000000 octets"):
        load_school(written)


def test_a_file_cut_anywhere_in_its_first_zone_is_refused_with_a_place(tmp_path):
    written = directory(tmp_path / "school")
    path = written / "zones.yaml"
    whole = path.read_bytes()
    for cut in range(0, whole.index(b"persons: 420"), 5):
        path.write_bytes(whole[:cut])
        with pytest.raises(DeclarationErrors) as caught:
            load_school(written)
        assert {problem.file for problem in caught.value.problems} == {"zones.yaml"}
        assert all(problem.line >= 1 and problem.column >= 1 for problem in caught.value.problems)


def test_deep_nesting_is_refused(tmp_path):
    written = directory(tmp_path / "school")
    (written / "zones.yaml").write_text("[" * 5000 + "]" * 5000, encoding="utf-8")
    with pytest.raises(DeclarationErrors):
        load_school(written)
