"""Engines that answer the analyzer's expression: DuckDB in this process, or a Spark Connect server. I/O.

One expression, several engines. `analyzer.activity` writes it once, in Ibis; an engine is asked to
*run these named expressions over the slices of one local day, and give Arrow back*, and knows nothing
else: no table, no charter, no school. Every engine must give the same rows (tests/engines compares
their digests), so an expression uses nothing that engines understand differently: no sum of floats,
no local time, no product that may pass 63 bits (`analyzer.behaviour.shape.times`).

    settings.py   which engine (engine.yaml)        slices.py    the slices of a day, in files or in memory
    embedded.py   DuckDB                            remote.py    Spark Connect: Spark, or Sail
    shelf.py      where executors find day files    tasks.py     what runs on them

Nothing is ever in the clear on a disk: docs/adr/0012.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from analyzer.engines.refused import EngineRefused
from analyzer.engines.settings import EMBEDDED, EngineKind, EngineSettings
from analyzer.engines.slices import HeldSlices, Slices, StoredSlices

if TYPE_CHECKING:  # `jauge check` reads settings only, and executors have no Ibis
    import pyarrow as pa

    from analyzer.views import Views

__all__ = [
    "EMBEDDED", "Engine", "EngineRefused", "EngineSettings", "HeldSlices", "Slices", "StoredSlices",
    "opened",
]  # fmt: skip


class Engine(Protocol):
    """Whoever runs expressions over slices."""

    dialect: str
    """What Ibis calls its SQL."""

    def define(self, views: "Views") -> None:
        """Take the expressions, by name, and the small tables that they read.

        Other expressions read the one called `noticed`: an engine keeps its rows as long as a day is
        loaded, or puts it in its place in each of them.
        """

    def load(self, slices: Slices, minutes: "pa.Table") -> None:
        """Take the slices and the minutes of one local day, in place of those before.

        Raises:
            EngineRefused: they cannot be brought to the engine.
        """

    def ask(self, name: str, *, by_device: bool) -> "pa.Table":
        """Run one expression over what is loaded.

        Args:
            name: of the expression.
            by_device: it has windows, each within one device: it may be asked of some devices at a
                time, and the answers put one after the other.

        Returns:
            The rows, in any order.

        Raises:
            EngineRefused: the engine is away, or gave up.
        """


@contextmanager
def opened(settings: EngineSettings = EMBEDDED) -> Iterator[Engine]:
    """Open the engine that settings name, and close it.

    Raises:
        EngineRefused: it cannot be reached, or would write slices in the clear.
    """
    if settings.engine is EngineKind.DUCKDB:
        from analyzer.engines import embedded

        with embedded.opened(settings) as engine:
            yield engine
        return
    from analyzer.engines import remote

    with remote.opened(settings) as distributed:
        yield distributed
