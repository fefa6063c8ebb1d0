"""A spool gives back what was acknowledged, and nothing that was changed."""

import contextlib
import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.store.spool import (
    HEAD_OCTETS,
    DayCipher,
    Head,
    InClear,
    NoSpool,
    Spool,
    pull_head,
    recover,
)
from tests.store.rows import DAY, flows_of, slices

HEAD = Head(b"8 octets", "flows", DAY)


def sealer() -> DayCipher:
    """A cipher of the segment: each spool forgets its own when it is released."""
    return DayCipher(bytes(32), HEAD.id)


BATCHES = [range(5), range(5, 6), range(6, 40)]


def spooled(directory, cipher=None, batches=BATCHES) -> tuple[bytes, list[int]]:
    """The octets of a spool, and how long it was after each frame."""
    directory.mkdir(exist_ok=True)
    spool = Spool(directory, HEAD, cipher or sealer())
    spool.open(slices([]).schema)
    ends = [spool.octets]
    for batch in batches:
        spool.append(slices(batch))
        ends.append(spool.octets)
    spool.release()
    octets = spool.path.read_bytes()
    spool.path.unlink()
    return octets, ends


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return spooled(tmp_path_factory.mktemp("spool"))


def numbers(found) -> list[int]:
    return [n for table in found.tables for n in table["flow"].to_pylist()]


def test_everything_comes_back_with_its_footer(whole):
    octets, ends = whole
    assert ends[-1] == len(octets)
    found = recover(octets, sealer())
    assert (numbers(found), found.whole) == (list(range(40)), True)
    assert found.schema.equals(slices([]).schema, check_metadata=True)


def test_cut_anywhere_it_ends_with_the_last_whole_frame(whole):
    octets, ends = whole
    kept_by_frames = [0, 0, 5, 6, 40]  # the head alone holds nothing
    for cut in range(HEAD_OCTETS, len(octets)):
        frames = sum(end <= cut for end in ends)
        found = recover(octets[:cut], sealer())
        assert len(numbers(found)) == kept_by_frames[frames]
        assert (found.schema is not None) == (frames > 1)
        assert found.whole == (cut in ends)


@given(st.data())
def test_an_altered_octet_ends_it_before_its_frame(whole, data):
    octets, ends = whole
    at = data.draw(st.integers(HEAD_OCTETS, len(octets) - 1))
    changed = bytearray(octets)
    changed[at] ^= data.draw(st.integers(1, 255))
    frames = sum(end <= at for end in ends)
    found = recover(bytes(changed), sealer())
    assert not found.whole
    assert len(numbers(found)) == [0, 0, 5, 6][frames]


@given(st.binary(max_size=300))
def test_any_octets_are_read_or_refused_without_an_error(octets):
    with contextlib.suppress(NoSpool):
        pull_head(octets)
    recover(octets, sealer())
    recover(HEAD.pack() + octets, InClear())


def test_frames_of_another_segment_or_in_another_order_do_not_count(whole):
    octets, ends = whole
    assert recover(octets, DayCipher(bytes(32), b"another!")).schema is None
    assert recover(octets, DayCipher(b"k" * 32, HEAD.id)).schema is None
    swapped = octets[: ends[0]] + octets[ends[1] : ends[2]] + octets[ends[0] : ends[1]]
    assert numbers(recover(swapped, sealer())) == []


@pytest.mark.parametrize(("most", "kept"), [(0, 0), (1, 5), (2, 6), (9, 40)])
def test_a_poisoned_spool_is_read_only_as_far_as_it_was_acknowledged(whole, most, kept):
    assert len(numbers(recover(whole[0], sealer(), most=most))) == kept


def test_a_damaged_head_is_no_spool(whole):
    octets, _ = whole
    assert pull_head(octets) == HEAD
    for at in range(HEAD_OCTETS):
        with pytest.raises(NoSpool):
            pull_head(octets[:at])
        with pytest.raises(NoSpool):
            pull_head(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :])


def test_no_value_of_a_slice_stands_in_the_file(tmp_path):
    number = 0x1122334455667788
    octets, _ = spooled(tmp_path, batches=[[number]])
    clear, _ = spooled(tmp_path, InClear(), batches=[[number]])
    assert number.to_bytes(8, "little") in clear
    assert number.to_bytes(8, "little") not in octets


def test_a_failed_sync_poisons_the_spool(tmp_path, monkeypatch):
    spool = Spool(tmp_path, HEAD, sealer())
    assert spool.poisoned
    spool.open(slices([]).schema)
    spool.append(slices([1]))
    assert not spool.poisoned

    def fails(_handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fails)
    with pytest.raises(OSError, match="Input"):
        spool.append(slices([2]))
    assert (spool.poisoned, spool.frames, spool.rows) == (True, 1, 1)
    spool.release()


def test_a_spool_that_cannot_be_made_is_poisoned(tmp_path):
    shutil.rmtree(tmp_path)
    spool = Spool(tmp_path, HEAD, sealer())
    with pytest.raises(OSError, match="No such file"):
        spool.open(slices([]).schema)
    assert spool.poisoned
    spool.release()
    assert flows_of(slices([3, 1])) == [1, 3]
