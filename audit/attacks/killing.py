"""A18: SIGKILL in the middle of a release, a disk that refuses, a clock that is wrong. Fails closed or not?

A real child process releases a copy of the store and dies at a random durable step (write, fsync, rename,
truncate, unlink) or at a random moment. Then the next run goes on, as after a power cut. Each draw of
noise is noted outside the store, as an observer would: what is charged must cover what was drawn, and
no period may ever have two values.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from analyzer import release
from audit.alter import replaced
from audit.attack import Attack, Figure, Mutant, at_least, equals
from audit.ground import Ground
from audit.sizes import Sizes
from privacy.gate import ledger, noise
from privacy.gate.ledger import Charge, Ledger
from privacy.published import NOISY_TABLES, Published
from privacy.release import Method

STEPS: Final = ("write", "fsync", "replace", "rename", "unlink", "ftruncate")
"""Calls of the operating system before which, or after which, the child may die."""
LATEST_STEP: Final = 120
LATEST_S: Final = 1.5
RESUMED: Final = 1
"""Runs after the cut, each of which could draw something anew."""
ROOM: Final = (0, 200, 2_000, 20_000)
"""Octets that a file may reach where the disk refuses: none, a line, a release, several."""


def _note_draws(notes: Path, drawn: list[bool] | None = None) -> None:
    """Write down each draw, durably, outside the store; `drawn` becomes true at the first."""
    real = noise.draw

    def draw(counts: Any, method: Method) -> list[int]:
        found = real(counts, method)
        if drawn is not None:
            drawn[0] = True
        with notes.open("a") as file:
            file.write(f"{method.sigma}\n")
            file.flush()
            os.fsync(file.fileno())
        return found

    noise.draw = draw


def _die_at(step: int, counting: list[bool], *, after: bool) -> None:
    """Let this process die at its n-th durable step since `counting`, before or after it."""
    left = [step]

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            left[0] -= counting[0]
            if left[0] <= 0 and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            found = real(*arguments, **options)
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        return call

    for name in STEPS:
        setattr(os, name, dying(getattr(os, name)))


def _child(work: Callable[[], None]) -> tuple[int, bool]:
    """Run something in a forked child; returns its process id and that it was forked."""
    pid = os.fork()
    if pid:
        return pid, True
    code = 1
    with contextlib.suppress(BaseException):
        work()
        code = 0
    os._exit(code)


def _release(ground: Ground, store: Path, *, days: int = 0) -> None:
    as_of = ground.as_of + timedelta(days=days)
    release.release(store, ground.school, as_of=as_of, catalogue=ground.catalogue)


def _values(store: Path) -> dict[tuple[str, str], str]:
    published = Published(store / "public")
    return {
        (table, period): json.dumps(published.payload(table, period)["cells"])
        for table in NOISY_TABLES
        for period in published.periods(table)
    }


def _drawn(notes: Path) -> int:
    return len(notes.read_text().splitlines()) if notes.exists() else 0


class _Balance:
    """What all runs together found."""

    def __init__(self) -> None:
        self.kills = self.finished = self.double = self.uncharged = self.redrawn = 0

    def add(self, store: Path, seen: dict[tuple[str, str], set[str]], notes: Path) -> None:
        charges = Ledger(store / "private" / "ledger.jsonl").charges()
        self.double += sum(len(values) > 1 for values in seen.values())
        per = Counter((charge.table, charge.period) for charge in charges)
        self.redrawn += sum(count > 1 for count in per.values())
        self.uncharged += max(_drawn(notes) - len(charges), 0)
        self.uncharged += sum(key not in per for key in seen)


def _one(ground: Ground, base: Path, number: int, balance: _Balance, *, in_order: bool) -> None:
    rng = ground.rng(18, number)
    store = _fresh(ground, base, f"kill-{number}")
    notes = ground.own / f"draws-{number}"
    notes.unlink(missing_ok=True)
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    by_step = bool(rng.random() < 0.7)
    step, after = int(rng.integers(1, LATEST_STEP)), bool(rng.random() < 0.5)
    if in_order:
        by_step, step, after = True, 1 + number, True

    def work() -> None:
        counting = [not in_order]
        _note_draws(notes, counting)
        if by_step:
            _die_at(step, counting, after=after)
        _release(ground, store)

    pid, _ = _child(work)
    if not by_step:
        time.sleep(float(rng.uniform(0, LATEST_S)))
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    balance.kills += os.WIFSIGNALED(status)
    for _ in range(RESUMED):
        for key, value in _values(store).items():
            seen[key].add(value)
        pid, _ = _child(lambda: (_note_draws(notes), _release(ground, store))[-1])
        balance.finished += os.waitpid(pid, 0)[1] == 0
    for key, value in _values(store).items():
        seen[key].add(value)
    balance.add(store, seen, notes)
    shutil.rmtree(store)


def _fresh(ground: Ground, base: Path, name: str) -> Path:
    place = ground.own / name
    for suffix in ("", ".keys"):
        target = place.with_name(name + suffix)
        shutil.rmtree(target, ignore_errors=True)
        source = base.with_name(base.name + suffix)
        if source.exists():
            shutil.copytree(source, target)
    return place


def _ready(ground: Ground) -> Path:
    """Return a small store that is analysed and not yet released."""
    from analyzer import pipeline
    from audit.attacks.remake import fresh
    from audit.prepare import write

    own = fresh(ground, "killed")
    write(own)
    pipeline.analyze(own.store, own.school, as_of=own.as_of, catalogue=own.catalogue)
    return own.store


def _full_disk(ground: Ground, base: Path) -> tuple[int, int]:
    """Return how many releases stand without a charge, and how often a value changed, on a full disk."""
    uncharged = changed = 0
    for number, room in enumerate(ROOM):
        store = _fresh(ground, base, f"full-{number}")

        def work(store: Path = store, room: int = room) -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
            _release(ground, store)

        os.waitpid(_child(work)[0], 0)
        before = _values(store)
        _wait(ground, store)
        after = _values(store)
        charged = {
            (c.table, c.period) for c in Ledger(store / "private" / "ledger.jsonl").charges()
        }
        uncharged += sum(key not in charged for key in after)
        changed += sum(after[key] != value for key, value in before.items())
        shutil.rmtree(store)
    return uncharged, changed


def _wait(ground: Ground, store: Path, days: int = 0) -> None:
    os.waitpid(_child(lambda: _release(ground, store, days=days))[0], 0)


def _clock(ground: Ground, base: Path) -> tuple[int, int]:
    """Return open periods released, and values changed, with a clock behind, put right, and a day ahead.

    A clock that jumps refuses the whole command before (`jauge release`); this is what stands without that.
    """
    store = _fresh(ground, base, "clock")
    _wait(ground, store, days=-3)
    early = _values(store)
    _wait(ground, store, days=-4)
    same = _values(store)
    _wait(ground, store)
    after = _values(store)
    published = Published(store / "public")
    last = (ground.as_of - timedelta(days=3)).isoformat()
    opened = sum(published.payload(*key)["ends"] > last for key in early)
    changed = sum(after[key] != value for key, value in early.items()) + (same != early)
    _wait(ground, store, days=1)
    ahead = _values(store)
    _wait(ground, store)
    changed += sum(ahead[key] != value for key, value in after.items()) + (_values(store) != ahead)
    shutil.rmtree(store)
    return opened, changed


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    figures = kills(ground)
    base = ground.own / "killed" / "store"
    one_week = ground.with_sizes(_one_week(ground))
    uncharged, changed = _full_disk(one_week, base)
    opened, moved = _clock(one_week, base)
    return [
        *figures,
        equals("disque plein : publications sans charge", uncharged, 0),
        equals("disque plein : valeurs changées ensuite", changed, 0),
        equals("horloge : périodes ouvertes publiées", opened, 0),
        equals("horloge reculée : valeurs changées ou publiées", moved, 0),
    ]


def _one_week(ground: Ground) -> Sizes:
    return replace(ground.sizes, weeks=1)


def _warm(ground: Ground, base: Path) -> None:
    """Release a copy in this process, so that each child finds everything loaded and dies in the middle."""
    store = _fresh(ground, base, "warm")
    _release(ground, store)
    shutil.rmtree(store)


def kills(ground: Ground, *, in_order: bool = False) -> list[Figure]:
    """Kill releases at random points, the seed says where; or at each durable step after the first draw."""
    base = _ready(ground)
    ground = ground.with_sizes(_one_week(ground))
    _warm(ground, base)
    balance = _Balance()
    for number in range(ground.sizes.kills):
        _one(ground, base, number, balance, in_order=in_order)
    return [
        at_least("processus tués pendant une publication", balance.kills, ground.sizes.kills * 0.5),
        at_least("reprises menées à bien", balance.finished, ground.sizes.kills * RESUMED),
        equals("périodes à deux valeurs", balance.double, 0),
        equals("périodes chargées deux fois", balance.redrawn, 0),
        equals("tirages que le registre ne couvre pas", balance.uncharged, 0),
    ]


def _late() -> AbstractContextManager[None]:
    """Charges are checked, kept back, and written when the release is: the order that must not be."""
    held: list[tuple[Ledger, Charge, float]] = []
    real_charge, real_write = Ledger.charge, release.write_release

    def charge(self: Ledger, new: Charge, *, total_rho: float) -> None:
        ledger._check(new, self.charges(), total_rho)  # noqa: SLF001 - the mutant is the ledger
        held.append((self, new, total_rho))

    def write(store: Any, payload: Any, key: Any) -> None:
        for own, new, total in held:
            real_charge(own, new, total_rho=total)
        held.clear()
        real_write(store, payload, key)

    return replaced((Ledger, "charge", charge), (release, "write_release", write))


def _kills_of_mutant(ground: Ground) -> list[Figure]:
    return kills(ground.with_sizes(ground.sizes.for_mutants()), in_order=True)


ATTACK: Final = Attack(
    "A18",
    "Coupures",
    "Tuer une publication à des instants tirés au sort, remplir le disque, fausser l'horloge.",
    measure,
    (Mutant("charge après le tirage", _late, _kills_of_mutant),),
    needs="nothing",
)
