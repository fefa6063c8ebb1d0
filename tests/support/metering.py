"""Run the real meter in a test and get its slices back."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from collector.accounting import Totals, totals
from collector.engine import Meter, MeterSetup
from collector.meter import layout as lay
from collector.objections import Objections
from collector.placement import UNDECLARED, Placement
from collector.reduced import Reduced, Reducer
from collector.sources.files import Fault, replay
from privacy.records import LINK_SCHEMA, SLICE_SCHEMA

PARIS = ZoneInfo("Europe/Paris")


class Memory:
    """A sink that keeps the tables."""

    def __init__(self) -> None:
        self.slice_parts: list[pa.Table] = []
        self.link_parts: list[pa.Table] = []
        self.days: set[date] = set()

    def slices(self, table, day):
        self.slice_parts.append(table)
        self.days.add(day)

    def links(self, table, day):
        self.link_parts.append(table)


@dataclass
class Metered:
    slices: pa.Table
    links: pa.Table
    totals: Totals
    fault: Fault | None


def whole_name(name: str) -> Reduced:
    """A reducer for tests only: keeps the full name, so that it can be compared."""
    return Reduced(site=name)


def new_meter(
    sink: Memory,
    *,
    reduce: Reducer = whole_name,
    placement: Placement = UNDECLARED,
    flow_cap: int = lay.FLOW_CAP,
    trailer: bool = False,
    objections: Objections | None = None,
) -> Meter:
    setup = MeterSetup(
        placement=placement,
        reduce=reduce,
        key_of_day=lambda _day: b"k" * 32,
        timezone=PARIS,
        seeds=(0x1234567, 0x7654321),
        flow_cap=flow_cap,
        trailer=trailer,
        objections=objections,
    )
    return Meter(setup, sink)


def collected(sink: Memory, meter: Meter, fault: Fault | None) -> Metered:
    meter.finish()
    return Metered(
        pa.concat_tables([SLICE_SCHEMA.empty_table(), *sink.slice_parts]),
        pa.concat_tables([LINK_SCHEMA.empty_table(), *sink.link_parts]),
        totals(meter.tables, offered=None, kernel_drops=0, seconds=0, notes=[]),
        fault,
    )


def meter_file(path: Path, **options) -> Metered:
    """Meter one capture file. Raises NotACapture like the reader."""
    sink = Memory()
    meter = new_meter(sink, **options)
    fault = replay(path, meter)
    return collected(sink, meter, fault)
