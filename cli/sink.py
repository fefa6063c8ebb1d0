"""Where `replay`, `capture` and `listen` write: opened the same way, refused in the same words."""

import os
import time
from datetime import tzinfo
from pathlib import Path
from typing import Any

import typer

from cli.declared import Declared
from cli.exits import Exit, Refusal
from cli.hardening import leave_no_core, stay_in_memory, swap_in_clear
from privacy.calling import as_called


def open_directory(store: Path) -> Any:
    """Open a store for writing.

    Raises:
        Refusal: it cannot be written, or something else stands there.
    """
    from collector.store import DirectoryStore

    return _open(DirectoryStore(store, say=_warn), store)


def open_watched(store: Path, declared: Declared, *, source: str, line: str, point: str) -> Any:
    """Open a store for a collector that runs: keys, clock, acknowledgement and log looked after.

    Args:
        store: its directory.
        declared: what the school declares.
        source: what the log calls this collector.
        line: the line that is measured.
        point: where: `lan`, `wan`, `mirror`, `conntrack` or `listen`.

    Raises:
        Refusal: the store or its audit log cannot be used, the line is not declared, or it is measured
            at another point.
    """
    if declared.lines and line not in declared.lines:
        known = ", ".join(declared.lines)
        raise Refusal(f"--line {line}: not declared in lines.yaml; use one of: {known}", Exit.USAGE)
    _keep_out_of_swap()
    from cli.records import log_of
    from collector.custody import Custody, CustodySetup
    from collector.locked import NotLocked
    from collector.objections import Book, Objections, ObjectionsRefused
    from collector.store import DirectoryStore
    from privacy.clock import ClockGuard
    from privacy.store.layout import keys_beside

    objections = Objections(measured=declared.placement.measured)
    try:
        objections.follow(Book(keys_beside(store)))
    except ObjectionsRefused as refused:
        raise Refusal(str(refused), Exit.DATA) from None
    setup = CustodySetup(
        store=store,
        keys=keys_beside(store),
        timezone=declared.timezone,
        source=source,
        config=declared.config,
        terms=declared.terms,
        policy=declared.policy,
        objections=objections,
        log=log_of(store),
        guard=lambda record: ClockGuard(store, record=record),
        say=_warn,
    )
    try:
        opened = _open(Custody(DirectoryStore(store, say=_warn), setup), store)
    except NotLocked as refused:
        raise Refusal(str(refused), Exit.PERMISSION) from None
    _hold_line(store, line, point)
    return opened


def _hold_line(store: Path, line: str, point: str) -> None:
    """Measure this line at this point alone, as long as the process lives."""
    from collector.same_line import MeasuredElsewhere, hold

    try:
        hold(store, line, point)
    except MeasuredElsewhere as elsewhere:
        raise Refusal(
            f"{store}: line `{line}` is measured already, by a collector at `{elsewhere}`: the two sides "
            "of an address translation show the same packets, and each connection would be counted "
            "twice. Keep the inside one; give another line its own name with --line",
            Exit.CONFIGURATION,
        ) from None
    except OSError as error:
        raise Refusal(f"{store}: {error.strerror}", Exit.DATA) from None


def _keep_out_of_swap() -> None:
    if not stay_in_memory() and swap_in_clear():
        _warn(
            "this machine may write memory with names and addresses in it to a swap that is not "
            "encrypted; run as root, set MemorySwapMax=0 in the unit, or encrypt the swap"
        )


def keys_of_files(timezone: tzinfo) -> Any:
    """Return pseudonym keys for capture files: in locked memory, gone with the process.

    Raises:
        Refusal: memory cannot be locked.
    """
    from collector.keys import DayKeys, KeySetup
    from collector.locked import NotLocked

    try:
        return DayKeys(KeySetup(timezone=timezone, now_s=time.time))
    except NotLocked as refused:
        raise Refusal(str(refused), Exit.PERMISSION) from None


def open_file(out: Path) -> Any:
    """Open a file of plain slices for writing.

    Raises:
        Refusal: it cannot be written.
    """
    from collector.store import OneFile

    return _open(OneFile(out), out)


def refuse_trouble(sink: Any, *faults: str) -> None:
    """End badly when something could not be read, kept or sealed.

    Raises:
        Refusal: with every sentence.
    """
    said = [*faults, *sink.trouble()]
    if said:
        raise Refusal("; ".join(said), Exit.DATA, told=True)


def _open(sink: Any, place: Path) -> Any:
    from privacy.log.file import LogRefused
    from privacy.store.manifest import NoStore

    os.umask(0o077)
    leave_no_core()
    try:
        sink.open()
        if place.is_dir() and not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(0, "it cannot be written; let the collector's user own it")
    except (NoStore, LogRefused) as refused:
        raise Refusal(str(refused), Exit.DATA) from None
    except OSError as error:
        raise Refusal(f"{place}: {error.strerror}", Exit.DATA) from None
    return sink


def _warn(sentence: str) -> None:
    """Say on stderr, at once, what a person has to know while the collector runs."""
    typer.echo(f"jauge: {as_called(sentence)}", err=True)
