"""The pseudonym key of a day: found again after a restart, gone ten minutes after its day."""

import ctypes
import os
import subprocess
import sys
import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collector.kernel_keys import KernelKeys, NoKernelKeys
from collector.keys import KERNEL, MEMORY, DayKeys, KeySetup, fill_random
from collector.locked import LockedPage
from tests.support.processes import ROOT

PARIS = ZoneInfo("Europe/Paris")
DAY = date(2026, 11, 16)
NOON = datetime(2026, 11, 16, 12, tzinfo=PARIS).timestamp()


class Bench:
    """Keys of one store under a clock that the test turns."""

    def __init__(self, *, kernel: bool = True, tag: str | None = None) -> None:
        self.now_s = NOON
        self.tag = tag or uuid.uuid4().hex
        self.said: list[tuple[str, dict]] = []
        self._kernel = _kernel() if kernel else None

    def keys(self) -> DayKeys:
        """Return the keys as a process that begins now sees them."""
        return DayKeys(
            KeySetup(
                timezone=PARIS,
                now_s=lambda: self.now_s,
                kernel=self._kernel,
                tag=self.tag,
                record=lambda kind, facts: self.said.append((kind, dict(facts))),
                number_of=lambda day: 1 + sum(f["day"] == day.isoformat() for k, f in self.said
                                              if k == "pseudonym_key_made"),
            )
        )  # fmt: skip

    def at(self, *when: int) -> None:
        self.now_s = datetime(*when, tzinfo=PARIS).timestamp()

    def kinds(self) -> list[str]:
        return [kind.removeprefix("pseudonym_key_") for kind, _ in self.said]

    def reboot(self) -> None:
        """Lose what the kernel holds, as a reboot does, without a word."""
        for name in self._kernel.names(f"jauge:pseudonym:{self.tag}:"):
            self._kernel.destroy(self._kernel.find(name))


def _kernel() -> KernelKeys:
    try:
        return KernelKeys()
    except NoKernelKeys as refused:
        pytest.skip(f"no kernel keyring here: {refused}")


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.reboot()


def test_a_restart_on_the_same_day_finds_the_key(bench):
    first = bench.keys()
    key = bytes(first(DAY))
    first.close()
    assert bytes(bench.keys()(DAY)) == key
    assert len(key) == 32
    assert bench.said == [
        ("pseudonym_key_made", {**bench.said[0][1], "number": 1, "kept_in": KERNEL})
    ]


def test_a_kill_is_a_restart_too(bench):
    code = (
        "import sys; from tests.collector.test_keys import *\n"
        "b = Bench(tag=sys.argv[1]); print(bytes(b.keys()(DAY)).hex(), flush=True)\n"
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, bench.tag],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert bytes(bench.keys()(DAY)).hex() == done.stdout.strip()


def test_a_reboot_begins_a_second_epoch_which_is_recorded(bench):
    key = bytes(bench.keys()(DAY))
    bench.reboot()
    assert bytes(bench.keys()(DAY)) != key
    made = [facts for kind, facts in bench.said if kind == "pseudonym_key_made"]
    assert [facts["number"] for facts in made] == [1, 2]
    assert made[0]["epoch"] != made[1]["epoch"]


def test_a_process_in_a_fresh_session_reads_it(bench):
    """systemd gives each unit a session keyring from which the user's keyring is not reached."""
    key = bytes(bench.keys()(DAY))
    code = (
        "import ctypes, sys\n"
        "libc = ctypes.CDLL(None)\n"
        "assert libc.syscall(ctypes.c_long(int(sys.argv[2])), ctypes.c_long(1), None) > 0\n"
        "from tests.collector.test_keys import *\n"
        "print(bytes(Bench(tag=sys.argv[1]).keys()(DAY)).hex())"
    )
    number = str(bench._kernel._keyctl)
    done = subprocess.run(
        [sys.executable, "-c", code, bench.tag, number],
        cwd=ROOT, capture_output=True, text=True, check=True, start_new_session=True,
    )  # fmt: skip
    assert done.stdout.strip() == key.hex()


@pytest.mark.parametrize(
    ("when", "alive"),
    [
        ((2026, 11, 16, 23, 59), True),
        ((2026, 11, 17, 0, 9), True),
        ((2026, 11, 17, 0, 10), False),
        ((2026, 11, 20, 3, 0), False),
    ],
)
def test_it_is_destroyed_ten_minutes_after_local_midnight(when, alive, bench):
    keys = bench.keys()
    view = keys(DAY)
    bench.at(*when)
    keys.expire()
    assert any(view) == alive
    assert bool(bench._kernel.names(f"jauge:pseudonym:{bench.tag}:")) == alive
    assert bench.kinds() == (["made"] if alive else ["made", "destroyed"])


def test_the_next_collector_destroys_what_a_dead_one_left(bench):
    bench.keys()(DAY)
    bench.at(2026, 11, 18, 8)
    bench.keys().expire()
    assert bench.kinds() == ["made", "destroyed"]
    assert bench.said[0][1]["epoch"] == bench.said[1][1]["epoch"]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_day_of_23_or_25_hours_ends_at_its_own_midnight(day, bench):
    bench.at(day.year, day.month, day.day, 12)
    keys = bench.keys()
    keys(day)
    ends = datetime.fromtimestamp(keys.ends_s(day), UTC).astimezone(PARIS)
    assert (ends.date().toordinal() - day.toordinal(), ends.hour, ends.minute) == (1, 0, 10)


def test_around_midnight_both_days_have_their_key(bench):
    bench.at(2026, 11, 16, 23, 59)
    keys = bench.keys()
    old = bytes(keys(DAY))
    bench.at(2026, 11, 17, 0, 1)
    new = bytes(keys(date(2026, 11, 17)))
    assert bytes(keys(DAY)) == old != new


def test_a_recorded_day_is_keyed_in_memory_and_ends_with_the_next_one(bench):
    bench.at(2026, 12, 24, 10)
    keys = bench.keys()
    key = bytes(keys(DAY))
    keys.expire()
    assert bytes(keys(DAY)) == key, "a tap that plays an old day keeps one key for it"
    assert not bench._kernel.names(f"jauge:pseudonym:{bench.tag}:")
    keys(date(2026, 11, 17))
    keys.expire()
    assert bench.kinds() == ["made", "made", "destroyed"]
    assert bench.said[0][1]["kept_in"] == MEMORY


def test_without_a_kernel_keyring_a_locked_page_holds_it():
    bench = Bench(kernel=False)
    keys = bench.keys()
    view = keys(DAY)
    assert bytes(view) == bytes(keys(DAY)) != bytes(32)
    keys.close()
    assert bytes(view) == bytes(32)
    assert bench.kinds() == ["made", "destroyed"]


def test_days_without_end_keep_few_keys(bench):
    keys = bench.keys()
    for number in range(40):
        keys(date.fromordinal(DAY.toordinal() - number))
    assert len(keys._held) == 3
    assert len(keys._free) == keys._page.slots - 3


def _mapping_of(address: int) -> str:
    """Return the flags that the kernel keeps for the mapping of an address."""
    inside = False
    for line in Path("/proc/self/smaps").read_text("ascii").splitlines():
        first = line.split()[0]
        if "-" in first and not first.endswith(":"):
            low, high = (int(edge, 16) for edge in first.split("-"))
            inside = low <= address < high
        elif inside and first == "VmFlags:":
            return line
    return ""


def test_the_page_of_keys_is_locked_and_in_no_core():
    page = LockedPage(40)
    fill_random(page.slot(0))
    flags = _mapping_of(ctypes.addressof(page.slot(0))).split()
    assert {"lo", "dd"} <= set(flags)


def test_no_copy_of_a_destroyed_key_stays_in_the_process(bench):
    """Every readable octet of a process that keyed devices, before and after the key's end."""
    code = (
        "import os, sys; from tests.collector.test_keys import *\n"
        "from privacy.pseudonym import device_pseudonym\n"
        "b = Bench(tag=sys.argv[1]); keys = b.keys(); view = keys(DAY)\n"
        "for n in range(1000): device_pseudonym(view, n.to_bytes(6, 'big'))\n"
        "print(os.getpid(), flush=True); sys.stdin.readline()\n"
        "b.at(2026, 11, 17, 0, 30); keys.expire()\n"
        "print('destroyed', flush=True); sys.stdin.readline()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, bench.tag],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        pid = int(process.stdout.readline())
        key = bytes(bench.keys()(DAY))
        before = _count_in_memory(pid, key)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "destroyed\n"
        after = _count_in_memory(pid, key)
        process.stdin.write("\n")
    assert (before, after) == (1, 0)


def _count_in_memory(pid: int, octets: bytes) -> int:
    found = 0
    with (
        Path(f"/proc/{pid}/maps").open(encoding="ascii") as maps,
        Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory,
    ):
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("r") or "[v" in line:
                continue
            low, high = (int(edge, 16) for edge in span.split("-"))
            memory.seek(low)
            try:
                found += memory.read(high - low).count(octets)
            except OSError:
                continue
    return found


def test_a_child_without_our_user_finds_nothing(bench):
    if os.geteuid() != 0:
        pytest.skip("another user needs root")
    bench.keys()(DAY)
    code = (
        "import os, sys; from tests.collector.test_keys import *\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "print(KernelKeys().find(f'jauge:pseudonym:{sys.argv[1]}:{DAY}'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, bench.tag],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "None", done.stderr
