"""Which behaviour each slice has: the twins of all of them, in order of precedence.

Peer-to-peer first (it has two signs of its own), then a call, a radio, a video, an update, a
download: from the narrowest bounds to the widest.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

import ibis
from ibis import Table
from ibis.expr.types import BooleanValue

from analyzer.behaviour import call, download, peer_to_peer, steady_audio, video_bursts
from analyzer.behaviour.shape import COLUMNS, NONE, Shape, heavy, is_heavy
from school.words import Behaviour

_OF_FLOWS: Final[
    tuple[tuple[Behaviour, Callable[[list[Shape]], bool], Callable[[Table], BooleanValue]], ...]
] = (
    (Behaviour.CALL, call.holds, call.verdict),
    (Behaviour.STEADY_AUDIO, steady_audio.holds, steady_audio.verdict),
    (Behaviour.VIDEO_BURSTS, video_bursts.holds, video_bursts.verdict),
    (Behaviour.SOFTWARE_UPDATE, download.is_update, download.update_verdict),
    (Behaviour.BULK_DOWNLOAD, download.is_bulk, download.bulk_verdict),
)
"""Behaviours of whole flows: the word and its twins, first that holds."""


def _of_flow(rows: list[Shape]) -> str:
    return next((word.value for word, holds, _ in _OF_FLOWS if holds(rows)), NONE)


def behaviours_of(rows: Sequence[Shape]) -> list[str]:
    """Return the behaviour of each slice, from all slices of the day (or of what there is)."""
    flows: dict[int, list[Shape]] = defaultdict(list)
    for row in rows:
        if is_heavy(row):
            flows[row.flow].append(row)
    found = {flow: _of_flow(own) for flow, own in flows.items()}
    accused = peer_to_peer.accused(rows)
    return [
        NONE if row.named else Behaviour.PEER_TO_PEER.value if guilty else found.get(row.flow, NONE)
        for row, guilty in zip(rows, accused, strict=True)
    ]


def _flows(slices: Table) -> Table:
    """Return the flows that have a behaviour: `judged_flow` (each once), `judged`."""
    rows = slices.filter(heavy(slices))
    parts = (steady_audio, video_bursts, call, download)
    marks = {name: mark for part in parts for name, mark in part.marks(rows).items()}
    marked = rows.select("flow", "age_s", **marks)
    sums = {name: value for part in parts for name, value in part.sums(marked).items()}
    flows = marked.group_by("flow").aggregate(**sums)
    branches = [(verdict(flows), word.value) for word, _, verdict in _OF_FLOWS]
    judged = flows.select(
        judged_flow="flow", judged=ibis.cases(*branches, else_=ibis.null("string"))
    )
    return judged.filter(judged.judged.notnull())


def noticed(slices: Table) -> Table:
    """Return the slices that any behaviour looks at, `COLUMNS`: few, so that they are read but once."""
    of_peers = peer_to_peer.strangers(slices) | peer_to_peer.marked(slices)
    return slices.filter(heavy(slices) | of_peers).select(*COLUMNS)


def with_behaviour(slices: Table, among: Table | None = None) -> Table:
    """Return the slices with a column `behaviour`: `behaviours_of` as an expression.

    Args:
        slices: with the columns of SLICE_SCHEMA.
        among: all slices of these flows and devices that there are, when `slices` is a part of
            them: a flow is the same thing whichever of its minutes are asked about. Those that are
            `noticed` say as much.

    What they give is small, and is joined back.
    """
    columns = slices.columns
    every = slices if among is None else among
    flows = _flows(every)
    minutes = peer_to_peer.accused_minutes(every)
    joined = slices.left_join(flows, slices.flow == flows.judged_flow)
    joined = joined.left_join(
        minutes, [joined.device == minutes.p2p_device, joined.minute == minutes.p2p_minute]
    )
    behaviour = ibis.cases(
        (joined.site.notnull(), NONE),
        (peer_to_peer.verdict(joined), Behaviour.PEER_TO_PEER.value),
        else_=joined.judged.fill_null(NONE),
    )
    return joined.select(*columns, behaviour=behaviour)
