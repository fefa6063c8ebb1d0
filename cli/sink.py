"""Where `replay`, `capture` and `listen` write: opened the same way, refused in the same words."""

import os
from pathlib import Path
from typing import Any

import typer

from cli.exits import Exit, Refusal
from cli.hardening import leave_no_core


def open_directory(store: Path) -> Any:
    """Open a store for writing.

    Raises:
        Refusal: it cannot be written, or something else stands there.
    """
    from collector.store import DirectoryStore

    sink = _open(DirectoryStore(store, say=_warn), store)
    if not os.access(store, os.W_OK | os.X_OK):
        raise Refusal(f"{store}: it cannot be written; let the collector's user own it", Exit.DATA)
    return sink


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
