"""A line means itself and all its sub-domains; the longest line wins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.lists import NOT_LISTED, values_of
from school.lists.fingerprint import fingerprint
from school.lists.lines import fingerprints_of
from tests.lists.examples import file_of, naive

LISTS = {
    "games": ["jeu.example", "play.shop.example"],
    "shopping": ["shop.example", "jeu.example"],
}


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("jeu.example", "games"),  # in both: the first list wins
        ("www.jeu.example", "games"),
        ("a.b.c.jeu.example", "games"),
        ("shop.example", "shopping"),
        ("play.shop.example", "games"),  # the longest line wins
        ("x.play.shop.example", "games"),
        ("replay.shop.example", "shopping"),  # label boundary
        ("ajeu.example", None),
        ("jeu.example.org", None),
        ("example", None),
        ("", None),
        (".", None),
        ("jeu..example", None),
        ("élan.jeu.example", None),  # travels as xn--; other letters are no host name
        ("a." * 130 + "jeu.example", None),  # longer than a name can be
    ],
)
def test_a_name_takes_the_category_of_the_longest_line_that_holds_it(name, category):
    lists = file_of(LISTS)
    assert lists.category_of(name) == category
    found = lists.found(name)
    assert (found.row.category if found else None) == category
    assert found is None or name == found.suffix or name.endswith("." + found.suffix)


def test_a_category_without_purpose_hides_weaker_lists_and_is_not_stored():
    lists = file_of({"malware": ["bad.example"], "games": ["bad.example", "good.example"]})
    assert lists.found("www.bad.example").row.list == "malware"
    assert lists.category_of("www.bad.example") is None
    assert lists.category_of("www.good.example") == "games"


def test_an_empty_file_knows_nothing():
    lists = file_of({"games": []})
    assert len(lists) == 0
    assert lists.category_of("www.jeu.example") is None
    assert compiled(lists, ["www.jeu.example"]) == [None]


labels = st.text("ab-1", min_size=1, max_size=3)
names = st.lists(labels, min_size=2, max_size=5).map(
    lambda parts: ".".join([*(part.strip("-") or "a" for part in parts), "fr"])
)
some_lists = st.fixed_dictionaries(
    {name: st.lists(names, max_size=30) for name in ("games", "press", "sports")}
)


def compiled(lists, asked):
    data = np.frombuffer("\n".join([*asked, ""]).encode("ascii"), np.uint8)
    ends = np.flatnonzero(data == 10)
    starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.int64)
    values = values_of(lists, data, starts, ends).tolist()
    rows = lists.sections.rows
    return [None if value == NOT_LISTED else rows[value].category for value in values]


@given(lists=some_lists, others=st.lists(names, max_size=20), prefix=labels)
def test_plain_compiled_and_naive_look_ups_agree(lists, others, prefix):
    listed = [line for lines in lists.values() for line in lines]
    asked = [*listed, *others, *(f"{prefix}.{line}" for line in listed)]
    expected = [naive(lists, name) for name in asked]
    lists_file = file_of(lists)
    assert [lists_file.category_of(name) for name in asked] == expected
    if asked:
        assert compiled(lists_file, asked) == expected


@given(st.lists(names, min_size=1, max_size=40))
def test_bulk_fingerprints_are_those_of_plain_python(some):
    data = np.frombuffer("\n".join([*some, ""]).encode(), np.uint8)
    ends = np.flatnonzero(data == 10)
    starts = np.concatenate(([0], ends[:-1] + 1))
    bulk = fingerprints_of(data, starts, ends).tolist()
    assert sorted(bulk) == sorted(fingerprint(name) for name in some)


def test_a_name_of_253_octets_and_labels_of_63_are_looked_up():
    long = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 58, "fr"])
    line = ".".join(["d" * 58, "fr"])
    assert len(long) == 253
    assert file_of({"games": [line]}).category_of(long) == "games"
    assert compiled(file_of({"games": [line]}), [long]) == ["games"]


def counted_up(count):
    return [f"site{i % 1000}.shop{i // 1000}.example.com" for i in range(count)]


def drawn(count):
    letters = np.random.default_rng(7).integers(97, 123, (count, 12), dtype=np.uint8)
    return [f"{bytes(row).decode()}.example.com" for row in letters]


@pytest.mark.parametrize(("names", "tolerance"), [(drawn, 6 * 35), (counted_up, 600)])
def test_parts_of_fingerprints_collide_as_often_as_chance(names, tolerance):
    """A false positive is a collision in all 56 bits; any 24 of them can be measured.

    With n marks in 2^24 cells, n(n-1)/2^25 equal pairs are expected, here 1,192, give or take 35.
    Names that count up keep some structure: their buckets may be half as full again.
    """
    count = 200_000
    data = np.frombuffer("\n".join([*names(count), ""]).encode(), np.uint8)
    ends = np.flatnonzero(data == 10)
    starts = np.concatenate(([0], ends[:-1] + 1))
    marks = fingerprints_of(data, starts, ends)
    assert len(np.unique(marks)) == count
    for shift in (40, 24, 8):
        part = (marks >> np.uint64(shift)) & np.uint64(2**24 - 1)
        _, cells = np.unique(part, return_counts=True)
        pairs = int((cells * (cells - 1) // 2).sum())
        assert abs(pairs - 1_192) < tolerance
