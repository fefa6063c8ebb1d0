"""The charter as SQL, compiled once for each school and engine that this process works with. Pure.

Ibis takes a second or two to make SQL of a charter, far longer than DuckDB to answer it for a day.
What the SQL says depends on declarations and dialect only, so that it is kept for the next analysis
of the same school: an audit or a daemon makes many. Nothing of a slice is in it.

The SQL reads a few relations by name (`Read`), and small tables of words which are kept beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import ibis
import ibis.expr.operations as ops
import pyarrow as pa

from analyzer.behaviour import COLUMNS
from privacy.records import SLICE_SCHEMA
from school.catalogue import Catalogue
from school.charter import Charter
from school.zones import Zones

MOST: Final = 4
"""Schools that are remembered: a process has one, or a draft beside it; tests have more."""


class Read(StrEnum):
    """What expressions read, by the name that their SQL calls it."""

    SLICES = "slices"
    MINUTES = "minutes"
    NOTICED = "noticed"  # `analyzer.behaviour.noticed` of the slices: an expression too, and kept


Expressions = Mapping[str, Any]
Make = Callable[[Mapping[Read, Any]], Expressions]
"""Takes the tables that are read; returns the views by name, `noticed` among them."""


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that the SQL depends on; compared, never trusted to a digest."""

    charter: Charter
    zones: Zones
    entries: tuple[Any, ...]
    published: tuple[tuple[str, str | None], ...]
    services: tuple[str, ...]
    minutes: pa.Schema
    """Columns of the relation `minutes`; those of `slices` are the record's."""
    dialect: str
    """Of the engine."""

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
    """Expressions by name as SQL, and the tables of words that they read."""

    sql: Mapping[str, str]
    schemas: Mapping[str, pa.Schema]
    """Columns of the answers."""
    words: Mapping[str, pa.Table]
    """Small tables by the name that the SQL calls them."""
    relations: Mapping[Read, pa.Table]
    """What is read, empty: the columns that the SQL expects."""
    noticing: frozenset[str]
    """Expressions that read `noticed`, some of them several times."""


def _nullable(schema: pa.Schema) -> pa.Schema:
    """Engines do not agree on what cannot be null."""
    return pa.schema([field.with_nullable(nullable=True) for field in schema])


_KNOWN: list[tuple[Said, Views]] = []


def forget() -> None:
    """Make every view anew from now on: whoever changes the code in a running process says so (audit)."""
    _KNOWN.clear()


def views(said: Said, make: Make) -> Views:
    """Return the views for what is said; `make` is asked only if they are not known."""
    for known, found in _KNOWN:
        if known == said:
            return found
    slices = SLICE_SCHEMA.empty_table()
    relations = {
        Read.SLICES: slices,
        Read.MINUTES: said.minutes.empty_table(),
        Read.NOTICED: slices.select(COLUMNS),
    }
    read = {
        name: ibis.table(ibis.Schema.from_pyarrow(empty.schema), name=name.value)
        for name, empty in relations.items()
    }
    expressions = make(read)
    made = Views(
        sql={
            name: str(ibis.to_sql(expr, dialect=said.dialect, pretty=False))
            for name, expr in expressions.items()
        },
        schemas={name: _nullable(expr.schema().to_pyarrow()) for name, expr in expressions.items()},
        words={
            table.name: table.data.to_pyarrow(table.schema)
            for expr in expressions.values()
            for table in expr.op().find(ops.InMemoryTable)
        },
        relations=relations,
        noticing=frozenset(
            name
            for name, expr in expressions.items()
            if any(op.name == Read.NOTICED for op in expr.op().find(ops.UnboundTable))
        ),
    )
    _KNOWN.append((said, made))
    del _KNOWN[:-MOST]
    return made
