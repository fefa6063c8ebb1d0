"""The charter as SQL, compiled once for each school that this process analyses. Pure.

Ibis takes a second or two to make SQL of a charter, far longer than DuckDB to answer it for a day.
What the SQL says depends on declarations and columns only, so that it is kept for the next analysis
of the same school: an audit or a daemon makes many. Nothing of a slice is in it.

The SQL reads two relations by name, `slices` and `minutes`, and small tables of words which are kept
beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.operations as ops

from school.catalogue import Catalogue
from school.charter import Charter
from school.zones import Zones

MOST: Final = 4
"""Schools that are remembered: a process has one, or a draft beside it; tests have more."""
Expressions = Mapping[str, Any]
Make = Callable[[Any, Any], Expressions]
"""Takes the tables `slices` and `minutes`; returns the views by name."""


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that the SQL depends on; compared, never trusted to a digest."""

    charter: Charter
    zones: Zones
    entries: tuple[Any, ...]
    published: tuple[tuple[str, str | None], ...]
    services: tuple[str, ...]
    columns: tuple[Any, Any]
    """Ibis' schemas of slices and minutes."""

    @classmethod
    def of(
        cls, school: Any, catalogue: Catalogue, published: Mapping[str, str | None], **rest: Any
    ) -> "Said":
        """Gather it from the declarations."""
        return cls(
            charter=school.charter,
            zones=school.zones,
            entries=tuple(catalogue),
            published=tuple(published.items()),
            **rest,
        )


@dataclass(frozen=True, slots=True)
class Views:
    """Views by name, and the tables of words that they read."""

    sql: Mapping[str, str]
    words: Mapping[str, Any]
    """Arrow tables by the name that the SQL calls them."""

    def create(self, connection: Any) -> None:
        """Create the views in an engine that has `slices` and `minutes`."""
        for name, table in self.words.items():
            connection.con.register(name, table)
        for name, query in self.sql.items():
            connection.raw_sql(f'CREATE VIEW "{name}" AS {query}')


_KNOWN: list[tuple[Said, Views]] = []


def forget() -> None:
    """Make every view anew from now on: whoever changes the code in a running process says so (audit)."""
    _KNOWN.clear()


def views(said: Said, make: Make) -> Views:
    """Return the views for what is said; `make` is asked only if they are not known."""
    for known, found in _KNOWN:
        if known == said:
            return found
    slices, minutes = (
        ibis.table(columns, name=name)
        for columns, name in zip(said.columns, ("slices", "minutes"), strict=True)
    )
    expressions = make(slices, minutes)
    made = Views(
        sql={
            name: str(ibis.to_sql(expr, dialect="duckdb", pretty=False))
            for name, expr in expressions.items()
        },
        words={
            table.name: table.data.to_pyarrow(table.schema)
            for expr in expressions.values()
            for table in expr.op().find(ops.InMemoryTable)
        },
    )
    _KNOWN.append((said, made))
    del _KNOWN[:-MOST]
    return made
