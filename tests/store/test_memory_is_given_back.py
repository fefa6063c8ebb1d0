"""A collector of months does not hold the memory of its largest sealing, nor of one that failed."""

import errno
import gc
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from privacy.store.commit import NotCommitted, Part
from privacy.store.layout import FLOWS
from tests.store.rows import DAY, slices
from tests.support.stores import commit, committer_of

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


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_rows_that_a_full_disk_did_not_take_are_let_go_at_once(tmp_path, monkeypatch, code):
    def refuses(*_):
        raise OSError(code, os.strerror(code))

    committer = committer_of(tmp_path / "store")
    committer.open()
    commit(tmp_path / "store", "flows", DAY, slices([1]))  # makes the day's key
    table = slices(range(2_000))
    part = Part("part", FLOWS, DAY, table.schema, "test")
    monkeypatch.setattr(os, "write", refuses)
    gc.collect()
    gc.disable()  # nobody may count on it: a full collection is rare where much is held for long
    try:
        for _ in range(2):  # the first makes what is made once
            before = pa.total_allocated_bytes()
            with pytest.raises(NotCommitted):
                committer.commit(part, [pa.concat_tables([table, table]).sort_by("minute")])
        assert pa.total_allocated_bytes() - before < table.nbytes / 10
    finally:
        gc.enable()
