"""The audit of privacy: what makes it green, what makes it red, and that its report cannot be altered."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from audit import report as reporting
from audit import suite
from audit.alter import NothingToAlter, mutant, replaced
from audit.attack import Attack, Outcome, Report, Verdict, at_most, equals
from audit.catalogue import load
from audit.page import page
from audit.sizes import LONG, SHORT
from audit.suite import Order, Task
from cli.exits import Exit, Refusal
from cli.main import app
from privacy.gate import noise
from privacy.sealed import SealBroken
from tests.support.processes import ROOT

POLICY = "5" * 64


def outcome(verdict: Verdict, *, is_mutant: bool = False, number: str = "A9") -> Outcome:
    figures = (at_most("mesure", 0.5, 0.564),)
    return Outcome(number, "m" if is_mutant else "simulée", verdict, figures, 1.0, mutant=is_mutant)


def report(*verdicts: tuple[Verdict, bool]) -> Report:
    made = tuple(outcome(verdict, is_mutant=is_mutant) for verdict, is_mutant in verdicts)
    return Report("courte", "2026-11-27T10:00:00Z", 1.0, 7, POLICY, "2 cœurs", made)


GREEN = report((Verdict.HELD, False), (Verdict.CAUGHT, True))


@pytest.mark.parametrize(
    ("verdicts", "green"),
    [
        ([(Verdict.HELD, False), (Verdict.CAUGHT, True)], True),
        ([(Verdict.HELD, False), (Verdict.SURVIVED, True)], False),
        ([(Verdict.BROKEN, False), (Verdict.CAUGHT, True)], False),
        ([(Verdict.FAILED, False), (Verdict.CAUGHT, True)], False),
        ([(Verdict.HELD, False), (Verdict.FAILED, True)], False),
        ([(Verdict.NOT_RUN, False), (Verdict.HELD, False), (Verdict.CAUGHT, True)], True),
        ([(Verdict.HELD, False)], False),
        ([], False),
    ],
)
def test_a_report_is_green_only_if_all_attacks_held_and_every_mutant_was_caught(verdicts, green):
    assert report(*verdicts).green is green


def test_every_attack_of_the_table_is_there_with_a_mutant_or_the_reason_why_not():
    assert [one.number for one in load()] == [f"A{n}" for n in range(1, 21)]
    for one in load():
        assert one.not_run if one.measure is None else one.mutants, one.number


def test_the_long_form_has_the_sizes_of_the_table():
    assert (LONG.pairs, LONG.draws, LONG.runs, LONG.reads, LONG.fuzz) == (
        100_000, 20_000, 60_000, 1_000, 500,
    )  # fmt: skip
    assert (LONG.addresses, LONG.canaries, LONG.kills, LONG.tampers, LONG.ledger_weeks) == (
        2**24, 50, 50, 1_000, 52,
    )  # fmt: skip


# --- mutants


@pytest.fixture
def run_one(monkeypatch, tmp_path):
    def running(attack: Attack, task: Task) -> Outcome:
        monkeypatch.setattr(suite, "by_number", lambda _number: attack)
        order = Order(SHORT, 1, tmp_path)
        run = suite.run_real if task.mutant is None else suite.run_mutant
        return suite._safely(run, order, task)

    return running


def never(_ground: object) -> list:
    return [equals("mesure", 0, 0)]


def test_a_mutant_that_no_criterion_notices_survives(run_one):
    harmless = mutant("rien", (noise, "draw", noise.draw))
    attack = Attack("A9", "t", "c", never, (harmless,))
    assert run_one(attack, Task("A9", "rien", 0)).verdict is Verdict.SURVIVED


def test_a_mutant_of_code_that_is_gone_is_no_proof(run_one):
    gone = mutant("parti", (noise, "no_such_name", None))
    attack = Attack("A9", "t", "c", never, (gone,))
    found = run_one(attack, Task("A9", "parti", 0))
    assert found.verdict is Verdict.FAILED
    assert found.note.startswith(NothingToAlter.__name__)


def test_an_attack_that_breaks_down_tells_where_and_no_value(run_one):
    def breaks(_ground: object) -> list:
        raise ValueError("10.10.3.4")

    found = run_one(Attack("A9", "t", "c", breaks), Task("A9", "simulée"))
    assert found.verdict is Verdict.FAILED
    assert found.note.startswith("ValueError à test_suite.py:")
    assert "10.10" not in found.note


def test_fresh_noise_is_given_a_second_chance_and_no_third(run_one):
    for misses, verdict in ((1, Verdict.HELD), (2, Verdict.BROKEN)):
        left = [misses]

        def misses_first(_ground: object, left: list = left) -> list:
            left[0] -= 1
            return [equals("mesure", int(left[0] >= 0), 0)]

        attack = Attack("A9", "t", "c", misses_first, fresh=True)
        found = run_one(attack, Task("A9", "simulée"))
        assert (found.verdict, bool(found.note)) == (verdict, True)


def test_what_a_mutant_replaced_is_put_back_even_after_a_fault():
    real = noise.draw
    with pytest.raises(RuntimeError), replaced((noise, "draw", None)):
        raise RuntimeError
    assert noise.draw is real


# --- the report


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def test_a_sealed_report_is_read_back(key):
    data, drawn = reporting.sealed(GREEN, key)
    found = reporting.check(data, drawn, key.public_key())
    assert (found["verdict"], found["mutants_caught"], found["mutants"]) == ("vert", 1, 1)


def test_an_altered_report_is_refused_at_every_octet(key):
    data, _ = reporting.sealed(report((Verdict.HELD, False), (Verdict.SURVIVED, True)), key)
    better = data.replace(b'"verdict":"rouge"', b'"verdict":"vert"')
    assert better != data
    altered = [
        better,
        *(data[:n] + bytes([data[n] ^ 1]) + data[n + 1 :] for n in range(0, len(data) - 1, 7)),
    ]
    for one in altered:
        with pytest.raises(SealBroken):
            reporting.check(one, None, key.public_key())


def test_another_page_beside_a_sealed_report_is_refused(key):
    data, drawn = reporting.sealed(GREEN, key)
    with pytest.raises(SealBroken):
        reporting.check(data, drawn.replace(b"VERT", b"VERT "), key.public_key())


def test_the_page_says_red_and_names_the_survivor():
    text = reporting.html(report((Verdict.HELD, False), (Verdict.SURVIVED, True))).decode()
    assert "ROUGE" in text
    assert "survivant" in text
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")


def test_the_document_for_the_pages_has_one_line_for_each_attack():
    found = reporting.document(GREEN)
    assert (found["document"], found["policy"], found["verdict"]) == ("audit", POLICY, "vert")
    (line,) = found["attacks"]
    assert (line["attack"], line["figure"], line["criterion"]) == ("A9", "mesure : 0.5", "≤ 0,564")


def test_the_proof_page_holds_every_figure_and_how_to_reproduce_it():
    text = page(GREEN)
    assert "| mesure | 0.5 | ≤ 0,564 | met |" in text
    assert "jauge audit --profile dpo" in text


def test_the_committed_proof_is_of_a_green_run_with_every_attack():
    text = (ROOT / "docs" / "privacy-proof.md").read_text("utf-8")
    assert "*: **green**" in text
    assert "missed" not in text
    for one in load():
        assert f"## {one.number} " in text, one.number


# --- the command


def invoke(*arguments: object) -> object:
    return CliRunner().invoke(app, ["audit", *map(str, arguments)])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--profile", "x"),
        ("--profile", "dpo", "--only", "A99"),
        ("--profile", "dpo", "--store", "."),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_with_the_code_of_usage(arguments):
    refused = invoke(*arguments).exception
    assert isinstance(refused, Refusal)
    assert refused.code is Exit.USAGE


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.CAUGHT, 0), (Verdict.SURVIVED, 1)])
def test_the_exit_code_is_the_verdict(verdict, code, monkeypatch, tmp_path):
    made = report((Verdict.HELD, False), (verdict, True))
    monkeypatch.setattr(suite, "run", lambda *_, **__: made)
    done = invoke("--profile", "dpo", "--short", "--out", tmp_path, "--json")
    assert done.exit_code == code
    assert json.loads(done.stdout)["mutants_caught"] == 1 - code
    assert (tmp_path / "audit.html").read_bytes() == reporting.html(made)
    assert replace(made) == made
