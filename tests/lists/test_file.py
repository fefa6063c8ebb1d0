"""A damaged or foreign file is refused with a sentence, never with a traceback or a wrong answer."""

import json
import os
import struct

import pytest

from school.lists.layout import DIGEST_AT, HEAD, ListsRefused, _digest, check, index_bits_for
from school.lists.reader import ListsFile
from school.lists.replace import previous_of, put, roll_back, withdrawn_of
from tests.lists.examples import many, octets_of

DATA = octets_of({"games": many("jeu", 200), "press": many("journal", 100)})


def sealed(data: bytes) -> bytes:
    """Put the right digest over content that somebody forged."""
    return data[:DIGEST_AT] + _digest(data[: HEAD.size], data[HEAD.size :]) + data[HEAD.size :]


def test_the_file_is_whole():
    lists = ListsFile(DATA)
    assert len(lists) == 300
    assert lists.category_of("www.jeu7.example.com") == "games"


def test_every_single_damaged_octet_is_found():
    for at in range(len(DATA)):
        damaged = bytearray(DATA)
        damaged[at] ^= 0x40
        with pytest.raises(ListsRefused):
            check(memoryview(bytes(damaged)))


def test_every_cut_and_every_addition_is_found():
    for length in range(0, len(DATA), 7):
        with pytest.raises(ListsRefused):
            check(memoryview(DATA[:length]))
    with pytest.raises(ListsRefused, match="cut or damaged"):
        check(memoryview(DATA + b"\0"))


@pytest.mark.parametrize(
    ("where", "sentence"),
    [("index", "index is out of order"), ("values", "category that the table does not hold")],
)
def test_a_forged_file_cannot_make_a_look_up_read_outside(where, sentence):
    sections = check(memoryview(DATA))
    forged = bytearray(DATA)
    if where == "index":
        struct.pack_into("<I", forged, sections.index_at + 4, 2**31)
    else:
        forged[-1] = 2
    with pytest.raises(ListsRefused, match=sentence):
        check(memoryview(sealed(bytes(forged))))


@pytest.mark.parametrize(
    "description",
    [
        b"[]",
        b"{",
        b"\xff",
        b"{}",
        b'{"table":3}',
        b'{"table":[3]}',
        b'{"table":[{"list":"a","category":1,"rank":"b"}]}',
        json.dumps({"table": [{"list": "a", "category": "b", "rank": "c"}] * 256}).encode(),
        b"[" * 100_000,
    ],
)
def test_a_description_that_makes_no_sense_is_refused(description):
    head = HEAD.pack(b"JAUGELST", 1, len(description), 0, 0, bytes(32))
    padding = bytes(-(len(head) + len(description)) % 64)
    with pytest.raises(ListsRefused, match="cannot be read"):
        check(memoryview(sealed(head + description + padding + bytes(8))))


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ((b"PK\3\4____", 1, 2, 0, 0), "not a lists file"),
        ((b"JAUGELST", 2, 2, 0, 0), "version 2"),
        ((b"JAUGELST", 1, 2**31, 0, 0), "more than a lists file may hold"),
        ((b"JAUGELST", 1, 2, 2**40, 0), "more than a lists file may hold"),
        ((b"JAUGELST", 1, 2, 0, 63), "more than a lists file may hold"),
    ],
)
def test_a_foreign_header_is_refused_before_anything_is_read(head, sentence):
    with pytest.raises(ListsRefused, match=sentence):
        check(memoryview(HEAD.pack(*head, bytes(32)) + bytes(200)))


def test_paths_that_are_no_lists_file_are_refused_with_a_sentence(tmp_path):
    empty = tmp_path / "empty"
    empty.touch()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (empty, pipe, tmp_path, tmp_path / "missing", tmp_path / "a\0b"):
        with pytest.raises(ListsRefused, match=r"^[a-z0-9][^\n]{5,}$"):
            ListsFile.open(path)


def test_a_far_too_large_file_is_refused_without_being_read(tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(ListsRefused, match="not a lists file"):
        ListsFile.open(path)


@pytest.mark.parametrize(("names", "bits"), [(0, 0), (1, 0), (8, 0), (9, 1), (6_000_000, 20)])
def test_buckets_hold_eight_names_at_most_on_average(names, bits):
    assert index_bits_for(names) == bits


def test_six_million_names_fit_64_mebibytes():
    octets = 9 * 6_000_000 + 4 * (2 ** index_bits_for(6_000_000) + 1) + (1 << 20)
    assert octets <= 64 << 20


def test_a_reader_keeps_its_file_while_another_takes_its_place(tmp_path):
    target = tmp_path / "sites.lists"
    put(target, octets_of({"games": ["jeu.example"]}))
    with ListsFile.open(target) as old:
        put(target, octets_of({"press": ["jeu.example"]}))
        assert old.category_of("jeu.example") == "games"
    with ListsFile.open(target) as new:
        assert new.category_of("jeu.example") == "press"


def test_going_back_puts_the_file_before_in_place_and_keeps_the_other(tmp_path):
    target = tmp_path / "sites.lists"
    for category in ("games", "press"):
        put(target, octets_of({category: ["jeu.example"]}))
    with roll_back(target) as lists:
        assert lists.category_of("jeu.example") == "games"
    with ListsFile.open(withdrawn_of(target)) as withdrawn:
        assert withdrawn.category_of("jeu.example") == "press"
    with pytest.raises(ListsRefused, match="no such file"):
        roll_back(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "sites.lists",
        "sites.lists.withdrawn",
    ]


def test_a_damaged_file_before_is_not_put_back(tmp_path):
    target = tmp_path / "sites.lists"
    put(target, octets_of({"games": ["jeu.example"]}))
    previous_of(target).write_bytes(b"damaged" * 100)
    with pytest.raises(ListsRefused):
        roll_back(target)
    with ListsFile.open(target) as lists:
        assert lists.category_of("jeu.example") == "games"


def test_what_does_not_read_back_is_not_put_in_place(tmp_path):
    target = tmp_path / "sites.lists"
    put(target, DATA)
    with pytest.raises(ListsRefused):
        put(target, DATA[:-1])
    assert target.read_bytes() == DATA
    assert [path.name for path in tmp_path.iterdir()] == ["sites.lists"]
