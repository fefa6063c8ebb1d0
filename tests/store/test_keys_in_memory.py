"""A process that wrote, sealed, compacted and read a day keeps no key of it once it is destroyed."""

import subprocess
import sys
from pathlib import Path

import pytest

from privacy.store.keys import FileKeyring, derive
from privacy.store.layout import keys_beside
from tests.canary.traps import octets_in_memory
from tests.store.rows import DAY
from tests.support.processes import ROOT

COLLECT = """
import sys
from pathlib import Path
from collector.store.compact import compact_all
from privacy.store.reader import Reader
from tests.store.rows import DAY, NEXT, opened, slices
root = Path(sys.argv[1])
for part in range(3):
    store = opened(root)
    store.slices(slices(range(100 * part, 100 * part + 50)), DAY)
    store.flush()
    store.close()
store = opened(root)
store.slices(slices([999], NEXT), NEXT)
store.close()
store = opened(root)
store.slices(slices([998]), DAY)
store.flush()
committer = store._committer
assert compact_all(committer) == 3
reader = Reader(root, store._keys)
assert reader.dataset(reader.segments("flows", DAY)).to_table().num_rows == 150
assert reader.table("flows", DAY).num_rows == 150
print("written", flush=True)
sys.stdin.readline()
store.flush()
store.flush()
store._background.salvage()
print("erased", flush=True)
sys.stdin.readline()
"""


def counted(pid: int, keys: list[bytes]) -> list[int]:
    return [octets_in_memory(pid, key) for key in keys]


@pytest.mark.slow
def test_no_key_of_an_erased_day_stays_in_the_process_that_wrote_it(tmp_path):
    root = tmp_path / "store"
    process = subprocess.Popen(
        [sys.executable, "-c", COLLECT, str(root)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout.readline() == "written\n"
        keys = FileKeyring(keys_beside(root))
        key = bytes(keys.key_of(DAY))
        secrets = [key, derive(key, "spool"), derive(key, "parquet")]
        before = counted(process.pid, secrets)
        keys.destroy(DAY)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "erased\n"
        after = counted(process.pid, secrets)
        process.stdin.write("\n")
    assert before[0] >= 1, "the control: the key in use is found"
    assert before[1] >= 1, "the control: that of the open spool is found"
    assert after == [0, 0, 0], before
    assert not Path(keys.directory / str(DAY)).exists()
