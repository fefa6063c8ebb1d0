"""The category that the real classification gives the slices of a scene: with and without names."""

from datetime import timedelta

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.activity import engine
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
    with engine() as connection:
        answer = classified(ibis.memtable(slices), school=school, catalogue=catalogue, minutes=told)
        return connection.to_pyarrow(answer.select("flow", "up_bytes", "down_bytes", "category"))


def main_categories(slices: pa.Table) -> set[str]:
    """Return what is said of the flow that carries most: a category, or several when it wavers."""
    rows = categories(slices).to_pylist()
    weights: dict[int, int] = {}
    for row in rows:
        weights[row["flow"]] = weights.get(row["flow"], 0) + row["up_bytes"] + row["down_bytes"]
    heaviest = max(weights, key=lambda flow: weights[flow])
    return {row["category"] for row in rows if row["flow"] == heaviest}


def wrong(scene: Scene, slices: pa.Table) -> list[str]:
    """Return what is not as it must be, in words; empty when all three views are right."""
    views = (
        ("with names", slices, scene.truth),
        ("without names", without_names(slices), scene.unnamed),
        ("without names and marks", bare(slices), scene.bare),
    )
    said = []
    for view, table, expected in views:
        found = main_categories(table)
        right = {expected.value if expected is not None else "unknown"}
        if found != right:
            said.append(f"{view}: {', '.join(sorted(found))} instead of {right.pop()}")
    return said
