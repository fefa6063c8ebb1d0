"""A collector of months does not hold the memory of its largest sealing."""

import re
import subprocess
import sys
from pathlib import Path

SEALS = """
import re, sys, time
from pathlib import Path
from tests.store.rows import DAY, opened, slices

def anonymous_mib():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

store = opened(Path(sys.argv[1]))
table = slices(range(300_000))
store.slices(table, DAY)
before = anonymous_mib()
store.flush()
store.close()
print(before, anonymous_mib())
"""
KEPT_MIB = 24
"""What stays of a sealing that takes some ninety for a moment."""


def test_what_sealing_took_is_given_back(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SEALS, str(tmp_path / "store")],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    before, after = map(float, re.findall(r"[\d.]+", done.stdout))
    assert after - before < KEPT_MIB
