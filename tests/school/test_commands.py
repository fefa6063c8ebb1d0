"""`jauge check`, `jauge explain`, `jauge classify-name` through the command line."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from cli.exits import Exit, Refusal
from cli.main import app
from school.lists.reader import ListsFile
from tests.lists.examples import octets_of
from tests.school.declared import HERE, LYCEE, directory


@pytest.fixture(name="declared")
def _declared(tmp_path):
    written = directory(tmp_path / "school")
    (written / "charter.yaml").write_bytes(LYCEE.read_bytes())
    return written


def run(*arguments) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, Refusal):
        return int(result.exception.code), result.exception.message
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_check_says_what_is_declared(declared):
    code, text = run("check", declared)
    assert code == Exit.OK
    assert "published: salles, bureaux, internat" in text
    assert "20/5 Mbit/s down/up from 2026-09-01; 2500/0.8 Mbit/s down/up from 2026-10-05" in text


def test_exam_days_are_counted_on_a_line_of_their_own(declared):
    with (declared / "calendar.yaml").open("a") as file:
        file.write("\nexams: [2026-11-26]\n")
    assert "\n            exam days: 1\n" in run("check", declared)[1]


def test_a_directory_that_is_not_there_is_named_once_with_what_to_give(tmp_path):
    for place in (tmp_path / "none", tmp_path / "charter.yaml"):
        (tmp_path / "charter.yaml").touch()
        code, message = run("check", place)
        assert code == Exit.CONFIGURATION
        assert message.splitlines()[1] == (
            f"  {place}: there is no such directory of declarations; "
            "give the directory that holds charter.yaml and the others"
        )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("side: lan\nline: internett\n", ":2:7: `line: internett` is not declared in lines.yaml"),
        ("interface: eth1\n", None),
        ("line: internet\n", None),
    ],
)
def test_the_line_that_the_collector_measures_has_to_be_declared(text, says, declared):
    (declared / "collector.yaml").write_text(text)
    code, said = run("check", declared)
    assert code == (Exit.CONFIGURATION if says else Exit.OK), said
    if says:
        assert f"{declared}/collector.yaml{says}; did you mean `internet`?" in said
        assert json.loads(run("check", declared, "--json")[1])["problems"][0]["line"] == 2


def test_a_collector_that_names_no_line_measures_internet_and_that_has_to_be_declared(declared):
    lines = (declared / "lines.yaml").read_text().replace("name: internet", "name: fibre")
    (declared / "lines.yaml").write_text(lines)
    (declared / "collector.yaml").write_text("interface: eth1\n")
    code, said = run("check", declared)
    assert code == Exit.CONFIGURATION
    assert "collector.yaml:1:1: `line: internet` is not declared" in said
    assert "where no `line` is written" in said


def test_a_collector_told_of_an_undeclared_line_writes_nothing(declared, tmp_path):
    store = tmp_path / "store"
    code, said = run(
        "listen", "--bind", "127.0.0.1:0", "--exporter", "127.0.0.1", "--school", declared,
        "--store", store, "--line", "fibre",
    )  # fmt: skip
    assert (code, "--line fibre: not declared in lines.yaml; use one of: internet" in said) == (
        Exit.USAGE,
        True,
    ), said
    assert not store.exists()


def test_check_as_json_holds_the_digests(declared):
    code, text = run("check", declared, "--json")
    answer = json.loads(text)
    assert (code, answer["ok"], answer["problems"]) == (Exit.OK, True, [])
    assert len(answer["charter_digest"]) == len(answer["privacy_digest"]) == 64


def test_check_tells_all_errors_of_all_files_and_ends_with_3(tmp_path):
    case = HERE / "broken" / "several-files-at-once"
    written = directory(tmp_path / "school", case.glob("*.yaml"))
    code, text = run("check", written)
    assert code == Exit.CONFIGURATION
    assert text.startswith("3 errors in the declared files:")
    assert f"{written}/privacy.yaml:1:12: `total_rho` needs a number, not `yes`" in text
    assert "\n      total_rho: yes\n                 ^" in text
    code, text = run("check", written, "--json")
    assert code == Exit.CONFIGURATION
    assert [problem["file"] for problem in json.loads(text)["problems"]] == [
        "calendar.yaml",
        "lines.yaml",
        "privacy.yaml",
    ]


@pytest.mark.parametrize("charter", sorted(LYCEE.parent.glob("*.yaml")), ids=lambda p: p.stem)
def test_check_is_content_with_each_shipped_charter(tmp_path, charter):
    written = directory(tmp_path / "school")
    (written / "charter.yaml").write_bytes(charter.read_bytes())
    code, text = run("check", written)
    assert code == Exit.OK
    assert "note:" not in text
    answer = json.loads(run("check", written, "--json")[1])
    assert (answer["unproven_rules"], answer["holidays_decreed_until"]) == ([], "2028-08-31")
    titles = yaml.safe_load(charter.read_text(encoding="utf-8"))
    texts = [titles["title"], *titles["clauses"], *(rule["because"] for rule in titles["rules"])]
    assert all(text["fr"] != text["en"] for text in texts)


def test_explain_asks_the_lists_too_and_names_their_digest(declared, tmp_path):
    lists = tmp_path / "sites.lists"
    lists.write_bytes(octets_of({"press": ["unknown-site.fr"]}))
    code, text = run("explain", "www.unknown-site.fr", "--school", declared, "--lists", lists)
    assert code == Exit.OK
    lines = text.splitlines()
    assert lines[0] == "unknown-site.fr n'est pas dans le catalogue : presse."
    assert lines[1].startswith("Preuve : faible, elle repose sur la seule liste importée press du ")
    with ListsFile.open(lists) as file:
        assert lines[-1].endswith(f", listes {file.sections.digest[:16]}")
    assert run("explain", "www.unknown-site.fr", "--school", declared, "--lists", lists)[1] == text
    lists.write_bytes(b"no")
    code, text = run("explain", "x.fr", "--school", declared, "--lists", lists)
    assert (code, "jauge lists update" in text) == (Exit.DATA, True)


def test_explain_says_what_would_change_the_answer_in_both_languages(declared):
    text = run("explain", "www.nrj.fr", "--school", declared)[1]
    assert "  Ce qui changerait la réponse :\n    · si la ligne était calme : " in text
    text = run("explain", "www.nrj.fr", "--school", declared, "--lang", "en")[1]
    assert "  What would change the answer:\n    · if the line were calm: " in text
    assert "\nClause C4: The line is shared." in text


def test_check_tells_what_services_yaml_overrules(declared):
    (declared / "services.yaml").write_text(
        "own:\n  - {service: Vidéo, suffixes: [youtube.com], category: resource, because: essai}\n"
        "follow: [Pix, Vidéo]\n",
        encoding="utf-8",
    )
    code, text = run("check", declared)
    assert code == Exit.OK
    assert "services  suffixes of the school's own: 1; services followed: 2" in text
    assert "note: services.yaml:2:33: `youtube.com` as `resource` overrules the catalogue" in text
    answer = json.loads(run("check", declared, "--json")[1])
    assert answer["followed_services"] == ["Pix", "Vidéo"]
    assert len(answer["notices"]) == 1


def test_explain_prints_a_sentence_for_each_context(declared):
    code, text = run("explain", "www.nrj.fr", "--school", declared)
    assert code == Exit.OK
    assert text.splitlines()[0] == "nrj.fr, c'est NRJ Group : webradios."
    assert "(règle web-radio-line-busy, article C4)" in text
    code, text = run("explain", "nrj.fr", "--school", declared, "--lang", "en", "--json")
    answer = json.loads(text)
    assert answer["category"] == "web_radio"
    assert {item["use"] for item in answer["statements"]} == {
        "residual_private",
        "resource_inappropriate",
    }


def test_explain_refuses_a_language_without_texts_and_wrong_declarations(declared, tmp_path):
    assert run("explain", "nrj.fr", "--school", declared, "--lang", "de")[0] == Exit.USAGE
    assert run("explain", "nrj.fr", "--school", tmp_path / "none")[0] == Exit.CONFIGURATION
