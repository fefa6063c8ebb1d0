"""Where `replay`, `capture` and `listen` write: opened the same way, refused in the same words."""

import os
from pathlib import Path
from typing import Any

import typer

from cli.exits import Exit, Refusal
from cli.hardening import leave_no_core


def directory_of(store: Path) -> Any:
    """Return a store that is not open yet; from here on the process leaves no core."""
    from collector.store import DirectoryStore

    os.umask(0o077)
    leave_no_core()
    return DirectoryStore(store, say=_warn)


def open_directory(store: Path, sink: Any = None) -> Any:
    """Open a store for writing; call it when everything else has been checked.

    Raises:
        Refusal: it cannot be written, or something else stands there.
    """
    opened = _open(directory_of(store) if sink is None else sink, store)
    if not os.access(store, os.W_OK | os.X_OK):
        raise Refusal(f"{store}: it cannot be written; let the collector's user own it", Exit.DATA)
    return opened


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
        raise Refusal("; ".join(said), Exit.DATA)


def _open(sink: Any, place: Path) -> Any:
    from privacy.store.manifest import NoStore

    os.umask(0o077)
    leave_no_core()
    try:
        sink.open()
    except NoStore as refused:
        raise Refusal(str(refused), Exit.DATA) from None
    except OSError as error:
        raise Refusal(f"{place}: {error.strerror}", Exit.DATA) from None
    return sink


def _warn(sentence: str) -> None:
    """Say on stderr, at once, what a person has to know while the collector runs."""
    typer.echo(f"jauge: {sentence}", err=True)
