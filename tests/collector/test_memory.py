"""A process of months holds from its start what it said, and gives back what it took for a moment."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from collector.memory import take

RETURNS = """
import re, sys, threading
from pathlib import Path
if sys.argv[1] == "settled":
    from collector.memory import settle
    settle()
import pyarrow as pa

def anonymous_mib():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

def passed_on():
    # Taken by one thread, freed by another, some kept in between, as between the meter and the store.
    taken = [pa.array([b"x" * 997] * 400, pa.binary(997)) for _ in range(400)]
    kept = taken[::40]
    thread = threading.Thread(target=taken.clear)
    thread.start()
    thread.join()
    return kept

passed_on()
before, kept = anonymous_mib(), []
for _ in range(6):
    kept.append(passed_on())
held = sum(array.nbytes for some in kept for array in some) / 2**20
print(pa.default_memory_pool().backend_name, anonymous_mib() - before - held)
"""
SLACK_MIB = 8
"""Of 150 MiB that are taken for a moment, six times."""


def grown(how):
    done = subprocess.run(
        [sys.executable, "-c", RETURNS, how],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    backend, mib = done.stdout.split()
    return backend, float(mib)


def test_what_one_thread_takes_and_another_frees_is_given_back_at_once():
    backend, mib = grown("settled")
    assert backend == "system"
    assert mib < SLACK_MIB


TAKES = """
import re
from pathlib import Path
import numpy as np
from collector.memory import take
from collector.meter import layout as lay

def resident_mib():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

memory = lay.new_tables(seed=1, random=1, flow_cap=4_096)
before, word = resident_mib(), memory[0]["word"].copy()
for octets in lay.used_octets(memory):
    take(octets)
print(resident_mib() - before, lay.table_bytes(4_096) / 2**20, np.array_equal(memory[0]["word"], word))
"""


def test_a_meter_holds_all_of_its_memory_from_the_start_and_no_more_than_said():
    done = subprocess.run(
        [sys.executable, "-c", TAKES],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    taken, said, same = done.stdout.split()
    assert 0.9 * float(said) < float(taken) < 1.05 * float(said)
    assert same == "True"


def test_taking_changes_no_octet():
    octets = np.frombuffer(bytearray(range(256)) * 64, np.uint8).copy()
    same = octets.copy()
    take(octets)
    assert np.array_equal(octets, same)
