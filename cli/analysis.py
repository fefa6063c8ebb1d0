"""What `jauge analyze` and `jauge release` share: declarations, clock, progress, refusals."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.exits import Exit, Refusal

StoreOption = Annotated[
    Path, typer.Option("--store", help="Directory of the store.", readable=False)
]
"""Not looked into by Typer: who may not read it is told so with the code of permissions."""
SchoolOption = Annotated[Path, typer.Option("--school", help="Directory of the declared files.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

PRIVATE_UMASK = 0o077
"""Whatever a library writes on the way is the analyzer's alone."""
LABELS = {"cells": "exact cells, days", "releases": "releases"}


def open_school(directory: Path, *, instead: Mapping[str, Path] | None = None) -> Any:
    """Load the declared files, some of them from elsewhere (`instead`).

    Raises:
        Refusal: with every problem of every file.
    """
    from cli.declared import refusal_of
    from school.load import load_school
    from school.problems import DeclarationErrors

    try:
        return load_school(directory, instead=instead)
    except DeclarationErrors as errors:
        raise refusal_of(errors, directory, instead=instead) from errors


def open_store(directory: Path) -> Path:
    """Return a store's directory.

    Raises:
        Refusal: it is not there.
    """
    if not directory.is_dir():
        raise Refusal(f"{directory}: no such store; give the directory that `jauge capture` or "
                      "`jauge replay` wrote", Exit.USAGE)  # fmt: skip
    return directory


def open_measured(directory: Path) -> Path:
    """Return the directory of a store that a collector wrote; nothing is made.

    Raises:
        Refusal: it is not there, nobody has measured into it yet, or it is of another version.
    """
    from privacy.store.manifest import Manifest, NoStore

    try:
        Manifest(open_store(directory)).check()
    except NoStore as refused:
        raise Refusal(str(refused), Exit.DATA) from None
    except PermissionError as error:
        message = f"{error.filename}: no permission; run as the user that owns the store"
        raise Refusal(message, Exit.PERMISSION) from None
    return directory


def today(school: Any) -> date:
    """Return the school's local day."""
    return school.calendar.local_day(datetime.now(UTC))


def as_of(text: str | None, now: date) -> date:
    """Return the day that `--as-of` names, the school's local day without it.

    Raises:
        Refusal: not a date, or in the future.
    """
    if text is None:
        return now
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refusal(f"--as-of {text}: not a date; write 2026-11-16", Exit.USAGE) from None
    if day > now:
        message = (
            f"--as-of {day}: in the future; a day that is not over is neither released nor erased"
        )
        raise Refusal(message, Exit.USAGE)
    return day


@contextmanager
def refusals(store: Path) -> Iterator[None]:
    """Turn what analyzer and gate raise into refusals; files made meanwhile are private."""
    from analyzer.engines.refused import EngineRefused
    from analyzer.store import StoreBusy, StoreDamaged
    from privacy.gate.refused import ReleaseRefused
    from privacy.log.file import LogRefused
    from privacy.store.manifest import NoStore

    before = os.umask(PRIVATE_UMASK)
    try:
        yield
    except ReleaseRefused as refused:
        raise Refusal(f"{store}: {refused}", Exit.DATA) from refused
    except (StoreBusy, StoreDamaged, NoStore, LogRefused) as damage:
        raise Refusal(str(damage), Exit.DATA) from damage
    except EngineRefused as refused:
        raise Refusal(str(refused), Exit.DATA) from refused
    except PermissionError as error:
        message = f"{error.filename}: no permission; run as the user that owns the store"
        raise Refusal(message, Exit.PERMISSION) from error
    finally:
        os.umask(before)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on stderr when it is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(LABELS.get(what, what), total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report
