"""`jauge classify-name`: what a name is, who says so, what loses, and what to add."""

import json

import pytest
import yaml

from cli.exits import Exit
from school.load import load_school
from school.services import names_a_school
from tests.lists.examples import folder_of, many, octets_of
from tests.school.declared import directory
from tests.school.test_commands import run

LISTS = {
    "malware": many("piege", 30),
    "social_networks": ["facebook.com"],
    "forums": ["facebook.com", "0123456a.esidoc.fr"],
    "games": ["jeu.example.com", "diep.io"],
    "child": ["diep.io"],
    "examen_pix": ["amazon.fr"],
    "liste_bu": ["akamai.net"],
    "bank": ["banque.example"],
    "shopping": ["achats.example"],
}


@pytest.fixture(name="folder")
def _folder(tmp_path):
    return folder_of(tmp_path / "ut1", LISTS)


def answer(*arguments):
    code, text = run("classify-name", *arguments, "--json")
    return code, json.loads(text)


def test_a_name_of_the_catalogue_comes_with_its_source_licence_and_date():
    code, found = answer("app.pix.fr")
    assert (code, found["source"], found["category"]) == (Exit.OK, "catalogue", "assessment")
    assert (found["entry"]["service"], found["entry"]["publisher"]) == ("Pix", "GIP Pix")
    assert found["entry"]["licence"] == "etalab-2.0"
    assert found["entry"]["date"].startswith("2026-11")
    assert found["to_add"] is None


@pytest.mark.parametrize(
    "host", ["0123456a.index-education.net", "0123456A.esidoc.fr.", "x.0123456a.exemple.fr"]
)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_number_of_a_school_is_printed_nowhere_and_its_loss_is_said(host, lang, folder):
    _, text = run("classify-name", host, "--lang", lang, "--from", folder)
    assert "(UAI)" in text
    assert "0123456" not in text
    _, found = answer(host, "--lang", lang, "--from", folder)
    assert found["names_a_school"]
    assert found["reduced"]
    assert not any(names_a_school(str(value)) for value in found.values())


def test_a_domain_that_is_itself_the_number_of_a_school_is_not_said_to_lose_it():
    _, found = answer("www.lycee-0123456a.fr")
    assert (found["site"], found["names_a_school"]) == ("lycee-0123456a.fr", False)
    assert not any("(UAI)" in sentence for sentence in found["sentences"])


@pytest.mark.parametrize("typed", ["https://www.lemonde.fr/", "www.lemonde.fr:443", "www.école.fr"])
def test_what_is_pasted_from_a_browser_is_answered_with_how_to_type_it(typed):
    code, found = answer(typed)
    assert (code, found["site"]) == (Exit.OK, None)
    assert "sans `https://`" in found["sentences"][0]


def test_a_name_that_is_stored_as_it_is_is_not_called_reduced():
    assert answer("pix.fr")[1]["reduced"] is False
    assert answer("www.pix.fr")[1]["reduced"] is True


def test_each_line_that_holds_a_name_is_told_with_what_becomes_of_it(folder):
    _, found = answer("www.facebook.com", "--from", folder)
    told = [(one["list"], one["standing"], one["beaten_by"]) for one in found["lines"]]
    assert told == [
        ("social_networks", "wins", None),
        ("forums", "weaker", "social_networks"),
    ]
    assert found["source"] == "catalogue"
    assert "Le catalogue l'emporte toujours sur une liste importée." in found["sentences"]


def test_over_broad_refused_and_left_lines_are_told(folder):
    standing = {
        host: [(one["list"], one["standing"]) for one in answer(host, "--from", folder)[1]["lines"]]
        for host in ("diep.io", "amazon.fr", "akamai.net")
    }
    assert standing == {
        "diep.io": [("games", "wins"), ("child", "over_broad")],
        "amazon.fr": [("examen_pix", "refused")],
        "akamai.net": [("liste_bu", "left")],
    }


def test_a_list_alone_decides_weakly_and_only_with_a_category_that_rules_can_use(folder, tmp_path):
    code, found = answer("www.achats.example", "--from", folder)
    assert found["site"] is None  # `.example` is no public suffix: nothing would be stored
    assert code == Exit.OK
    code, found = answer("x.jeu.example.com", "--from", folder)
    assert (code, found["source"], found["category"]) == (Exit.OK, "list", "games")
    assert found["lines"][0]["line"] == "….example.com"  # no more than would be stored
    file = tmp_path / "sites.lists"
    file.write_bytes(octets_of({"games": ["jeu.example.com"], "personal": ["banque.com"]}))
    code, found = answer("x.jeu.example.com", "--lists", file)
    assert (found["source"], found["listed"]["line"]) == ("list", "….example.com")
    code, found = answer("www.banque.com", "--lists", file)
    assert (code, found["source"], found["category"]) == (Exit.FINDINGS, "nobody", "unknown")
    assert found["listed"]["usable"] is False


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_an_unknown_name_ends_with_1_and_the_lines_to_add_are_yaml_that_works(lang, tmp_path):
    code, found = answer("www.unknown-site.fr", "--lang", lang)
    assert (code, found["known"], found["category"]) == (Exit.FINDINGS, False, "unknown")
    text = "\n".join(found["to_add"]["lines"])
    assert found["to_add"]["file"] == "services.yaml"
    assert yaml.safe_load(text)["own"][0]["suffixes"] == ["unknown-site.fr"]
    written = directory(tmp_path / "school")
    chosen = text.replace("category: …", "category: ent").replace("because: …", "because: essai")
    (written / "services.yaml").write_text(chosen, encoding="utf-8")
    catalogue = load_school(written).catalogue()
    assert catalogue.category_of(catalogue.site_of("www.unknown-site.fr")) == "ent"
    code, found = answer("www.unknown-site.fr", "--school", written, "--lang", lang)
    assert (code, found["source"], found["entry"]["origin"]) == (Exit.OK, "school", "essai")


def test_what_the_school_overrules_is_said(tmp_path):
    written = directory(tmp_path / "school")
    (written / "services.yaml").write_text(
        "own: [{service: Vidéos, suffixes: [youtube.com], category: resource, because: essai}]"
    )
    _, found = answer("m.youtube.com", "--school", written)
    assert found["overruled"]["category"] == "video_streaming"
    assert any("l'établissement l'emporte" in line for line in found["sentences"])


def test_a_name_where_everybody_can_open_one_is_not_proposed():
    code, found = answer("prenom-nom.duckdns.org")
    assert (code, found["site"], found["to_add"]) == (Exit.FINDINGS, "duckdns.org", None)
    assert any("ne peut y être distingué" in line for line in found["sentences"])


def test_nothing_would_be_stored_of_an_internal_name():
    code, found = answer("poste.local")
    assert (code, found["site"], found["to_add"]) == (Exit.OK, None, None)


def test_refusals_say_where_and_what_to_do(tmp_path):
    bad = tmp_path / "bad.lists"
    bad.write_bytes(b"x" * 100)
    wrong = tmp_path / "lists.yaml"
    wrong.write_text("lists: 3\n")
    cases = [
        (["pix.fr", "--lang", "de"], "use fr or en", Exit.USAGE),
        (["pix.fr", "--lists", bad], "make it with `jauge lists update`", Exit.DATA),
        (["pix.fr", "--lists", tmp_path / "none"], "no such file", Exit.DATA),
        (["pix.fr", "--from", tmp_path / "none"], "cannot be read", Exit.DATA),
        (["pix.fr", "--from", tmp_path, "--settings", wrong], "lists.yaml:1:", Exit.CONFIGURATION),
        (["pix.fr", "--school", tmp_path / "none"], "no such directory", Exit.CONFIGURATION),
    ]
    for arguments, sentence, expected in cases:
        code, message = run("classify-name", *arguments)
        assert (code, sentence in message) == (expected, True), message
