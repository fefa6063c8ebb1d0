"""Runs the suite: each run in a worker process, mutants in workers of their own, two at a time. I/O.

A worker that was altered never runs the real code's attacks: the two kinds have separate pools, so that a
mutant that is not quite taken back can make the report red, never green.
"""

import ctypes
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from audit.attack import Attack, Figure, Mutant, Outcome, Report, Verdict
from audit.catalogue import by_number, load
from audit.ground import Ground, Live
from audit.prepare import prepare
from audit.sizes import Sizes

WORKERS = 2
"""Cores of the machine that the bar is set for."""
PR_SET_PDEATHSIG: Final = 1
"""prctl(2): a worker whose parent is gone would work on for nobody."""
SIMULATED, LIVE = "simulée", "réelle"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run."""

    sizes: Sizes
    seed: int
    scratch: Path
    store: Path | None = None
    school: Path | None = None
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One run in a worker."""

    attack: str
    subject: str
    mutant: int | None = None


def _ground(order: Order) -> Ground:
    return Ground(order.scratch, order.sizes, order.seed)


def _live(order: Order, attack: str) -> Live:
    if order.store is None or order.school is None:
        raise ValueError("no live store")
    place = order.scratch / f"live-{attack}"
    place.mkdir(exist_ok=True)
    return Live(order.store, order.school, place, order.sizes)


def _judge(figures: Sequence[Figure]) -> Verdict:
    if not figures:
        return Verdict.NOT_RUN
    return Verdict.BROKEN if any(one.holds is False for one in figures) else Verdict.HELD


def run_real(order: Order, task: Task) -> Outcome:
    """Run an attack on the real code; a miss of fresh noise is measured once more."""
    attack, began = by_number(task.attack), time.monotonic()
    measure = attack.live if task.subject == LIVE else attack.measure
    if measure is None:
        return Outcome(attack.number, task.subject, Verdict.NOT_RUN, note=attack.not_run)
    subject = _live(order, attack.number) if task.subject == LIVE else _ground(order)
    figures = tuple(measure(subject))
    note = ""
    if attack.fresh and _judge(figures) is Verdict.BROKEN:
        figures, note = tuple(measure(subject)), "mesuré deux fois : bruit frais"
    return Outcome(
        attack.number, task.subject, _judge(figures), figures,
        round(time.monotonic() - began, 1), note,
    )  # fmt: skip


def run_mutant(order: Order, task: Task) -> Outcome:
    """Run an attack on a mutant: some criterion must be missed, or the gate itself refuse."""
    from privacy.gate.refused import ReleaseRefused

    attack, began = by_number(task.attack), time.monotonic()
    mutant: Mutant = attack.mutants[task.mutant or 0]
    measure = mutant.measure or attack.measure
    if measure is None:
        raise ValueError("a mutant of nothing")
    place = order.scratch / f"{attack.number}-{task.mutant}"
    ground = _ground(order).for_mutant(place)
    figures: tuple[Figure, ...] = ()
    note = ""
    with mutant.alter():
        try:
            figures = tuple(measure(ground))
            caught = any(one.holds is False for one in figures)
        except ReleaseRefused:
            caught, note = True, "la porte elle-même a refusé"
    return Outcome(
        attack.number, mutant.name, Verdict.CAUGHT if caught else Verdict.SURVIVED,
        tuple(one for one in figures if one.holds is False) or figures,
        round(time.monotonic() - began, 1), note, mutant=True,
    )  # fmt: skip


def _safely(run: Callable[[Order, Task], Outcome], order: Order, task: Task) -> Outcome:
    """Run; an attack that breaks down is reported as such, without a value: the report is red."""
    try:
        return run(order, task)
    except ModuleNotFoundError as missing:
        note = f"il manque le paquet {missing.name} (jauge[demo])"
        return Outcome(
            task.attack, task.subject, Verdict.NOT_RUN, note=note, mutant=task.mutant is not None
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the attack was not carried out
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        code = trace.tb_frame.f_code if trace else None
        where = f"{Path(code.co_filename).name}:{trace.tb_lineno}" if code and trace else "?"
        note = f"{type(error).__name__} à {where}"
        is_mutant = task.mutant is not None
        return Outcome(task.attack, task.subject, Verdict.FAILED, note=note, mutant=is_mutant)


def _tasks(order: Order, attacks: Iterable[Attack]) -> tuple[list[Task], list[Task]]:
    """Return the runs on the real code and those on mutants, the longest attacks first."""
    real, mutants = [], []
    for attack in attacks:
        real.append(Task(attack.number, SIMULATED))
        if attack.live and order.store is not None:
            real.append(Task(attack.number, LIVE))
        for n, mutant in enumerate(attack.mutants):
            if not (mutant.long_only and order.sizes.form == "courte"):
                mutants.append(Task(attack.number, mutant.name, n))
    return real, mutants


SLOWEST: Final = ("A5", "A18", "A13", "A12", "A7", "A1")
"""Begun first, so that no core waits for the last of them."""


class _Work:
    """Hands tasks to a pool and collects what comes back, telling how far it is."""

    def __init__(self, order: Order, total: int, progress: Progress) -> None:
        self._order, self._total, self._progress = order, total, progress
        self.outcomes: list[Outcome] = []

    def drain(
        self,
        pool: ProcessPoolExecutor,
        tasks: Sequence[Task],
        run: Callable[[Order, Task], Outcome],
    ) -> None:
        """Run some tasks to their end."""
        ordered = sorted(
            tasks, key=lambda t: SLOWEST.index(t.attack) if t.attack in SLOWEST else 99
        )
        waiting = {pool.submit(_safely, run, self._order, task): task for task in ordered}
        for future in as_completed(waiting):
            self.outcomes.append(future.result())
            task = waiting[future]
            self._progress(f"{task.attack} {task.subject}", len(self.outcomes), self._total)


def _begin() -> None:
    """Begin a worker: the files that it makes are private, and it ends with the suite."""
    os.umask(0o077)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def run(order: Order, *, policy: str, machine: str, progress: Progress) -> Report:
    """Run the suite and return what it found.

    Args:
        order: what is to be run.
        policy: digest of what is enforced.
        machine: class of the machine, for the report.
        progress: told (what, done, total).
    """
    began, start = datetime.now(UTC), time.monotonic()
    attacks = [one for one in load() if not order.only or one.number in order.only]
    real, mutants = _tasks(order, attacks)
    work = _Work(order, len(real) + len(mutants), progress)
    context = multiprocessing.get_context("spawn")

    def pool() -> ProcessPoolExecutor:
        return ProcessPoolExecutor(WORKERS, mp_context=context, initializer=_begin)

    with pool() as honest, pool() as altered:
        progress("école simulée", 0, len(real) + len(mutants))
        ready = [t for t in real if by_number(t.attack).needs == "nothing" or t.subject == LIVE]
        rest = [t for t in real if t not in ready]
        needed = rest or any(by_number(t.attack).needs == "school" for t in mutants)
        preparing = [honest.submit(prepare, _ground(order))] if needed else []
        work.drain(honest, ready, run_real)
        for one in preparing:
            one.result()
        work.drain(honest, rest, run_real)
        work.drain(altered, mutants, run_mutant)
    outcomes = work.outcomes
    order_of = {attack.number: n for n, attack in enumerate(attacks)}
    outcomes.sort(key=lambda one: (order_of[one.attack], one.mutant, one.subject))
    return Report(
        form=order.sizes.form,
        begun=began.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=round(time.monotonic() - start, 1),
        seed=order.seed,
        policy=policy,
        machine=machine,
        outcomes=tuple(outcomes),
    )
