"""The category that the real classification gives the slices of a scene: with and without names."""

from datetime import timedelta
from itertools import islice

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.engines import embedded
from analyzer.expression import classified
from analyzer.facts import minute_table
from privacy.records import SLICE_SCHEMA, SiteSource
from school.catalogue import load_catalogue
from school.load import load_school
from tests.behaviour.scenes import Scene
from tests.support.processes import ROOT

SCHOOL = ROOT / "simulator" / "school"


def _with(slices: pa.Table, **columns: pa.Array) -> pa.Table:
    for name, values in columns.items():
        number = slices.schema.get_field_index(name)
        slices = slices.set_column(number, SLICE_SCHEMA.field(name), values)
    return slices


def without_names(slices: pa.Table) -> pa.Table:
    """Take away every name, however it was found; what the protocol shows stays."""
    rows = slices.num_rows
    none = pa.array([SiteSource.NONE.value] * rows, pa.string())
    lists, sites = pa.nulls(rows, pa.string()), pa.nulls(rows, pa.string())
    return _with(slices, site=sites, site_source=none, list_category=lists)


def bare(slices: pa.Table) -> pa.Table:
    """Take away names and what the protocol shows: octets, packets and seconds are left."""
    return _with(without_names(slices), app=pa.nulls(slices.num_rows, pa.string()))


def categories(slices: pa.Table) -> pa.Table:
    """Return the slices with what the classification adds, every minute calm."""
    school, catalogue = load_school(SCHOOL), load_catalogue()
    minutes = pc.unique(slices["minute"])
    days = [school.calendar.local_day(minute) for minute in minutes.to_pylist()]
    known = minute_table(school.calendar, min(days), max(days) + timedelta(days=1))
    calm = pa.array(["calm"] * known.num_rows, pa.string())
    told = ibis.memtable(known.append_column("link_state", calm))
    with embedded.opened() as engine:
        answer = classified(ibis.memtable(slices), school=school, catalogue=catalogue, minutes=told)
        return engine.connection.to_pyarrow(
            answer.select("flow", "up_bytes", "down_bytes", "category")
        )


def _heaviest(slices: pa.Table) -> int:
    """Return the flow that carries most."""
    weights: dict[int, int] = {}
    for row in slices.select(["flow", "up_bytes", "down_bytes"]).to_pylist():
        weights[row["flow"]] = weights.get(row["flow"], 0) + row["up_bytes"] + row["down_bytes"]
    return max(weights, key=lambda flow: weights[flow])


def _renumbered(slices: pa.Table, view: int) -> pa.Table:
    """Give flows and devices other random numbers, so that several views stand in one table."""
    changed = {name: pc.bit_wise_xor(slices[name], view) for name in ("flow", "device")}
    return _with(slices, **changed)


def main_categories(tables: list[pa.Table]) -> list[set[str]]:
    """Return what is said of each table's heaviest flow: a category, or several if it wavers.

    One question for all tables: asking takes longer than answering.
    """
    flows = [_heaviest(table) ^ n for n, table in enumerate(tables)]
    whole = pa.concat_tables([_renumbered(table, n) for n, table in enumerate(tables)])
    said: dict[int, set[str]] = {flow: set() for flow in flows}
    for row in categories(whole).to_pylist():
        if row["flow"] in said:
            said[row["flow"]].add(row["category"])
    return [said[flow] for flow in flows]


def wrong(scene: Scene, *runs: pa.Table) -> list[list[str]]:
    """Return for each run what is not as it must be, in words; empty when all views are right."""
    expected = {
        "with names": scene.truth,
        "without names": scene.unnamed,
        "without names and marks": scene.bare,
    }
    found = iter(
        main_categories([view for run in runs for view in (run, without_names(run), bare(run))])
    )
    answers = []
    for _ in runs:
        said = []
        for (view, category), words in zip(
            expected.items(), islice(found, len(expected)), strict=True
        ):
            right = category.value if category is not None else "unknown"
            if words != {right}:
                said.append(f"{view}: {', '.join(sorted(words)) or 'nothing'} instead of {right}")
        answers.append(said)
    return answers
