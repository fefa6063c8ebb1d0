"""A folder of lists becomes a file: who wins, what is held back, what is taken out."""

from itertools import pairwise

import pytest

from school.lists.folder import FolderRefused
from school.lists.settings import RANKS, load_settings
from tests.lists.examples import folder_of, imported, many, told

CLEAN = {
    "malware": many("piege", 400),
    "jobsearch": many("emploi", 300),
    "games": ["jeu.example.com", "double.example.com", "192.0.2.9"],
    "press": ["journal.example.com", "double.example.com"],
}


def test_malware_over_bypass_over_abusive_over_technical_over_resource_over_private(tmp_path):
    order = ["malware", "vpn", "gambling", "publicite", "games", "press", "translation"]
    for first, second in pairwise(order):
        root = folder_of(tmp_path / first, {second: ["x.example.com"], first: ["x.example.com"]})
        lists, report = imported(root)
        assert lists.found("x.example.com").row.list == first
        assert told(report, "conflict") == [first]


def test_the_documented_precedence_is_the_one_in_force():
    ranks = [RANKS.index(one.rank) for one in load_settings().taken]
    assert ranks == sorted(ranks)
    assert (
        *("malware", "bypass", "abusive", "own"),
        *("technical", "resource", "private", "pedagogical"),
    ) == RANKS


def test_a_special_list_wins_over_a_general_one_of_the_same_rank(tmp_path):
    names = ["face.example.com"]
    root = folder_of(tmp_path, {"blog": names, "forums": names, "social_networks": names})
    lists, _ = imported(root)
    assert lists.category_of("face.example.com") == "social_network"


def test_the_same_folder_gives_the_same_octets(tmp_path):
    root = folder_of(tmp_path, CLEAN)
    first, _ = imported(root)
    second, _ = imported(root)
    assert first.sections.digest == second.sections.digest


def test_the_file_says_where_it_comes_from(tmp_path):
    lists, _ = imported(folder_of(tmp_path, CLEAN))
    description = lists.description
    assert description["origin"]["licence"] == "CC BY-SA 4.0"
    assert "Université Toulouse Capitole" in description["origin"]["attribution"]
    assert description["made"] == "2026-11-20T08:00:00+00:00"
    assert description["lists"]["games"]["names"] == 2
    assert len(description["lists"]["games"]["sha256"]) == 64


def test_addresses_are_left_and_counted(tmp_path):
    _, report = imported(folder_of(tmp_path, CLEAN))
    games = next(one for one in report.lists if one.name == "games")
    assert (games.lines, games.names, games.kept, games.addresses) == (3, 2, 2, 1)


# --- pollution


def test_a_list_that_jumps_is_held_back_and_its_names_of_before_stay(tmp_path):
    before, _ = imported(folder_of(tmp_path / "a", CLEAN))
    polluted = {**CLEAN, "jobsearch": many("spam", 5_000)}
    lists, report = imported(folder_of(tmp_path / "b", polluted), previous=before)
    assert told(report, "size_jump") == ["jobsearch"]
    assert report.serious
    assert lists.found("emploi7.example.com").row.list == "jobsearch"
    assert lists.found("spam7.example.com") is None
    # and again, from the file that the refused import made
    lists, report = imported(tmp_path / "b", previous=lists)
    assert told(report, "size_jump") == ["jobsearch"]
    assert lists.found("emploi7.example.com").row.list == "jobsearch"


def test_a_person_may_accept_a_jump(tmp_path):
    before, _ = imported(folder_of(tmp_path / "a", CLEAN))
    grown = folder_of(tmp_path / "b", {**CLEAN, "jobsearch": many("spam", 5_000)})
    lists, report = imported(grown, previous=before, accepted=["jobsearch"])
    assert told(report, "accepted") == ["jobsearch"]
    assert not report.serious
    assert lists.found("spam7.example.com").row.list == "jobsearch"
    assert lists.found("emploi7.example.com") is None


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [(300, 600, False), (300, 601, True), (300, 100, True), (300, 150, False), (10, 200, False)],
)
def test_twice_as_many_or_half_as_many_is_a_jump_from_200_names_on(tmp_path, before, after, held):
    old, _ = imported(folder_of(tmp_path / "a", {"games": many("jeu", before)}))
    new = folder_of(tmp_path / "b", {"games": many("jeu", after)})
    _, report = imported(new, previous=old)
    assert (told(report, "size_jump") == ["games"]) is held


@pytest.mark.parametrize(("shared", "held"), [(29, False), (30, True)])
def test_a_list_that_shares_a_tenth_with_malware_is_not_loaded(tmp_path, shared, held):
    lines = [*CLEAN["malware"][:shared], *CLEAN["jobsearch"][: 300 - shared]]
    lists, report = imported(folder_of(tmp_path, {**CLEAN, "jobsearch": lines}))
    assert (told(report, "malware_overlap") == ["jobsearch"]) is held
    assert (lists.found("emploi7.example.com") is None) is held
    assert lists.found("piege7.example.com").row.list == "malware"


def test_a_list_that_vanishes_stays_as_it_was(tmp_path):
    before, _ = imported(folder_of(tmp_path / "a", CLEAN))
    less = {name: lines for name, lines in CLEAN.items() if name != "games"}
    lists, report = imported(folder_of(tmp_path / "b", less), previous=before)
    assert told(report, "vanished") == ["games"]
    assert lists.category_of("jeu.example.com") == "games"
    _, report = imported(tmp_path / "b", previous=lists, accepted=["games"])
    assert told(report, "vanished") == []


# --- over-broad names


def test_public_suffixes_and_shared_hosts_are_taken_out(tmp_path):
    broad = ["co.uk", "blogspot.com", "akamai.net", "gstatic.com", "com.np", "fandom.com"]
    lists, report = imported(folder_of(tmp_path, {"games": [*broad, "wiki.fandom.com"]}))
    assert [lists.found(f"www.{name}") for name in broad] == [None] * len(broad)
    assert lists.category_of("wiki.fandom.com") == "games"
    finding = next(f for f in report.findings if f.kind == "over_broad")
    assert finding.facts["count"] == len(broad)
    assert "akamai.net" in finding.sentence("fr")


OVER_BROAD = {
    "liste_bu": "akamai.net doubleclick.net amazon.com linkedin.com dropbox.com aaproxy.cf ac.uk",
    "liste_blanche": "gstatic.com digicert.com clients3.google.com captive.apple.com",
    "cleaning": "microsoft.com apple.com",
    "games": "gravatar.com fandom.com educaplay.com filsantejeunes.com",
    "doh": "apple-dns.net yahoodns.net",
    "vpn": "salesforceliveagent.com",
    "redirector": "checkpoint.com name.com",
    "dating": "eventbrite.com meetup.com",
    "remote-control": "webex.com azure-devices.net",
    "child": "diep.io",
}
"""Entries that a review of UT1 found wrong, by list."""


@pytest.mark.parametrize("name", OVER_BROAD)
def test_entries_found_wrong_by_review_are_overridden_even_where_a_school_takes_the_list(
    tmp_path, name
):
    wrong = OVER_BROAD[name].split()
    root = folder_of(tmp_path / "lists", {name: [*wrong, "autre.example.com"]})
    yaml = tmp_path / "lists.yaml"
    yaml.write_text(
        "origin: {name: a, address: b, licence: c, attribution: d}\n"
        f"lists:\n  {name}: {{category: resource, rank: pedagogical}}\n"
    )
    lists, _ = imported(root, settings=load_settings(yaml))
    assert [site for site in wrong if lists.found(f"www.{site}") is not None] == []
    assert lists.category_of("autre.example.com") == "resource"


def test_the_catalogue_is_told_where_it_overrules_a_list(tmp_path):
    _, report = imported(folder_of(tmp_path, {"forums": ["facebook.com", "x.example.com"]}))
    finding = next(f for f in report.findings if f.kind == "catalogue")
    assert (finding.list, finding.facts["names"]) == ("forums", ["facebook.com"])


# --- the folder


def test_lists_that_must_not_be_used_are_refused(tmp_path):
    lists, report = imported(
        folder_of(tmp_path, {**CLEAN, "examen_pix": ["pix.example.com"], "tricheur_pix": ["b.com"]})
    )
    assert told(report, "refused") == ["examen_pix", "tricheur_pix"]
    assert lists.found("pix.example.com") is None


def test_urls_and_expressions_are_never_read(tmp_path):
    root = folder_of(tmp_path, CLEAN)
    (root / "games" / "urls").write_text("partage.example.com/jeux\npartage2.example.com\n")
    (root / "games" / "expressions").write_text("partage3.example.com\n")
    (root / "games" / "domains.clean_2025").write_text("partage4.example.com\n")
    lists, _ = imported(root)
    assert {lists.found(f"partage{i}.example.com") for i in ("", 2, 3, 4)} == {None}


def test_parts_cut_in_the_middle_of_a_name_are_one_list(tmp_path):
    text = "".join(f"jeu{i}.example.com\n" for i in range(50)).encode()
    for part, piece in enumerate((text[:100], text[100:333], text[333:])):
        (tmp_path / "games").mkdir(exist_ok=True)
        (tmp_path / "games" / f"domains.{part}").write_bytes(piece)
    lists, report = imported(tmp_path)
    assert len(lists) == 50
    assert lists.category_of("jeu49.example.com") == "games"
    (tmp_path / "games" / "domains.1").unlink()
    folder_of(tmp_path, {"press": ["a.example.com"]})
    _, report = imported(tmp_path)
    assert told(report, "unreadable") == ["games"]


def test_an_alias_is_not_read_and_a_link_out_of_the_folder_is_refused(tmp_path):
    root = folder_of(tmp_path / "lists", {"agressif": ["x.example.com"]})
    (root / "violence").symlink_to("agressif")
    outside = folder_of(tmp_path / "outside", {"games": ["secret.example.com"]})
    (root / "games").symlink_to(outside / "games")
    (root / "press").mkdir()
    (root / "press" / "domains").symlink_to(outside / "games" / "domains")
    lists, report = imported(root)
    assert told(report, "alias") == ["violence"]
    assert told(report, "unreadable") == ["games", "press"]
    assert lists.found("secret.example.com") is None


def test_a_list_unknown_to_lists_yaml_is_told_and_not_loaded(tmp_path):
    lists, report = imported(folder_of(tmp_path, {**CLEAN, "nouveau": ["new.example.com"]}))
    assert told(report, "not_declared") == ["nouveau"]
    assert lists.found("new.example.com") is None


@pytest.mark.parametrize("what", ["empty", "file", "missing"])
def test_what_is_no_folder_of_lists_is_refused(tmp_path, what):
    root = tmp_path / what
    if what == "empty":
        root.mkdir()
    if what == "file":
        root.touch()
    with pytest.raises(FolderRefused):
        imported(root)


def test_every_finding_speaks_both_languages(tmp_path):
    before, _ = imported(folder_of(tmp_path / "a", {**CLEAN, "adult": many("x", 9)}))
    root = folder_of(
        tmp_path / "b",
        {
            **CLEAN,
            "jobsearch": CLEAN["malware"],
            "games": [*many("jeu", 900), "co.uk", "facebook.com", "journal.example.com"],
            "examen_pix": ["p.example.com"],
            "nouveau": ["n.example.com"],
            "special": ["s.example.com"],
        },
    )
    (root / "violence").symlink_to("games")
    (root / "radio").mkdir()
    (root / "radio" / "domains.3").write_text("r.example.com\n")
    _, report = imported(root, previous=before)
    _, other = imported(root, previous=before, accepted=["jobsearch", "games"])
    findings = [*report.findings, *other.findings]
    from school.lists.findings import KINDS

    assert {finding.kind for finding in findings} == set(KINDS)
    for finding in findings:
        fr, en = finding.sentence("fr"), finding.sentence("en")
        assert fr != en
        assert "{" not in fr + en
