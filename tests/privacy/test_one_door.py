"""Only the gate draws noise and builds releases: read from the source, so that it stays true."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "privacy", "school", "collector", "analyzer", "api", "dashboards", "cli", "simulator",
)  # fmt: skip
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@cache
def calls(path):
    """Names of what a file calls, `module.name` reduced to `name`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            names.add(getattr(node.func, "attr", getattr(node.func, "id", None)))
    return names


def where(name):
    return {path.relative_to(ROOT).as_posix() for path in SOURCES if name in calls(path)}


def test_only_the_door_and_the_reader_of_sealed_files_build_a_release():
    assert where("Release") == {"privacy/gate/door.py", "privacy/release.py"}


def test_only_the_noise_module_draws():
    assert where("make_gaussian") == {"privacy/gate/noise.py"}


@pytest.mark.parametrize("name", ["make_laplace", "then_gaussian", "Context", "compositor"])
def test_no_other_mechanism_is_used(name):
    assert where(name) <= {"typer"}


def test_the_bottom_layer_has_no_assert_that_optimisation_would_remove():
    guards = [
        path
        for path in SOURCES
        if path.is_relative_to(ROOT / "privacy")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assert)
    ]
    assert guards == []


READS_THE_ENVIRONMENT = {"privacy/store/machine.py", "privacy/calling.py"}
"""Where systemd (or a test) says that the machine's secret lies, and how people call the commands that hints
name; nothing that a release depends on."""


def test_nothing_in_the_bottom_layer_reads_the_environment():
    for path in SOURCES:
        if str(path.relative_to(ROOT)) in READS_THE_ENVIRONMENT:
            continue
        if path.is_relative_to(ROOT / "privacy"):
            assert "environ" not in path.read_text(encoding="utf-8"), path
