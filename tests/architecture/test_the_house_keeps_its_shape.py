"""Imports, sizes, licences and what must never be in the repository."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "privacy",
    "school",
    "collector",
    "analyzer",
    "api",
    "dashboards",
    "hub",
    "cli",
    "simulator",
    "audit",
)
LARGEST_FILE = 500
"""STYLE section 1: 300 wished, 500 at most."""


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_imports_follow_the_contracts():
    # In a process of its own: import-linter sets up logging for everybody.
    program = Path(sys.executable).parent / "lint-imports"
    assert subprocess.run([program, "--no-cache"], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_opens_with_its_rules(room):
    text = (ROOT / room / "__init__.py").read_text("utf-8")
    assert re.match(r'"""[A-Z`].{20,}', text), f"{room}/__init__.py says nothing about the room"


def test_no_source_file_grows_past_the_limit():
    sizes = {
        path.relative_to(ROOT): len(path.read_text("utf-8").splitlines())
        for path in tracked("*.py")
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in ROOMS
    }
    assert {str(path): n for path, n in sizes.items() if n > LARGEST_FILE} == {}


def test_no_machine_path_or_registry_stands_in_the_tree():
    pattern = re.compile(r"/(?:work|farm)/[a-z]|files\.pythonhosted|pypi\.org/simple|/root/")
    here = Path(__file__)
    found = [
        f"{path.relative_to(ROOT)}:{i}"
        for path in tracked()
        if path != here and path.suffix in {".py", ".md", ".toml", ".yaml", ".lock", ".json", ""}
        for i, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_material_that_may_hold_real_people_stays_out():
    names = [str(path.relative_to(ROOT)) for path in tracked()]
    assert [n for n in names if re.search(r"(^|/)(ut1|malformed)/|captures/ndpi", n)] == []


def test_no_file_is_heavier_than_two_mebibytes():
    heavy = {str(p.relative_to(ROOT)): p.stat().st_size for p in tracked()}
    assert {name: size for name, size in heavy.items() if size > 2 << 20} == {}


@pytest.mark.parametrize("room", ["api", "dashboards", "hub", "collector", "analyzer"])
def test_served_and_measuring_processes_never_load_scapy(room):
    """Scapy is GPL-2.0-only (docs/adr/0002): import the whole room and look."""
    modules = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in tracked(f"{room}/*.py")
    )
    code = (
        "import importlib, sys\n"
        f"[importlib.import_module(m) for m in {modules!r} if not m.endswith('__main__')]\n"
        "sys.exit(any(name.split('.')[0] == 'scapy' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
