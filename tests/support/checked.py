"""The packet loop compiled with bounds checks, in a cache of its own beside the ordinary one."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
CHECKED = {
    "NUMBA_BOUNDSCHECK": "1",
    "JAUGE_CACHE_DIR": str(ROOT / ".venv" / "jauge-checked"),
}
"""Environment of a process that runs it."""
