"""What the product says of the drawn slices, beside the truth. The engine classifies; the twin tells why."""

from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from analyzer.behaviour import Shape, behaviours_of
from analyzer.classify import classify
from analyzer.engines import embedded
from analyzer.expression import classified
from analyzer.facts import APP_CATEGORY, Facts, minute_table
from benchmarks.accuracy.activities import TRUTH
from benchmarks.accuracy.traffic import FIRST_DAY
from privacy.records import SiteSource
from school.calendar import Calendar
from school.catalogue import Catalogue
from school.lists import CATEGORY_OF_LIST
from school.load import School
from school.words import Strength

STATES = ("calm", "busy", "saturated")
STATE_SHARES = (0.6, 0.25, 0.15)
STATE_MINUTES = 10
EVIDENCE = ("name, strong", "name, weak", "list", "mark", "behaviour", "nothing")
"""What a verdict rests on: the name the client asked for; an outer, shared or answered name; an
imported list; the protocol's own mark; a behaviour; none of these."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One slice: what it was, what was said of it, and on what."""

    flow: int
    activity: str
    true_category: str
    true_use: str
    category: str
    use: str
    evidence: str


def link_states(minutes: pa.Table, seed: int) -> pa.Table:
    """Draw the state of the line for stretches of ten minutes."""
    rng = np.random.default_rng([seed, 79])
    blocks = rng.choice(STATES, -(-minutes.num_rows // STATE_MINUTES), p=STATE_SHARES)
    states = np.repeat(blocks, STATE_MINUTES)[: minutes.num_rows]
    return minutes.append_column("link_state", pa.array(states.tolist(), pa.string()))


def nameless(slices: pa.Table) -> pa.Table:
    """Take every name away, however it was found."""
    rows = slices.num_rows
    for name, value in (("site", None), ("site_source", "none"), ("list_category", None)):
        number = slices.schema.get_field_index(name)
        slices = slices.set_column(number, name, pa.array([value] * rows, pa.string()))
    number = slices.schema.get_field_index("ech")
    return slices.set_column(number, "ech", pa.array([False] * rows))


def unmarked(slices: pa.Table) -> pa.Table:
    """Take away also what protocols show on the wire."""
    number = slices.schema.get_field_index("app")
    return nameless(slices).set_column(number, "app", pa.nulls(slices.num_rows, pa.string()))


def _evidence(row: dict[str, Any], behaviour: str, catalogue: Catalogue) -> str:
    """Say what the category rests on, in the order of `analyzer.facts.category_of`."""
    if row["site"] is not None and catalogue.category_of(row["site"]) is not None:
        clear = row["site_source"] != SiteSource.DNS.value and not row["ech"]
        return EVIDENCE[0] if clear else EVIDENCE[1]
    if row["list_category"] in CATEGORY_OF_LIST:
        return EVIDENCE[2]
    if row["app"] in APP_CATEGORY:
        return EVIDENCE[3]
    return EVIDENCE[4] if row["site"] is None and behaviour != "none" else EVIDENCE[5]


def _true_use(row: dict[str, Any], state: str, school: School) -> str:
    """Return what the charter says when everything is known."""
    facts = Facts(
        zone_kind=school.zones.kind_of(row["zone"]),
        period=row["period"],
        category=TRUTH[row["activity"]].value,
        evidence=Strength.STRONG.value,
        link_state=state,
        octets=row["up_bytes"] + row["down_bytes"],
    )
    return classify(facts, school.charter).use


def _days(calendar: Calendar, slices: pa.Table) -> pa.Table:
    last = max(slices["minute"].to_pylist())
    after = calendar.local_day(last).toordinal() + 1
    return minute_table(calendar, FIRST_DAY, type(FIRST_DAY).fromordinal(after))


def judge(slices: pa.Table, *, school: School, catalogue: Catalogue, seed: int) -> list[Judged]:
    """Classify slices (SLICE_SCHEMA and `activity`, `row`) with the product's engine."""
    minutes = link_states(_days(school.calendar, slices), seed)
    states = dict(
        zip(minutes["minute"].to_pylist(), minutes["link_state"].to_pylist(), strict=True)
    )
    with embedded.opened() as engine:
        known = ibis.memtable(minutes)
        answer = classified(
            ibis.memtable(slices), school=school, catalogue=catalogue, minutes=known
        )
        rows = engine.connection.to_pyarrow(answer).sort_by("row").to_pylist()
    behaviours = behaviours_of([Shape.of(row) for row in rows])
    return [
        Judged(
            flow=row["flow"],
            activity=row["activity"],
            true_category=TRUTH[row["activity"]].value,
            true_use=_true_use(row, states[row["minute"]], school),
            category=row["category"],
            use=row["use"],
            evidence=_evidence(row, behaviour, catalogue),
        )
        for row, behaviour in zip(rows, behaviours, strict=True)
    ]
