"""What a test needs beyond Python. The one policy on skipping stands here.

Missing on somebody's machine: skipped with a sentence. Missing with CI=true: a failure, because
there everything is installed and a silent skip would hide a part that is never tested.
"""

import os
from pathlib import Path

import pytest

from tests.programs import find


def _lack(sentence: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{sentence} (with CI=true a skip is a failure)")
    pytest.skip(sentence)


def need(program: str, debian_package: str) -> str:
    """Return the path of a program, or skip."""
    path = find(program)
    if path is None:
        _lack(f"`{program}` is missing: apt-get install {debian_package}")
    return str(path)


def need_file(path: Path, debian_package: str) -> None:
    """Skip without a file of the system."""
    if not path.exists():
        _lack(f"`{path}` is missing: apt-get install {debian_package}")


def need_root() -> None:
    """Skip unless network namespaces can be made."""
    if os.geteuid() != 0:
        _lack("network namespaces need root")


def need_all(**packages: str) -> None:
    """Ask for several programs (program=package)."""
    for program, package in packages.items():
        need(program, package)
