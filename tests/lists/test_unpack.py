"""An archive of lists: only lists come out of it, whatever is in it."""

import gzip
import io
import random
import tarfile

import pytest

from school.lists import unpack as unpacking
from school.lists.folder import survey
from school.lists.unpack import ArchiveRefused, unpack
from tests.lists.archives import archive_of, member, packed, written

LISTS = {"games": ["jeu.net"], "publicite": ["pub.net"]}
LINK, HARD, DEVICE = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE
GAMES = (member("b/games/domains"), b"jeu.net\n")


def into(tmp_path):
    folder = tmp_path / "lists"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("top", ["blacklists/", "", "./"])
def test_lists_and_aliases_come_out_and_nothing_else(tmp_path, top):
    folder = into(tmp_path)
    unpack(written(tmp_path / "a.tar.gz", archive_of(LISTS, top)), folder)
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert {path for path in found if not path.startswith("ads")} == {
        "games/domains",
        "publicite/domains",
    }
    told = survey(folder)
    assert told.aliases == {"ads": "publicite"}
    assert told.sources["games"].date == "2026-09-21"


def test_parts_cut_anywhere_come_out_and_are_read_as_one(tmp_path):
    octets = packed(
        [(member("b/adult/domains.0"), b"a.com\nb."), (member("b/adult/domains.1"), b"com\n")]
    )
    folder = into(tmp_path)
    unpack(written(tmp_path / "a.tar.gz", octets), folder)
    assert len(survey(folder).sources["adult"].files) == 2


HOSTILE = {
    "climbs": ([(member("../games/domains"), b"x\n")], "leaves the folder"),
    "climbs inside": ([(member("b/../../games/domains"), b"x\n")], "leaves the folder"),
    "absolute": ([(member("/games/domains"), b"x\n")], "leaves the folder"),
    "link out": ([(member("b/ads", type=LINK, linkname="../../etc"), b"")], "leaves the folder"),
    "link absolute": ([(member("b/ads", type=LINK, linkname="/etc"), b"")], "leaves the folder"),
    "linked file": (
        [(member("b/games/domains", type=LINK, linkname="passwd"), b"")],
        "no other name of a list",
    ),
    "hard link": ([(member("b/games/domains", type=HARD, linkname="b/x"), b"")], "hard link"),
    "device": ([(member("b/games/domains", type=DEVICE), b"")], "device"),
    "pipe": ([(member("b/games/domains", type=tarfile.FIFOTYPE), b"")], "no list"),
    "twice": ([GAMES, (member("c/games/domains"), b"y\n")], "twice"),
    "list under a link": (
        [
            (member("b/ads", type=LINK, linkname="games"), b""),
            GAMES,
            (member("b/ads/domains"), b"through.net\n"),
        ],
        "same name",
    ),
    "backslash": ([(member("b\\..\\games/domains"), b"x\n")], "leaves the folder"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_an_archive_with_something_that_no_archive_of_lists_holds_is_refused(tmp_path, case):
    members, sentence = HOSTILE[case]
    folder = into(tmp_path)
    with pytest.raises(ArchiveRefused, match=sentence):
        unpack(written(tmp_path / "a.tar.gz", packed(members)), folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "lists"]
    assert not any(path.is_symlink() for path in folder.rglob("*"))


def test_a_link_to_a_list_that_is_not_there_is_left(tmp_path):
    folder = into(tmp_path)
    octets = packed([GAMES, (member("b/ads", type=LINK, linkname="publicite"), b"")])
    unpack(written(tmp_path / "a.tar.gz", octets), folder)
    assert [path.name for path in folder.iterdir()] == ["games"]


def test_a_small_archive_that_unpacks_to_much_is_stopped_at_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_UNPACKED", 4 << 20)
    skipped = packed([(member("b/games/urls"), bytes(64 << 20))])
    taken = packed([(member("b/games/domains"), bytes(64 << 20))])
    for name, octets in (("skipped", skipped), ("taken", taken)):
        assert len(octets) < 100_000
        folder = tmp_path / name
        folder.mkdir()
        with pytest.raises(ArchiveRefused, match="unpacks to more than 4 MiB"):
            unpack(written(tmp_path / "a.tar.gz", octets), folder)
        assert sum(path.stat().st_size for path in folder.rglob("*")) < 9 << 20


def test_one_list_too_long_and_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_LIST_OCTETS", 10)
    monkeypatch.setattr(unpacking, "MOST_MEMBERS", 5)
    folder = into(tmp_path)
    with pytest.raises(ArchiveRefused, match="larger than"):
        unpack(written(tmp_path / "a", packed([(member("b/games/domains"), b"x" * 11)])), folder)
    many = [(member(f"b/l{i}/usage"), b"x") for i in range(6)]
    with pytest.raises(ArchiveRefused, match="more than 5 members"):
        unpack(written(tmp_path / "a", packed(many)), folder)


def test_a_header_that_is_far_too_long_is_stopped_before_it_fills_the_memory(tmp_path):
    octets = io.BytesIO()
    with tarfile.open(fileobj=octets, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(member("b/games/domains", pax_headers={"comment": "x" * (8 << 20)}))
    with pytest.raises(ArchiveRefused, match="header that is far too long"):
        unpack(written(tmp_path / "a", octets.getvalue()), into(tmp_path))


def test_a_damaged_archive_is_a_sentence_at_every_cut_and_for_any_octet(tmp_path):
    whole = archive_of(LISTS)
    plain = bytearray(gzip.decompress(whole))
    chance = random.Random(5)  # noqa: S311 - repeatable damage
    variants = [whole[:cut] for cut in range(0, len(whole), 7)]
    for _ in range(200):
        at = chance.randrange(len(plain))
        damaged = bytearray(plain)
        damaged[at] ^= 1 << chance.randrange(8)
        variants.append(gzip.compress(bytes(damaged), 1))
    refused = 0
    for i, octets in enumerate(variants):
        folder = tmp_path / str(i)
        folder.mkdir()
        try:
            unpack(written(tmp_path / "a", octets), folder)
        except ArchiveRefused:
            refused += 1
    assert refused > len(range(0, len(whole), 7)) // 2
