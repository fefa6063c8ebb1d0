"""What an executor reads at a time, and what its Python worker keeps in between."""

import importlib
import sys
import zipfile
import zipimport
from dataclasses import replace
from itertools import pairwise

import pyarrow as pa
import pytest

from analyzer.engines import EMBEDDED, remote
from analyzer.engines.tasks import forget_archives, reading
from tests.engines.asking import committed, table_of
from tests.engines.hostile import drawn

SIZES = (3, 3, 3, 25, 1, 9)
"""Rows of the files of a day, in order."""


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (100, [[3, 3, 3, 25, 1, 9]]),  # many small files, one partition
        (10, [[3, 3, 3], [8], [8], [8, 1], [9]]),  # a large file is shared
        (1, [[1]] * 44),
    ],
)
def test_small_files_are_read_together_and_large_ones_in_parts(tmp_path, secret, monkeypatch, most, expected):  # fmt: skip
    monkeypatch.setattr(remote, "ROWS_OF_A_PARTITION", most)
    rows, _, _ = drawn(37, sum(SIZES))
    edges = [sum(SIZES[:n]) for n in range(len(SIZES) + 1)]
    parts = [table_of(rows[a:b]) for a, b in pairwise(edges)]
    settings = EMBEDDED.model_copy(update={"secret": str(secret)})
    with committed(tmp_path / "store", parts) as slices:
        in_turn = replace(slices, segments=sorted(slices.segments, key=lambda each: each.id))
        partitions = list(remote._partitions(in_turn, settings))
        size = {f"file://{slices.reader.root / s.path}": s.rows for s in slices.segments}
        told = [
            [size[part.address] // part.parts for part in partition] for partition in partitions
        ]
        assert told == expected
        assert {
            (t.address, p) for partition in partitions for t in partition for p in range(t.parts)
        } == {(t.address, t.part) for partition in partitions for t in partition}


def test_a_partition_yields_the_rows_of_all_its_parts(tmp_path, secret):
    rows, _, _ = drawn(38, 20)
    with committed(tmp_path / "store", [table_of(rows[:5]), table_of(rows[5:])]) as slices:
        partitions = tuple(
            remote._partitions(slices, EMBEDDED.model_copy(update={"secret": str(secret)}))
        )
        run = reading(partitions, str(secret))
        numbers = pa.record_batch({"id": pa.array(range(len(partitions)))})
        read = [flow for batch in run(iter([numbers])) for flow in batch["flow"].to_pylist()]
    assert sorted(read) == sorted(row["flow"] for row in rows)


def test_a_worker_keeps_no_directory_of_an_archive_and_imports_from_it_all_the_same(tmp_path, monkeypatch):  # fmt: skip
    path = tmp_path / "packed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("jauge_packed/__init__.py", "")
        archive.writestr("jauge_packed/later.py", "HERE = True")
    monkeypatch.syspath_prepend(path)
    importlib.import_module("jauge_packed")
    assert any(isinstance(f, zipimport.zipimporter) for f in sys.path_importer_cache.values())
    forget_archives()
    assert not any(isinstance(f, zipimport.zipimporter) for f in sys.path_importer_cache.values())
    assert importlib.import_module("jauge_packed.later").HERE
