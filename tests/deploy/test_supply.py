"""Where everything in the package comes from: each has a hash and a licence that a school may use."""

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUPPLY = ROOT / "deploy" / "supply"
LOCK = ROOT / "locks" / "run.lock"
DECLARED = tomllib.loads((SUPPLY / "licences.toml").read_text("utf-8"))
LICENCES = DECLARED["licences"]
NAMES = {
    name.lower() for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[.*\])?==", LOCK.read_text())
}
NOT_SERVED = {"scapy"}


def allowed(expression: str) -> bool:
    """Say whether at least one choice (OR) has allowed parts only (AND)."""
    choices = [choice.strip("() ").split(" AND ") for choice in expression.split(" OR ")]
    return any(all(part in DECLARED["allowed"] for part in parts) for parts in choices)


def sbom(tmp_path: Path, lock: str, *removed: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "lock").write_text(lock)
    known = {name: value for name, value in LICENCES.items() if name not in removed}
    lines = [f'{name} = "{value}"' for name, value in known.items()]
    (tmp_path / "licences").write_text("[licences]\n" + "\n".join(lines) + "\n")
    command = [sys.executable, SUPPLY / "sbom.py", tmp_path / "lock", tmp_path / "licences", "1.2"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_every_locked_package_has_a_declared_licence_and_no_other_has():
    assert set(LICENCES) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES - NOT_SERVED))
def test_what_a_school_installs_stands_under_an_allowed_licence(name):
    assert allowed(LICENCES[name]), LICENCES[name]


def test_a_licence_that_binds_the_whole_is_not_allowed_unless_there_is_a_choice():
    assert not allowed(LICENCES["scapy"])
    assert not allowed("MIT AND GPL-3.0-only")
    assert allowed("GPL-2.0-or-later OR MIT")


def test_where_a_package_states_its_licence_as_an_expression_it_is_the_declared_one():
    compared = 0
    for name in sorted(NAMES):
        try:
            stated = importlib.metadata.metadata(name).get("License-Expression")
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform
        if stated is not None:
            assert stated == LICENCES[name], name
            compared += 1
    assert compared > len(NAMES) // 4


def test_the_bill_of_materials_names_every_package_with_version_licence_and_hashes(tmp_path):
    done = sbom(tmp_path, LOCK.read_text())
    document = json.loads(done.stdout)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert {one["name"] for one in document["components"]} == NAMES
    references = [one["bom-ref"] for one in document["components"]]
    assert len(references) == len(set(references))
    for one in document["components"]:
        assert one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}"
        assert one["licenses"] == [{"expression": LICENCES[one["name"]]}]
        assert one["properties"]
    hashes = {item["value"] for one in document["components"] for item in one["properties"]}
    assert hashes == set(re.findall(r"sha256:([0-9a-f]{64})", LOCK.read_text()))


def test_the_same_lock_gives_the_same_bill(tmp_path):
    lock = LOCK.read_text()
    assert sbom(tmp_path, lock).stdout == sbom(tmp_path, lock).stdout


def test_a_package_of_unknown_licence_or_without_a_hash_stops_the_build(tmp_path):
    lock = LOCK.read_text()
    assert sbom(tmp_path, lock, "six").returncode != 0
    bare = sbom(tmp_path, "six==1.17.0\n")
    assert bare.returncode != 0
    assert "no hash" in bare.stderr
