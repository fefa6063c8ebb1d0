"""Following a file: rotation by renaming, by copytruncate, half-written and endless lines."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.logs import follow
from collector.logs.follow import CannotFollow, Follower
from collector.logs.lines import LINE_MAX, Unread


def opened(path) -> Follower:
    follower = Follower(path)
    follower.open()
    return follower


def write(path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "queries.log"
    write(path, b"old\n")
    return path


def test_reading_begins_at_the_end(log):
    follower = opened(log)
    write(log, b"new\n")
    assert list(follower.lines()) == [b"new"]


def test_a_half_written_line_waits_for_its_end(log):
    follower = opened(log)
    write(log, b"fir")
    assert list(follower.lines()) == []
    write(log, b"st\nsecond")
    assert list(follower.lines()) == [b"first"]


def test_rotation_by_renaming_reads_the_rest_of_the_old_file_then_the_new_one(log):
    follower = opened(log)
    write(log, b"a\n")
    log.rename(log.with_suffix(".1"))
    write(log.with_suffix(".1"), b"b\n")
    assert list(follower.lines()) == [b"a", b"b"]
    write(log, b"c\n")
    assert list(follower.lines()) == [b"c"]
    assert follower.rotations == 1


def test_rotation_by_copytruncate_begins_at_the_start_again(log):
    follower = opened(log)
    write(log, b"a long line before\nand half of one")
    assert list(follower.lines()) == [b"a long line before"]
    os.truncate(log, 0)
    write(log, b"c\n")
    assert list(follower.lines()) == [b"c"]
    assert follower.rotations == 1
    assert follower.unread == {Unread.CUT: 1}


def test_a_file_that_is_not_there_yet_is_awaited_and_read_from_its_start(tmp_path):
    path = tmp_path / "later.log"
    follower = opened(path)
    assert list(follower.lines()) == []
    write(path, b"a\n")
    assert list(follower.lines()) == [b"a"]


def test_a_line_without_end_is_dropped_and_counted_once(log):
    follower = opened(log)
    for _ in range(30):
        write(log, b"x" * LINE_MAX)
        assert list(follower.lines()) == []
        assert len(follower._part) <= LINE_MAX
    write(log, b"\nshort\n")
    assert list(follower.lines()) == [b"short"]
    assert follower.unread == {Unread.LONG: 1}


def test_a_backlog_is_read_in_bounded_pieces(log, monkeypatch):
    monkeypatch.setattr(follow, "READ_MAX", 100_000)
    follower = opened(log)
    write(log, b"0123456789abcde\n" * 10_000)
    looks = []
    while some := list(follower.lines()):
        looks.append(len(some))
    assert sum(looks) == 10_000
    assert max(looks) <= 100_000 // 16 + 1


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(CannotFollow):
            opened(path)


@given(
    st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=30),
    st.data(),
)
def test_however_it_is_written_each_line_comes_once_and_in_order(tmp_path_factory, lines, data):
    path = tmp_path_factory.mktemp("log") / "some.log"
    path.touch()
    follower = opened(path)
    whole = b"".join(line + b"\n" for line in lines)
    got, sent = [], 0
    while sent < len(whole):
        piece = data.draw(st.integers(1, 60))
        write(path, whole[sent : sent + piece])
        sent += piece
        if data.draw(st.booleans()):
            got += follower.lines()
        if data.draw(st.integers(0, 9)) == 0 and whole[:sent].endswith(b"\n"):
            path.rename(path.with_suffix(f".{sent}"))
            path.touch()
            got += follower.lines()  # once between two rotations
    got += follower.lines()
    follower.close()
    assert got == lines
