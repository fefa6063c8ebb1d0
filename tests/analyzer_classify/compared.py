"""Asks both twins the same question and returns both answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

import ibis
import pyarrow as pa

from analyzer.behaviour import Shape, behaviours_of
from analyzer.classify import classify
from analyzer.expression import ADDED, classified, verdicts
from analyzer.facts import Facts, Observed, facts_of
from analyzer.volumes import Owner, with_volumes
from privacy.records import SLICE_SCHEMA
from school.catalogue import load_catalogue
from school.charter import Charter
from school.load import School
from school.words import LinkState

CATALOGUE = load_catalogue()
STATES = [state.value for state in LinkState]
OBSERVED = [name for name in Observed.__dataclass_fields__ if name != "behaviour"]
FILLED = {
    "device": None,
    "ip_version": 4,
    "up_packets": 1,
    "down_packets": 1,
    "down_peak_bytes_s": 1,
    "end_reason": None,
}
States = Mapping[datetime, tuple[str, str]]
"""Minute (UTC) → state up, state down."""
CALM = ("calm", "calm")


def worse(up: str, down: str) -> str:
    return max(up, down, key=STATES.index)


def by_twin(rows: Sequence[dict], school: School, states: States) -> list[tuple]:
    """Return the `ADDED` columns of slices, from the readable twin."""
    calendar = school.calendar
    facts, owners = [], []
    whole = [{**FILLED, **row, "down_packets": n} for n, row in enumerate(rows)]
    behaviours = behaviours_of([Shape.of(row) for row in whole])
    for row, behaviour in zip(rows, behaviours, strict=True):
        up, down = states.get(row["minute"], CALM)
        slot, day = calendar.slot_at(row["minute"]), calendar.local_day(row["minute"])
        alone = facts_of(
            Observed(**{name: row[name] for name in OBSERVED}, behaviour=behaviour),
            zone_kind=school.zones.kind_of(row["zone"]),
            period=calendar.period_at(row["minute"]),
            link_state=worse(up, down),
            site_category=CATALOGUE.category_of(row["site"]),
        )
        name, kind = slot.name if slot else None, calendar.day_kind(day)
        facts.append(replace(alone, link_up=up, link_down=down, slot=name, day_kind=kind))
        owners.append(Owner(row["flow"], row["device"], day, row["minute"]))
    return [
        (o.day, f.slot, f.period, f.zone_kind, f.category, verdict.use, verdict.rule)
        for f, o in zip(with_volumes(facts, owners, school.charter), owners, strict=True)
        for verdict in [classify(f, school.charter)]
    ]


def by_engine(engine, rows: Sequence[dict], school: School, minutes: ibis.Table) -> list[tuple]:
    """Return the `ADDED` columns of the same slices, in the same order, from the expression."""
    numbered = [{**FILLED, **row, "down_packets": n} for n, row in enumerate(rows)]
    slices = ibis.memtable(pa.Table.from_pylist(numbered, schema=SLICE_SCHEMA))
    answer = classified(slices, school=school, catalogue=CATALOGUE, minutes=minutes)
    assert answer.columns == (*SLICE_SCHEMA.names, *ADDED)
    found = engine.to_pyarrow(answer).sort_by("down_packets").to_pylist()
    assert [row["down_packets"] for row in found] == list(range(len(rows)))
    return [tuple(row[name] for name in ADDED) for row in found]


def minutes_of(states: States) -> ibis.Table:
    rows = [
        {"minute": minute, "link_state": worse(up, down), "link_up": up, "link_down": down}
        for minute, (up, down) in states.items()
    ]
    fields = [("minute", pa.timestamp("s", tz="UTC"))]
    fields += [(name, pa.string()) for name in ("link_state", "link_up", "link_down")]
    return ibis.memtable(pa.Table.from_pylist(rows, schema=pa.schema(fields)))


NUMBERS = ("octets", "flow_octets", "device_day_octets", "rule_minutes", "rule_octets")
FACTS_SCHEMA = pa.schema(
    [(name, pa.int64() if name in NUMBERS else pa.string()) for name in Facts.__dataclass_fields__]
    + [("device", pa.int64()), ("n", pa.int64())]
)


def verdicts_by_engine(
    engine, facts: Sequence[Facts], charters: Sequence[Charter]
) -> list[list[tuple[str, str]]]:
    """Return (rule, use) of each fact under each charter, from one query over a table of facts."""
    rows = [
        {**asdict(fact), "device": None if fact.rule_minutes is None else 1, "n": n}
        for n, fact in enumerate(facts)
    ]
    table = ibis.memtable(pa.Table.from_pylist(rows, schema=FACTS_SCHEMA))
    answers = []
    for charter in charters:
        answer = verdicts(table, charter).select("n", "rule", "use")
        found = engine.to_pyarrow(answer).sort_by("n").to_pylist()
        answers.append([(row["rule"], row["use"]) for row in found])
    return answers


def verdicts_by_twin(facts: Sequence[Facts], charter: Charter) -> list[tuple[str, str]]:
    found = [classify(fact, charter) for fact in facts]
    return [(verdict.rule, verdict.use) for verdict in found]
