"""Hints name commands as one calls them on this machine: `jauge-admin` where the package set it so."""

import inspect
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from analyzer.mandate import WHAT_TO_DO
from analyzer.papers import wording
from cli import doctor, main, privacy, sink
from cli.diagnosis.checks import judge
from cli.exits import Exit, Refusal
from dashboards import texts
from privacy.calling import OWNERS, VARIABLE, as_called
from tests.diagnosis.test_every_check_can_fail import WELL

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
NOT_THE_OWNERS = {
    "capture": "the unit runs it",
    "listen": "needs a network",
    "replay": "meters a file into a store of one's own",
    "demo": "makes a store of its own",
    "doctor": "looks at the machine, as root; writes nothing",
}
"""Commands with `--store` that are called as `jauge`, and why."""


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setenv(VARIABLE, "jauge-admin")
    for cached in (texts.catalogue, wording.texts):
        cached.cache_clear()
    yield
    for cached in (texts.catalogue, wording.texts):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ("run `jauge store tidy`", "run `jauge-admin store tidy`"),
        ("« jauge release »", "« jauge-admin release »"),
        ("jauge first-day --json; jauge purge", "jauge-admin first-day --json; jauge-admin purge"),
        ("`jauge privacy propose`", "`jauge-admin privacy propose`"),
        ("jauge audit --profile dpo", "jauge-admin audit --profile dpo"),
        *(
            (kept, kept)
            for kept in (
                "jauge privacy make-key dpo.key", "jauge privacy approve a b", "jauge audit cosign a",
                "jauge doctor", "jauge accounts add", "jauge hub push", "jauge lists update",
                "jauge-admin store status", "/usr/bin/jauge store", "jauge-release", "jauge store-like",
                "JAUGE store", "jauge: store",
            )
        ),
    ],
)  # fmt: skip
def test_what_works_on_the_store_is_called_through_the_owners_command(installed, written, called):
    assert as_called(written) == called


def test_where_nothing_is_installed_commands_are_called_as_they_are_written(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert as_called("run `jauge store tidy`") == "run `jauge store tidy`"


def commands(group: typer.Typer, before: str = "") -> dict[str, set[str]]:
    """Return each command of a group with the names of its parameters."""
    found = {}
    for command in group.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__.replace("_", "-")
        found[f"{before}{name}"] = set(inspect.signature(command.callback).parameters)
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            found |= commands(inner.typer_instance, f"{before}{inner.name} ")
    return found


def test_every_command_on_a_store_is_the_owners_or_it_is_said_why_not(installed):
    all_of_them = commands(main.app)
    ours = {name for name in all_of_them if as_called(f"jauge {name}") != f"jauge {name}"}
    with_store = {name for name, parameters in all_of_them.items() if "store" in parameters}
    assert with_store - ours == set(NOT_THE_OWNERS)
    for owner in OWNERS:
        assert any(re.match(owner, name) for name in ours), owner


def test_a_help_page_says_it():
    """In a process of its own: help is written when the command is loaded."""
    code = "from cli.main import app; app(['privacy', 'status', '--help'])"
    for admin in ("", "jauge-admin"):
        said = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
            env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", VARIABLE: admin},
        ).stdout  # fmt: skip
        assert f"Example: {admin or 'jauge'} privacy status --store" in said


def test_a_refusal_names_the_command_of_the_owner(installed):
    refusal = Refusal("x: no key; run `jauge privacy status`", Exit.DATA)
    assert refusal.message == str(refusal) == "x: no key; run `jauge-admin privacy status`"


@pytest.mark.parametrize("draw", [True, False], ids=["for people", "--json"])
def test_doctor_mends_with_the_command_of_the_owner(installed, capsys, draw):
    verdicts = judge(replace(WELL, store=replace(WELL.store, acknowledged=False, old_keys=2)))
    if draw:
        doctor._draw(verdicts, "fr")
    else:
        print(json.dumps(doctor._as_dict(verdicts)))
    said = capsys.readouterr().out
    assert "jauge-admin privacy propose /tmp/proposal.json --store /var/lib/jauge/store" in said
    assert "jauge-admin purge --store /var/lib/jauge/store --school /etc/jauge/school" in said


def test_what_is_said_while_running_and_what_to_do_next_name_it(installed, capsys):
    sink._warn(f"nothing is written; {WHAT_TO_DO}")
    assert "`jauge-admin privacy status` says what to do" in capsys.readouterr().err
    advice = privacy._advice("no_key")
    assert "`jauge privacy make-key dpo.key` on his own machine" in advice
    assert "run `jauge-admin privacy propose" in advice
    assert "who signs it with `jauge privacy approve`" in advice


@pytest.mark.parametrize("lang", texts.LANGUAGES)
def test_pages_and_papers_say_it(installed, lang):
    said = json.dumps(
        [dict(texts.catalogue(lang)), dict(wording.texts("breach"))], ensure_ascii=False
    )
    assert {"jauge-admin release", "jauge-admin log verify"} <= set(
        re.findall(r"jauge-admin \w+(?: verify)?", said)
    )
    assert as_called(said) == said
    assert texts.catalogue(lang)["empty.command"] == "jauge-admin release"


@pytest.mark.parametrize(
    "file",
    [
        *sorted(path for path in DEPLOY.glob("deb/*") if path.is_file()),
        *sorted(DEPLOY.glob("prometheus/*")),
        ROOT / "docs" / "admin.md",
    ],
    ids=lambda file: file.name,
)
def test_what_the_package_ships_for_administrators_names_the_installed_form(installed, file: Path):
    text = file.read_text("utf-8")
    assert as_called(text).replace("/usr/share/doc/jauge/", "docs/") == text.replace(
        "/usr/share/doc/jauge/", "docs/"
    )


@pytest.mark.parametrize(
    "said", ["# docs/names.md: where", "`docs/hub.md` says", "see docs/dpd.md"]
)
def test_a_guide_is_where_the_package_has_it(installed, said):
    assert as_called(said) == said.replace("docs/", "/usr/share/doc/jauge/")
    for kept in ("https://example.org/docs/a.md", "/docs/a.md", "docs/adr/"):
        assert as_called(kept) == kept


def test_the_program_and_every_unit_of_the_package_say_how_it_is_called():
    line = f"{VARIABLE}=jauge-admin"
    for unit in (DEPLOY / "systemd").glob("*.service"):
        assert f"\nEnvironment={line}\n" in unit.read_text("utf-8"), unit.name
    program = (DEPLOY / "bin" / "jauge").read_text("utf-8")
    assert program.index(f'setdefault("{VARIABLE}", "jauge-admin")') < program.index("import run")
    assert (DEPLOY / "bin" / "jauge-admin").is_file()
