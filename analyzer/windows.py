"""The volumes of `analyzer.volumes` as window functions. Pure: builds, never executes.

A window is built only where the charter in force looks at it: over a day of 20 million slices each
costs seconds. Every window is over the slice's own flow, or its own device, on its own local day;
there is none over anything else. RANGE up to the current row takes all slices of the same minute,
so the order of rows within a minute decides nothing. Standard SQL; DuckDB and Spark give the same.
"""

from typing import Any

import ibis
from ibis.expr.types import BooleanValue, IntegerColumn, Table

from analyzer.classify import MEGABYTE
from school.charter import Charter, Tolerance


def needed(charter: Charter) -> bool:
    """Say whether the charter looks at anything that needs a window."""
    looked_at = ("flow_megabytes_at_least", "device_day_megabytes_at_least")
    return any(charter.looks_at(key) for key in looked_at) or any(
        rule.tolerance for rule in charter.rules
    )


def so_far(values: Any, *, own: list[str]) -> IntegerColumn:
    """Return the sum of a column over the slices of the same `own` up to this minute."""
    window = ibis.range_window(preceding=None, following=0, group_by=own, order_by="minute")
    total: IntegerColumn = values.sum().over(window)
    return total


def with_volumes(table: Table, charter: Charter) -> Table:
    """Add `flow_octets` and `device_day_octets` where a rule looks at them.

    Args:
        table: with `octets`, `category`, `day`, `minute`, `flow`, `device`.
        charter: the charter in force.
    """
    added = {}
    if charter.looks_at("flow_megabytes_at_least"):
        # With the device too: should a flow ever pass to another device, nothing goes with it.
        added["flow_octets"] = so_far(table.octets, own=["flow", "device", "day"])
    if charter.looks_at("device_day_megabytes_at_least"):
        own = so_far(table.octets, own=["device", "day", "category"])
        added["device_day_octets"] = ibis.ifelse(table.device.notnull(), own, ibis.null("int64"))
    return table.mutate(**added) if added else table


def with_budgets(table: Table, charter: Charter) -> Table:
    """Add `rule_minutes` and `rule_octets` where a tolerance counts them; `rule` must be there."""
    tolerances = [rule.tolerance for rule in charter.rules if rule.tolerance]
    own = ["device", "day", "rule"]
    added: dict[str, Any] = {}
    if any(tolerance.minutes is not None for tolerance in tolerances):
        window = ibis.window(group_by=own, order_by="minute")
        # Minutes are counted as their rank among distinct minutes; Ibis counts ranks from 0.
        added["rule_minutes"] = ibis.dense_rank().over(window) + 1
    if any(tolerance.megabytes is not None for tolerance in tolerances):
        added["rule_octets"] = so_far(table.octets, own=own)
    return table.mutate(**added) if added else table


def passes(table: Table, tolerance: Tolerance) -> BooleanValue:
    """`analyzer.classify.passes`."""
    test: BooleanValue = ibis.literal(value=False)
    if tolerance.minutes is not None:
        test = test | (table.rule_minutes > tolerance.minutes)
    if tolerance.megabytes is not None:
        test = test | (table.rule_octets > tolerance.megabytes * MEGABYTE)
    return table.device.notnull() & test
