"""services.yaml: a school's own services, what wins, what is told, and what would tell too much."""

import pytest

from cli.declared import declared_for_collector
from privacy import canonical
from school.catalogue import load_catalogue
from school.load import DeclarationErrors, load_school
from school.services import MOST_FOLLOWED, names_a_school
from tests.school.declared import LYCEE, directory
from tests.school.test_commands import run

SHIPPED = load_catalogue()


def declared(tmp_path, text, name="school"):
    written = directory(tmp_path / name)
    (written / "services.yaml").write_text(text, encoding="utf-8")
    return load_school(written)


OWN = """
own:
  - service: Moodle du lycée
    suffixes: [moodle.exemple-lycee.fr]
    category: ent
    publisher: Le lycée
    because: c'est notre plateforme de cours
  - service: YouTube en classe
    suffixes: [youtube.com]
    category: resource
    because: décision du conseil pédagogique
"""


def test_without_the_file_the_school_sees_the_shipped_catalogue(tmp_path):
    school = load_school(directory(tmp_path / "school"))
    assert school.services.own == ()
    assert set(school.catalogue()) == set(SHIPPED)


def test_what_the_school_says_wins_and_says_so(tmp_path):
    catalogue = declared(tmp_path, OWN).catalogue()
    moodle = catalogue.entry(catalogue.site_of("x.moodle.exemple-lycee.fr"))
    assert (moodle.service, moodle.category, moodle.own) == ("Moodle du lycée", "ent", True)
    assert SHIPPED.category_of("youtube.com") == "video_streaming"
    youtube = catalogue.entry("youtube.com")
    assert (youtube.category, youtube.publisher) == ("resource", "YouTube en classe")
    assert youtube.origin == "décision du conseil pédagogique"


def test_it_wins_below_its_suffix_too_but_stored_sites_keep_their_name(tmp_path):
    text = """
own:
  - {service: Mail, suffixes: [proton.me], category: communication, because: essai}
"""
    catalogue = declared(tmp_path, text).catalogue()
    longer = "vpn-api.proton.me"
    assert SHIPPED.category_of(longer) == "vpn_proxy"
    assert catalogue.site_of(f"x.{longer}") == longer  # what was stored before is understood
    assert catalogue.category_of(longer) == "communication"


def test_a_longer_entry_of_the_school_wins_over_a_shorter_one_of_its_own(tmp_path):
    text = """
own:
  - {service: Tout, suffixes: [exemple.fr], category: games, because: essai}
  - {service: Cours, suffixes: [cours.exemple.fr], category: ent, because: essai}
"""
    catalogue = declared(tmp_path, text).catalogue()
    assert catalogue.category_of(catalogue.site_of("a.cours.exemple.fr")) == "ent"
    assert catalogue.category_of(catalogue.site_of("b.exemple.fr")) == "games"


def test_what_is_overruled_and_what_is_useless_is_told_with_its_place(tmp_path):
    text = """
own:
  - service: Proton
    suffixes: [proton.me]
    category: communication
    because: essai
  - service: Pix
    suffixes: [app.pix.fr, "pix.fr"]
    category: assessment
    because: déjà connu
"""
    notices = [str(notice) for notice in declared(tmp_path, text).services.notices]
    assert notices == [
        "services.yaml:4:16: `proton.me` as `communication` overrules the catalogue for "
        "proton.me (webmail), vpn-api.proton.me (vpn_proxy)",
        "services.yaml:8:16: `app.pix.fr` says what `pix.fr` says already: it changes nothing; "
        "remove it",
        "services.yaml:8:28: `pix.fr` says what `pix.fr` says already: it changes nothing; "
        "remove it",
    ]


def test_own_services_decide_verdicts_so_they_change_the_digest_and_nothing_else_does(tmp_path):
    plain = load_school(directory(tmp_path / "plain")).charter_digest
    one = declared(tmp_path, OWN, "one").charter_digest
    reasons = OWN.replace("décision du conseil pédagogique", "autre motif")
    follow = OWN + "follow: [Pix, Moodle du lycée]\n"
    assert declared(tmp_path, "follow: [Pix]\n", "follow").charter_digest == plain
    assert declared(tmp_path, reasons, "reasons").charter_digest == one != plain
    assert declared(tmp_path, follow, "both").charter_digest == one
    assert canonical.digest({}) != one


def test_forty_services_can_be_followed_in_the_declared_order(tmp_path):
    names = sorted(SHIPPED.services())[:MOST_FOLLOWED]
    names.reverse()
    lines = "".join(f'  - "{name}"\n' for name in names)
    assert declared(tmp_path, f"follow:\n{lines}").services.follow == tuple(names)


def test_capture_and_explanations_use_what_the_school_says(tmp_path):
    written = directory(tmp_path / "school", [LYCEE])
    (written / "lycee.yaml").rename(written / "charter.yaml")
    (written / "services.yaml").write_text(OWN, encoding="utf-8")
    captured = declared_for_collector(written)
    assert captured.catalogue.site_of("x.moodle.exemple-lycee.fr") == "moodle.exemple-lycee.fr"
    assert captured.config == load_school(written).charter_digest[:16]
    assert declared_for_collector(None).catalogue.site_of("x.moodle.exemple-lycee.fr") == (
        "exemple-lycee.fr"
    )
    _, text = run("explain", "moodle.exemple-lycee.fr", "--school", written)
    assert "Moodle du lycée" in text.splitlines()[0]
    _, text = run("explain", "m.youtube.com", "--school", written)
    assert "YouTube en classe" in text.splitlines()[0]


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("0123456a.index-education.net", True),
        ("0030858S.esidoc.fr", True),
        ("pronote-0123456a.exemple.fr", True),
        ("www.index-education.net", False),
        ("012345a.exemple.fr", False),
        ("10123456a.exemple.fr", False),
        ("0123456ab.exemple.fr", False),
    ],
)
def test_the_number_of_a_school_is_recognised_in_a_host_name(host, answer):
    assert names_a_school(host) is answer


def test_problems_of_services_are_told_with_those_of_the_other_files(tmp_path):
    written = directory(tmp_path / "school")
    (written / "services.yaml").write_text("own: 3\n", encoding="utf-8")
    (written / "lines.yaml").write_text("lines: 3\n", encoding="utf-8")
    with pytest.raises(DeclarationErrors) as caught:
        load_school(written)
    assert {problem.file for problem in caught.value.problems} == {"lines.yaml", "services.yaml"}
