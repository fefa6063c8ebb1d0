"""Room at the cap: which flows give way, and how they are found without looking at all of them.

A hand goes round the records. Records that are given back are taken again in the order in which
they came back (`table.remove`), so behind the hand stand the youngest flows and ahead of it the
oldest: the next unanswered flow that it meets is about the oldest one. One call frees a sixteenth
of the table, so a flood costs one or two records looked at for each of its packets.

Octets were counted before a flow is looked for, and what gives way is exported: totals never
depend on the table.
"""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter.layout import (
    C_FORCED,
    END_RESOURCES,
    ROW_CAP,
    W_CLOCK_US,
    W_DEGRADED,
    W_FLOW_CAP,
    W_HAND,
    W_HIGH,
    W_ROWS,
)
from collector.meter.table import finish

SHARE = 16
"""One call frees this part of the table: rare enough to be cheap, small enough that the others
stay. At the default cap a flood of 100,000 packets a second comes round in 2.6 s, longer than any
server takes to answer."""
YOUNGEST = 4
"""The youngest fourth of the table may still be waiting for its answer: in a flood that is answered
the few that wait are real."""
LASTING_US = 1_000_000
"""An exchange that was over in less is what a flood that is answered leaves behind."""
QUIET_US = 5_000_000
"""Silence after which an answered flow gives way before those that talk."""

_UNANSWERED, _BRIEF, _ANY = 0, 1, 2
"""Who gives way first: unanswered flows, those that were brief or fell silent, others."""


@inlined
def _gives_way(flow, rank, now_us):
    if rank == _UNANSWERED:
        return flow.answered == 0
    if rank == _BRIEF:
        return flow.last_us - flow.first_us < LASTING_US or now_us - flow.last_us > QUIET_US
    return True


@compiled
def _go_round(tables, rank, wanted, looks):
    """Close `wanted` flows of a rank among the `looks` oldest records; returns how many there were.

    The hand stays where it was when there were fewer: the next rank begins with the oldest, too.
    """
    word = tables.word
    high, number = word[W_HIGH], word[W_HAND]
    closed = 0
    for _ in range(looks):
        if closed >= wanted or word[W_ROWS] >= ROW_CAP:
            break
        if number >= high:
            number = 0
        flow = tables.flows[number]
        if flow.used and _gives_way(flow, rank, word[W_CLOCK_US]):
            finish(tables, number, i64(END_RESOURCES))
            closed += 1
        number += 1
    if closed >= wanted:
        word[W_HAND] = number
    return closed


@compiled
def make_room(tables):
    """At the cap: export and close a share of the flows, unanswered ones first, oldest first.

    Returns how many flows were closed (0 only when the rows are full).
    """
    word = tables.word
    wanted = max(1, word[W_FLOW_CAP] // SHARE)
    high = word[W_HIGH]
    closed = _go_round(tables, _UNANSWERED, wanted, high - high // YOUNGEST)
    if closed < wanted:
        closed += _go_round(tables, _BRIEF, wanted - closed, high)
    if closed < wanted:
        closed += _go_round(tables, _ANY, wanted - closed, high)
    tables.count[C_FORCED] += closed
    word[W_DEGRADED] = 1
    return closed
