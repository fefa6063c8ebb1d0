"""A purge of a seeded store, killed at a random moment, then run again: what is left, what is proved.

`python -m tests.analyzer_retention.killed 50` prints one JSON object (the long form; as root or not).
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from collector.store.spool import Head, Spool, cipher_of
from privacy.log.file import AuditLog
from privacy.records import SLICE_SCHEMA
from privacy.store.commit import parquet_key
from privacy.store.keys import FileKeyring, KeyMissing
from privacy.store.layout import FLOWS, TRASH, keys_beside
from privacy.store.manifest import Manifest
from privacy.store.parquet import decryption_of
from tests.support.processes import ROOT
from tests.support.stores import commit

DAYS = 20
KEPT = 8
ROWS = 40
SCHOOL = ROOT / "simulator" / "school"
PARIS = ZoneInfo("Europe/Paris")
CALLS = "unlink,unlinkat,rename,renameat,renameat2,fsync,fdatasync,pwrite64,write,rmdir,mkdir"
"""Where a kill by system call happens: everything that changes a disk."""
_CALL = re.compile(r"\d+ +(\w+)\(")
RUN_S = 60


@dataclass
class Outcome:
    """What the kills left, over all of them."""

    kills: int = 0
    killed_in_time: int = 0
    """Kills that hit a running purge, not one that was done."""
    older_readable: int = 0
    younger_gone: int = 0
    leftovers: int = 0
    """Files of old days, trash and orphans that were still there."""
    key_octets: int = 0
    """Old keys found in any file."""
    proofs_wrong: int = 0
    notes: list[str] = field(default_factory=list)


def slices_of(day: date, number: int) -> pa.Table:
    """Return rows of one local day."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=PARIS).astimezone(UTC)
    rows = [
        {
            **{f.name: None for f in SLICE_SCHEMA if f.nullable},
            "minute": noon + timedelta(minutes=n), "flow": number * 1_000 + n, "zone": "salles",
            "ip_version": 4, "transport": "tcp", "server_port": 443, "site_source": "none",
            "ech": False, "up_bytes": 1, "down_bytes": 2, "up_packets": 1, "down_packets": 1,
            "active_s": 1, "down_peak_bytes_s": 1, "down_sumsq_bytes_s": 1.0, "age_s": 0,
        }
        for n in range(ROWS)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, SLICE_SCHEMA)


def seed(root: Path, today: date) -> None:
    """Make a store of 20 days, with an orphan file, an orphan spool and a full trash of old days."""
    for age in range(DAYS):
        day = today - timedelta(days=age)
        for part in range(2):
            commit(root, FLOWS, day, slices_of(day, part), f"part-{part}")
    old = today - timedelta(days=DAYS - 1)
    files = sorted((root / FLOWS / f"day={old}").glob("*.parquet"))
    (root / TRASH / f"day={old}").mkdir(parents=True)
    shutil.copy(files[0], root / TRASH / f"day={old}" / "left.parquet")
    orphan = shutil.copy(files[0], root / FLOWS / "orphan.parquet")
    os.utime(orphan, (1, 1))
    keys = FileKeyring(keys_beside(root))
    head = Head(b"orphan01", FLOWS, old)
    (root / "spool").mkdir(exist_ok=True)
    spool = Spool(root / "spool", head, cipher_of(keys, head, make=True))
    spool.open(SLICE_SCHEMA)
    spool.append(slices_of(old, 7))
    spool.release()


def readable(root: Path) -> dict[date, int]:
    """Return rows by day that anybody with the keys directory can read from any file of the store."""
    keys = FileKeyring(keys_beside(root))
    found: dict[date, int] = {}
    ring = {}
    for day in keys.days():
        try:
            ring[day] = parquet_key(keys, FLOWS, day)
        except KeyMissing:
            continue
    for path in root.rglob("*.parquet"):
        for day, key in ring.items():
            try:
                with pq.ParquetFile(path, decryption_properties=decryption_of(key)) as file:
                    found[day] = found.get(day, 0) + file.metadata.num_rows
            except (pa.ArrowException, OSError):
                continue
    return found


def calls_of(root: Path, log: Path) -> list[tuple[str, int]]:
    """Run a purge to its end; returns each call of CALLS that it made, and the how-manieth of its name.

    strace counts each name for itself.
    """
    subprocess.run(_traced(root, str(log)), cwd=ROOT, check=True, capture_output=True)
    seen: Counter[str] = Counter()
    found = []
    for line in log.read_text("utf-8", "replace").splitlines():
        if call := _CALL.match(line):
            seen[call[1]] += 1
            found.append((call[1], seen[call[1]]))
    return found


def _traced(root: Path, log: str, *inject: str) -> list[str]:
    # No --seccomp-bpf: with it, the kernel drops the signals that strace injects.
    strace = (shutil.which("strace") or "strace", "-f", "-qq", "-o", log)
    return [*strace, "-e", f"trace={CALLS}", *inject, *_purge(root)]


def _purge(root: Path) -> list[str]:
    where = ("--store", str(root), "--school", str(SCHOOL))
    return [sys.executable, "-m", "cli", "purge", *where]


def kill_once(root: Path, chance: random.Random, at_call: tuple[str, int] | None) -> bool:
    """Run a purge and kill it, at a call or at any time; returns whether it was still at work."""
    if at_call is not None:
        inject = ("-e", f"inject={at_call[0]}:signal=KILL:when={at_call[1]}")
        command = _traced(root, "/dev/null", *inject)
        return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode != 0
    command = _purge(root)
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    # From the moment the store is held: what comes before changes nothing.
    lock, until = root / "private" / "lock", time.monotonic() + RUN_S
    while not lock.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(chance.random() * 0.25)
    process.kill()
    return process.wait() != 0


def purge_whole(root: Path) -> None:
    """Run a purge to its end, as the next hour's timer does."""
    subprocess.run(_purge(root), cwd=ROOT, check=True, capture_output=True, timeout=RUN_S)


def check(root: Path, today: date, before: dict[str, bytes], outcome: Outcome) -> None:
    """Compare what is left with what may be left, and with the log."""
    kept = [today - timedelta(days=age) for age in range(KEPT)]
    old = [today - timedelta(days=age) for age in range(KEPT, DAYS)]
    found = readable(root)
    outcome.older_readable += sum(rows for day, rows in found.items() if day not in kept)
    outcome.younger_gone += sum(2 * ROWS - found.get(day, 0) for day in kept)
    outcome.younger_gone += len(set(kept) - set(Manifest(root).days(FLOWS)))
    names = [str(path) for path in root.rglob("*") if path.is_file() and "spool" not in path.parts]
    outcome.leftovers += sum(
        "orphan" in n or TRASH in n or any(str(d) in n for d in old) for n in names
    )
    written = [
        p.read_bytes() for top in (root, keys_beside(root)) for p in top.rglob("*") if p.is_file()
    ]
    outcome.key_octets += sum(
        secret in text for day, secret in before.items() if date.fromisoformat(day[:10]) in old
        for text in written
    )  # fmt: skip
    entries = AuditLog(root, keys_beside(root), time.time_ns).verify().entries
    for kind in ("day_key_destroyed", "day_files_deleted"):
        proved = [entry.facts["day"] for entry in entries if entry.kind == kind]
        outcome.proofs_wrong += sorted(set(proved)) != sorted(str(day) for day in old)
        outcome.proofs_wrong += kind == "day_key_destroyed" and len(proved) != len(set(proved))


def trial(kills: int, *, seed_number: int) -> Outcome:
    """Seed once, then kill `kills` times, each on a fresh copy."""
    chance, outcome = random.Random(seed_number), Outcome()  # noqa: S311 - a reproducible choice
    today = datetime.now(PARIS).date()
    with tempfile.TemporaryDirectory(prefix="jauge-killed-") as name:
        origin = Path(name) / "origin"
        seed(origin, today)
        keys = FileKeyring(keys_beside(origin))
        secrets = {
            f"{day} wrapped": (keys.directory / str(day)).read_bytes() for day in keys.days()
        }
        secrets |= {f"{day} plain": bytes(keys.key_of(day)) for day in keys.days()}
        calls: list[tuple[str, int]] = []
        for number in range(kills):
            root = Path(name) / "store"
            _copy(origin, root)
            if not calls:
                calls = calls_of(root, Path(name) / "calls")
                _remove(root)
                _copy(origin, root)
            at_call = chance.choice(calls) if number % 5 != 0 else None
            outcome.killed_in_time += kill_once(root, chance, at_call)
            after = readable(root)
            outcome.younger_gone += sum(
                2 * ROWS - after.get(today - timedelta(days=age), 0) for age in range(KEPT)
            )
            purge_whole(root)
            check(root, today, secrets, outcome)
            outcome.kills += 1
            _remove(root)
    return outcome


def _copy(origin: Path, root: Path) -> None:
    shutil.copytree(origin, root)
    shutil.copytree(keys_beside(origin), keys_beside(root))
    (root / "private" / "lock").unlink(missing_ok=True)


def _remove(root: Path) -> None:
    shutil.rmtree(root)
    shutil.rmtree(keys_beside(root))


if __name__ == "__main__":
    number = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 2**31
    began = time.monotonic()
    os.environ.setdefault("JAUGE_MACHINE_DIR", tempfile.mkdtemp(prefix="jauge-machine-"))
    result = vars(trial(int(sys.argv[1]), seed_number=number))
    print(json.dumps({**result, "seed": number, "seconds": round(time.monotonic() - began)}))
