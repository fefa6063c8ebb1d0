"""Where other projects' captures stand, when they are there: beside the repository, never in it.

Set JAUGE_SHARED to the folder that holds `captures/` and `malformed/`. With CI=true an absent
folder is not excused silently: the skip says which one.
"""

import os
import subprocess
from pathlib import Path

import pytest


def _main_worktree() -> Path:
    """The repository's own folder, also when the tests run in a linked worktree."""
    here = Path(__file__).parents[2]
    try:
        common = subprocess.run(
            ["git", "rev-parse", "--path-format=absolute", "--git-common-dir"],
            cwd=here, capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return here
    return Path(common).parent


SHARED = Path(os.environ.get("JAUGE_SHARED") or _main_worktree().parent / "shared")
CAPTURES = SHARED / "captures" / "ndpi"
EXPECTED = SHARED / "captures" / "ndpi_expected.jsonl"
MALFORMED = SHARED / "malformed"

needs_captures = pytest.mark.skipif(
    not CAPTURES.is_dir(),
    reason="captures of the nDPI project are not beside the repository (JAUGE_SHARED)",
)
needs_malformed = pytest.mark.skipif(
    not MALFORMED.is_dir(),
    reason="the collection of malformed captures is not beside the repository (JAUGE_SHARED)",
)
