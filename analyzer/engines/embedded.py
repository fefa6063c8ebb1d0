"""DuckDB in the analyzer's own process: the engine of every school. I/O.

The network is never reached (no extension is loaded), and nothing is spilled: what does not fit into
memory is asked of some devices at a time (docs/adr/0013).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.engines.refused import EngineRefused
from analyzer.engines.settings import EMBEDDED, EngineSettings
from analyzer.engines.slices import Slices
from analyzer.views import Read, Views

SLOW_RULES = "partial_aggregate_pushdown,build_side_probe_side,join_order"
"""Rules of DuckDB 2.0's planner that change no result and cost us time. The first takes over half a
second on the charter's nested cases, for a query that runs in 40 ms. The others do not know how many
rows an Arrow dataset has, take it for smaller than eight zones, and then hold a whole day in the
hash table of a join: 2.0 GiB instead of 0.7 for four million slices, and twice the time. The
expression's joins are written in the order that is right: the slices first, small tables after them."""
THREADS = 2
MOST_IN_WINDOWS = 3_000_000
"""Slices that are asked at once where the charter needs windows: under a gigabyte of them."""
MORE_PARTS, MOST_PARTS = 4, 256
"""How many times more parts are tried when some do not fit, and after how many it is given up: the day
is read again for each."""


class Embedded:
    """An in-memory DuckDB.

    Args:
        connection: Ibis' own.
    """

    dialect: Final = "duckdb"

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._dataset: Any = None
        self._views: Views | None = None
        self._noticed = False

    def define(self, views: Views) -> None:
        """See `Engine`; each expression becomes a view, so that a day costs no compiling."""
        self._views = views
        for name, table in [*views.words.items(), *views.relations.items()]:
            if name != Read.NOTICED:
                self.connection.con.register(name, table)
        self._notice()  # of no slices yet: the views that read it need its columns
        for name, query in views.sql.items():
            if name != Read.NOTICED:
                self.connection.raw_sql(f'CREATE OR REPLACE VIEW "{name}" AS {query}')

    def load(self, slices: Slices, minutes: pa.Table) -> None:
        """See `Engine`."""
        self._dataset = slices.dataset
        self._noticed = False
        self.connection.con.register(Read.SLICES, self._dataset)
        self.connection.con.register(Read.MINUTES, minutes)

    def ask(self, name: str, *, by_device: bool) -> pa.Table:
        """See `Engine`.

        No expression joins devices, so that each may be asked of some of them at a time: where windows
        would hold too many rows at once, and where memory does not do.
        """
        import duckdb

        parts = -(-self._dataset.count_rows() // MOST_IN_WINDOWS) if by_device else 1
        while parts <= MOST_PARTS:
            with suppress(duckdb.OutOfMemoryException):
                if name in self._known.noticing and not self._noticed:
                    self._notice()  # whole: a flow is judged whole
                return self._answer(name) if parts <= 1 else self._answer_in(parts, name)
            parts = max(parts, 1) * MORE_PARTS
        raise EngineRefused(
            "DuckDB: the day does not fit into its memory; in engine.yaml, give it more "
            "(`memory_mib`), or use `engine: spark`"
        )

    def _notice(self) -> None:
        """Keep what behaviours look at, which is little and read several times; what was kept goes."""
        query = self._known.sql[Read.NOTICED]
        self.connection.raw_sql(f'CREATE OR REPLACE TEMP TABLE "{Read.NOTICED}" AS {query}')
        self._noticed = True

    def _answer_in(self, parts: int, name: str) -> pa.Table:
        answers = []
        try:
            for part in range(parts):
                # The remainder of a negative number is negative or zero: pseudonyms are signed.
                whole = pc.multiply(pc.divide(pc.field("device"), parts), parts)
                rest = pc.abs(pc.subtract(pc.field("device"), whole))
                own = self._dataset.filter(pc.equal(rest, part))
                self.connection.con.register(Read.SLICES, own)
                answers.append(self._answer(name))
        finally:
            self.connection.con.register(Read.SLICES, self._dataset)
        return pa.concat_tables(answers)

    def _answer(self, name: str) -> pa.Table:
        # DuckDB adds up in 128 bits.
        return self.connection.con.table(name).to_arrow_table().cast(self._known.schemas[name])

    @property
    def _known(self) -> Views:
        if self._views is None:
            raise ValueError("nothing is defined")
        return self._views


@contextmanager
def opened(settings: EngineSettings = EMBEDDED) -> Iterator[Embedded]:
    """Open an in-memory DuckDB that reads local files only."""
    connection = ibis.duckdb.connect(
        threads=THREADS,
        memory_limit=f"{settings.memory_mib}MiB",
        temp_directory="",
        disabled_optimizers=SLOW_RULES,
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
    )
    try:
        yield Embedded(connection)
    finally:
        connection.disconnect()
