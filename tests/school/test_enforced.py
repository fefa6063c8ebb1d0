"""One object from the declared files; its digest changes with everything that is enforced."""

import ast
import dataclasses
from pathlib import Path

import pytest

from privacy.policy import PARTS, policy_digest
from school.enforced import enforce
from school.load import load_school
from school.problems import DeclarationErrors
from tests.school.declared import directory

ROOT = Path(__file__).resolve().parents[2]
FOLLOWED = "follow: [Pronote]\n"


@pytest.fixture(scope="module", name="declared")
def _declared(tmp_path_factory):
    return enforce(load_school(directory(tmp_path_factory.mktemp("school") / "declared")))


@pytest.mark.parametrize(
    ("name", "old", "new", "parts"),
    [
        ("charter.yaml", "use: pedagogical", "use: technical", {"verdicts"}),
        ("lines.yaml", "20 Mbit/s", "21 Mbit/s", {"verdicts"}),
        ("calendar.yaml", "08:55", "08:56", {"verdicts", "terms"}),
        ("zones.yaml", "kind: boarding", "kind: wifi", {"verdicts"}),
        ("privacy.yaml", "retention_days: 8", "retention_days: 7", {"privacy", "terms"}),
        ("services.yaml", "", FOLLOWED, {"terms"}),
    ],
)
def test_each_declared_file_changes_the_policy(declared, tmp_path, name, old, new, parts):
    path = directory(tmp_path / "other") / name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert old in text
    path.write_text(text.replace(old, new) if old else new, encoding="utf-8")
    other = enforce(load_school(path.parent))
    assert other.digest != declared.digest
    assert {part for part in PARTS if other.parts[part] != declared.parts[part]} == parts


def test_what_imported_lists_mean_is_part_of_the_policy(declared, tmp_path):
    shipped = (ROOT / "school/lists/default.yaml").read_text(encoding="utf-8")
    path = directory(tmp_path / "other") / "lists.yaml"
    path.write_text(shipped.replace("most_mib: 200", "most_mib: 201"), encoding="utf-8")
    assert enforce(load_school(path.parent)).parts["lists"] != declared.parts["lists"]
    path.write_text(shipped, encoding="utf-8")
    assert enforce(load_school(path.parent)).digest == declared.digest
    path.write_text("lists: 1\n", encoding="utf-8")
    with pytest.raises(DeclarationErrors, match=r"lists\.yaml"):
        load_school(path.parent)


def test_the_policy_is_frozen(declared):
    with pytest.raises(dataclasses.FrozenInstanceError):
        declared.digest = "0" * 64
    with pytest.raises(TypeError):
        declared.parts["privacy"] = "0" * 64


def test_the_digest_is_that_of_its_parts_and_of_no_others(declared):
    assert policy_digest(declared.parts) == declared.digest
    for wrong in ({}, {**declared.parts, "more": "0" * 64}, {**declared.parts, "terms": "short"}):
        with pytest.raises(ValueError, match="parts of a policy"):
            policy_digest(wrong)


ENFORCING = ("privacy", "school", "analyzer", "api", "dashboards")
ALLOWED = {"privacy/store/machine.py", "privacy/calling.py", "analyzer/engines/remote.py"}
"""Where secrets of the machine lie, how people call the commands that hints name, which Python executors of a
Spark start: no value of the policy."""
READERS = {"environ", "environb", "getenv", "getenvb", "BaseSettings", "auto_envvar_prefix"}


def test_no_code_that_enforces_reads_the_environment():
    found = set()
    for room in ENFORCING:
        for path in (ROOT / room).rglob("*.py"):
            names = {
                getattr(node, "attr", None)
                or getattr(node, "id", None)
                or getattr(node, "name", None)
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            }
            if names & READERS:
                found.add(path.relative_to(ROOT).as_posix())
    assert found == ALLOWED


def test_no_option_of_a_command_names_an_enforced_value():
    from typer.main import get_command

    from cli.main import app
    from privacy.settings import PrivacySettings
    from school.load import FILES

    command = get_command(app)
    for name in ("analyze", "release", "purge"):
        options = {parameter.name for parameter in command.commands[name].params}
        assert not options & {*PrivacySettings.model_fields, *(f.split(".")[0] for f in FILES)}, (
            name
        )
        assert options <= {"store", "school", "as_of", "as_json", "confirm_clock", "dry_run"}, name
        assert not any(parameter.envvar for parameter in command.commands[name].params)
