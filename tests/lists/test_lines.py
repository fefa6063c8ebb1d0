"""What a line of a list is, and what is left."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from school.catalogue import labels_of
from school.lists.fingerprint import fingerprint
from school.lists.lines import LONGEST_LINE, LineReader, NotAList, Tally, chunks_of
from school.lists.suffixes import public_suffixes


def read(text: str | bytes, *, cut: int | None = None, reader=None) -> Tally:
    data = text.encode() if isinstance(text, str) else text
    blocks = [data[:cut], data[cut:]] if cut is not None else [data]
    tally = Tally()
    for chunk in chunks_of(blocks):
        (reader or LineReader()).add(chunk, tally)
    return tally


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("jeu.example", "jeu.example"),
        ("JEU.Example", "jeu.example"),
        ("jeu.example.", "jeu.example"),
        ("jeu.example\r", "jeu.example"),
        ("  jeu.example", "jeu.example"),
        ("_dmarc.jeu.example", "_dmarc.jeu.example"),
        ("a.xn--jeu4", "a.xn--jeu4"),  # ends with a digit and is a name all the same
        ("192.0.2.7", None),
        ("2001:db8::7", None),
        ("example", None),
        (".example.org", None),
        ("a..org", None),
        ("jeu.example/page", None),
        ("élan.example", None),
        ("a" * 64 + ".example", None),
        ("a." * 126 + "fr.org", None),
        ("", None),
        ("\0\0.example", None),
    ],
)
def test_a_line_is_a_host_name_or_is_left(line, name):
    expected = [] if name is None else [fingerprint(name)]
    assert read(f"{line}\n").fingerprints().tolist() == expected


def test_addresses_and_other_lines_are_counted_apart():
    tally = read("jeu.example\n192.0.2.7\n2001:db8::7\nnot a name\n\nb.example")
    assert (tally.lines, tally.addresses, tally.invalid) == (5, 2, 1)


def test_a_list_cut_anywhere_reads_as_if_it_were_whole():
    text = "premier.example\nun-nom-long.second.example\n192.0.2.7\nfin.example"
    whole = read(text)
    for cut in range(len(text) + 1):
        parts = read(text, cut=cut)
        assert parts.fingerprints().tolist() == whole.fingerprints().tolist()
        assert (parts.lines, parts.addresses) == (whole.lines, whole.addresses)


def test_a_line_without_end_is_no_list():
    with pytest.raises(NotAList):
        read(b"a" * (LONGEST_LINE + 1))


@given(st.lists(st.text(alphabet="aZ9.-_/é :\r", max_size=12), max_size=20))
@example(["9._.."])
def test_bulk_reading_keeps_exactly_the_names_of_the_plain_reader(lines):
    names = {".".join(labels) for line in lines if (labels := labels_of(line)) is not None}
    found = read("\n".join(lines)).fingerprints().tolist()
    assert found == sorted(fingerprint(name) for name in names)


@given(st.binary(max_size=300))
def test_octets_of_any_kind_are_read_without_error(data):
    tally = read(data)
    assert tally.addresses + tally.invalid + len(tally.fingerprints()) <= tally.lines


def test_names_under_a_wildcard_of_the_suffix_list_are_over_broad():
    suffixes = public_suffixes()
    assert b".ck" in suffixes.endings
    assert "co.uk" in suffixes.names
    reader = LineReader(endings=suffixes.endings, is_suffix=suffixes.holds)
    text = "com.ck\nwww.ck\nsite.com.ck\njeu.example\ncity.kawasaki.jp\nx.kawasaki.jp\n"
    tally = read(text, reader=reader)
    assert tally.over_broad == 2  # com.ck, x.kawasaki.jp; www.ck and city.… are exceptions
    assert len(tally.fingerprints()) == 4
