"""Meter one capture with the bare loop, compiled or plain, and say all that it did.

What `engine.Meter` does between two walks is done here in its simplest form, by the names of the
fields, so that it works on either memory.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np

from collector import gquic
from collector.meter import entry
from collector.meter import layout as lay
from collector.meter.hello import pull_hello
from collector.quic import CRYPTO_MAX, FLOWS_MAX, FRAGMENTS_MAX, Handshakes
from collector.sources import files
from tests.fuzz import plain
from tests.support.metering import Memory, collected, new_meter

SEEDS = {"seed": 0x1234567, "random": 0x7654321}
FLOW_CAP = 64
"""So small that an input of a few kilobytes fills the table."""
HANDOVERS_MAX = 10_000
"""More than any input can cause: the loop would go round without an end."""


class Wrong(Exception):
    """What must hold for any input does not."""


def is_plain() -> bool:
    """Say whether the loop runs uncompiled in this process."""
    return bool(numba.config.DISABLE_JIT)


def octets(data: bytes) -> Any:
    """Return data as the loop takes it."""
    return plain.Octets(data) if is_plain() else np.frombuffer(bytearray(data), np.uint8)


@dataclass
class Seen:
    """All that a walk did."""

    counts: list[int] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    links: list[tuple[Any, ...]] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)
    handshakes: list[int] = field(default_factory=list)
    fault: str = ""


def _numbers(record: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    # NumPy's records have attributes of their own (`device`) that hide fields.
    values = (getattr(record, name) if is_plain() else record[name] for name in names)
    return tuple(
        float(value) if name == "sumsq" else int(value)
        for name, value in zip(names, values, strict=True)
    )


class Walker:
    """Stands for `engine.Meter`: `sources.files` needs `memory`, `word` and `drive`."""

    def __init__(self, flow_cap: int = FLOW_CAP) -> None:
        options = {**SEEDS, "flow_cap": flow_cap}
        if is_plain():
            self.memory: Any = plain.new_memory(**options)
            self.tables = self.memory[0]
        else:
            self.memory = lay.new_tables(**options)
            self.tables = self.memory.view(np.recarray)[0]
        self.word = self.tables.word
        self.seen = Seen()
        self._handshakes = Handshakes()
        self._handovers = 0

    def drive(self, step: Callable[[], int]) -> int:
        while True:
            code = step()
            if code in (lay.RUN_END, lay.RUN_BAD):
                return int(code)
            self._handovers += 1
            if self._handovers > HANDOVERS_MAX:
                raise Wrong(f"hands over for ever: {code}")
            self.serve(code)

    def serve(self, code: int) -> None:
        self._take_names()
        self._take_quic()
        self._take_names()
        if code in (lay.RUN_ROWS, lay.RUN_FULL):
            self._take_rows()
        if code == lay.RUN_LINKS:
            self._take_links()
        if code == lay.RUN_FULL:
            entry.make_room(self.memory)

    def _take_names(self) -> None:
        for i in range(int(self.word[lay.W_NAME_PENDING])):
            waiting = self.tables.pending[i]
            start, length = int(waiting.offset), int(waiting.length)
            name = bytes(int(self.tables.arena[at]) for at in range(start, start + length))
            self.seen.names.append(name)
            name.decode("ascii")
        self.word[lay.W_NAME_PENDING] = self.word[lay.W_NAME_ARENA] = 0

    def _take_quic(self) -> None:
        waiting = int(self.word[lay.W_QUIC_PENDING])
        self.word[lay.W_QUIC_PENDING] = 0
        for i in range(waiting):
            held = self.tables.quic[i]
            flow = self.tables.flows[int(held.flow)]
            if flow.id != held.id or not flow.used or flow.source >= lay.SOURCE_QUIC:
                continue
            data = bytes(int(self.tables.quic_bytes[i][at]) for at in range(int(held.length)))
            stream = self._handshakes.offer(int(held.id), data)
            if stream:
                self._read_hello(int(held.flow), int(held.id), stream)

    def _read_hello(self, number: int, flow_id: int, stream: bytes) -> None:
        if len(stream) > CRYPTO_MAX:
            raise Wrong("more of a QUIC hello is held than CRYPTO_MAX")
        buf = octets(stream)
        if gquic.is_chlo(stream):
            (outcome, offset, length), ech = gquic.pull_chlo(stream), 0
        else:
            outcome, offset, length, ech = pull_hello(buf, 0, len(buf))
        check_outcome(outcome, offset, length, len(buf))
        if length:
            entry.name_flow(self.memory, number, lay.SOURCE_QUIC, buf, offset, length, ech)
        if outcome != lay.MORE:
            self.tables.flows[number].done_lo = 1
            self._handshakes.forget(flow_id)

    def _take_rows(self) -> None:
        for i in range(int(self.word[lay.W_ROWS])):
            self.seen.rows.append(_numbers(self.tables.rows[i], lay.ROW.names or ()))
        self.word[lay.W_ROWS] = 0

    def _take_links(self) -> None:
        for i in range(int(self.word[lay.W_LINK_ROWS])):
            row = self.tables.links[i]
            counts = tuple(int(row.count[at]) for at in range(lay.C_COUNT))
            self.seen.links.append((*_numbers(row, ("start_us", "flows", "degraded")), counts))
        self.word[lay.W_LINK_ROWS] = 0

    def finish(self) -> Seen:
        """Close every flow; check what must hold; return all that was seen."""
        self._take_names()
        self._take_quic()
        self._take_names()
        while True:
            code = entry.end_of_input(self.memory)
            self._take_rows()
            self._take_links()
            if code == lay.RUN_END:
                break
        self.seen.counts = [int(self.tables.count[i]) for i in range(lay.C_COUNT)]
        self.seen.handshakes = [*self._handshakes.rejected.values(), len(self._handshakes._open)]
        check_seen(self.seen, self._handshakes)
        return self.seen


def check_outcome(outcome: int, offset: int, length: int, end: int) -> None:
    """A parser answers value, more or reject, and a name lies inside of what it was given."""
    if outcome not in (lay.VALUE, lay.MORE, lay.REJECT):
        raise Wrong(f"outcome {outcome}")
    if length and not (offset >= 0 and 0 < length <= lay.NAME_MAX and offset + length <= end):
        raise Wrong(f"a name of {length} octets at {offset} of {end}")


def check_seen(seen: Seen, handshakes: Handshakes) -> None:
    """The identities close: packets, octets by direction, octets by flow, flows by end."""
    count = seen.counts
    rejected = sum(count[lay.C_REJECT0 : lay.C_REJECT0 + 5])
    if count[lay.C_OFFERED] != count[lay.C_PARSED] + rejected:
        raise Wrong(f"offered {count[lay.C_OFFERED]} is not parsed and rejected")
    sides = count[lay.C_UP_BYTES] + count[lay.C_DOWN_BYTES] + count[lay.C_LOCAL_BYTES]
    if count[lay.C_IP_BYTES] != sides:
        raise Wrong(f"{count[lay.C_IP_BYTES]} octets, {sides} by direction")
    names = lay.ROW.names or ()
    up, down = names.index("up_bytes"), names.index("down_bytes")
    in_rows = sum(row[up] + row[down] for row in seen.rows)
    if in_rows != sides - count[lay.C_LOCAL_BYTES]:
        raise Wrong(f"{in_rows} octets in rows, {sides} counted")
    in_links = [sum(row[3][i] for row in seen.links) for i in range(lay.C_COUNT)]
    if in_links[lay.C_OFFERED] != count[lay.C_OFFERED]:
        raise Wrong("link rows do not add up to what was offered")
    ended = sum(1 for row in seen.rows if row[names.index("end")])
    if ended > count[lay.C_FLOWS] or any(row[up] < 0 or row[down] < 0 for row in seen.rows):
        raise Wrong("more flows ended than began, or a count is negative")
    if any(not 0 < len(name) <= lay.NAME_MAX for name in seen.names):
        raise Wrong("a name without octets, or longer than a name can be")
    if len(handshakes._open) > FLOWS_MAX or any(
        len(state.pieces) > FRAGMENTS_MAX for state in handshakes._open.values()
    ):
        raise Wrong("more QUIC hellos are held than the bounds say")


def walk(capture: bytes, flow_cap: int = FLOW_CAP) -> Seen:
    """Meter a capture; where the loop is compiled, with the real engine around it as well.

    Raises:
        Wrong: what must hold does not. Anything else that is raised is a finding, too.
    """
    walker: Any = Walker(flow_cap)
    fault = ""
    try:
        found = files.replay_octets(octets(capture), walker)
        fault = "" if found is None else f"{found.offset}: {found.message}"
    except files.NotACapture as refused:
        fault = str(refused)
    seen: Seen = walker.finish()
    seen.fault = fault
    if not is_plain():
        _check_engine(capture, flow_cap, seen)
    return seen


def _check_engine(capture: bytes, flow_cap: int, seen: Seen) -> None:
    sink = Memory()
    meter = new_meter(sink, flow_cap=flow_cap)
    with contextlib.suppress(files.NotACapture):
        files.replay_octets(octets(capture), meter)
    result = collected(sink, meter, None)
    if result.totals.gap() or result.totals.packets_offered != seen.counts[lay.C_OFFERED]:
        raise Wrong("the engine counts other packets than the bare loop")
    if len(result.slices) != len(seen.rows):
        raise Wrong(f"the engine has {len(result.slices)} slices, the loop {len(seen.rows)} rows")
