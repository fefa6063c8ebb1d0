"""Writes a directory of declared files for a test: the valid ones, with some replaced."""

import shutil
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
VALID = HERE / "valid"
LYCEE = HERE.parents[1] / "school" / "charters" / "lycee.yaml"


def directory(target: Path, replaced: Iterable[Path] = ()) -> Path:
    target.mkdir(parents=True, exist_ok=True)
    for path in VALID.glob("*.yaml"):
        shutil.copy(path, target / path.name)
    for path in replaced:
        shutil.copy(path, target / path.name)
    return target
