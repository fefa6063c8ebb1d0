"""Capture files (pcap, pcapng), mapped into memory and walked by the compiled loop.

What is no capture is refused with a sentence; a fault in the middle keeps what came before.
"""

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from collector.engine import Meter
from collector.meter import files as walk
from collector.meter import layout as lay
from collector.sources.ahead import Ahead

CHUNK_BYTES = 16 << 20
"""Walked between two progress reports; so much is brought in ahead, twice."""
INTERFACES_MAX = 1_024
"""Interfaces of one pcapng section; real files have a handful."""
_PCAP_HEADER = 24
_MAGICS = {
    0xA1B2C3D4: (False, 16),
    0xA1B23C4D: (True, 16),
    0xA1B2CD34: (False, 24),  # Kuznetzov's: eight more octets in each record header
}
_SECTION, _INTERFACE = 0x0A0D0D0A, 1
_BYTE_ORDER = 0x1A2B3C4D

Progress = Callable[[int, int], None]
"""Called with octets done and octets in all."""


class NotACapture(Exception):
    """The file is neither pcap nor pcapng, or cannot be read. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a capture stops making sense."""

    offset: int
    message: str


def _map(path: Path) -> Any:
    """Map a file privately, writable so that the loop is compiled once for files and ring."""
    with path.open("rb") as file:
        size = path.stat().st_size
        if size == 0:
            raise NotACapture("the file is empty")
        mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
    if hasattr(mmap, "MADV_SEQUENTIAL"):
        mapped.madvise(mmap.MADV_SEQUENTIAL)
    return np.frombuffer(mapped, np.uint8)


def replay(path: Path, meter: Meter, progress: Progress | None = None) -> Fault | None:
    """Meter every packet of a capture file.

    Args:
        path: the file.
        meter: takes the packets; the caller finishes it.
        progress: told after each chunk.

    Returns:
        None, or where the file stops making sense (what came before was metered).

    Raises:
        NotACapture: the file is no capture at all.
        OSError: it cannot be read.
    """
    buf = _map(path)
    with Ahead(buf, CHUNK_BYTES) as ahead:

        def reached(done: int, size: int) -> None:
            ahead.reached(done)
            if progress is not None:
                progress(done, size)

        ahead.reached(0)
        return replay_octets(buf, meter, reached)


def replay_octets(buf: Any, meter: Meter, progress: Progress | None = None) -> Fault | None:
    """Meter every packet of a capture that is in memory (uint8 array); like `replay`."""
    magic = bytes(buf[:4])
    meter.word[lay.W_POSITION] = 0
    if magic == struct.pack("<I", _SECTION):
        return _PcapNg(buf, meter, progress).run()
    for order, little in (("<", 1), (">", 0)):
        if len(magic) == 4:
            kind = _MAGICS.get(struct.unpack(order + "I", magic)[0])
            if kind is not None:
                return _replay_pcap(buf, meter, progress, little=little, kind=kind)
    raise NotACapture("this is neither a pcap nor a pcapng file")


def _walk(meter: Meter, step: Callable[[int], int], size: int, progress: Progress | None) -> int:
    """Call `step(limit)` chunk by chunk; returns RUN_END at the end or a stop, or RUN_BAD."""
    while True:
        before = int(meter.word[lay.W_POSITION])
        limit = before + CHUNK_BYTES
        code = meter.drive(lambda: step(limit))  # noqa: B023 - called before limit changes
        done = int(meter.word[lay.W_POSITION])
        if progress is not None:
            progress(done, size)
        if code == lay.RUN_BAD or done >= size or done < limit:
            return code


def _replay_pcap(
    buf: Any, meter: Meter, progress: Progress | None, *, little: int, kind: tuple[bool, int]
) -> Fault | None:
    if len(buf) < _PCAP_HEADER:
        raise NotACapture("the file ends within the pcap header")
    order = "<" if little else ">"
    link = struct.unpack(order + "I", bytes(buf[20:24]))[0] & 0x0FFFFFFF
    nano, header = kind
    facts = np.array([link, little, int(nano), header], np.int64)
    meter.word[lay.W_POSITION] = _PCAP_HEADER
    code = _walk(
        meter, lambda limit: walk.walk_pcap(meter.memory, buf, facts, limit), len(buf), progress
    )
    if code == lay.RUN_BAD:
        return Fault(int(meter.word[lay.W_POSITION]), "a packet record is cut off or damaged")
    return None


class _PcapNg:
    """Sections and interfaces are read here, packet blocks in the loop."""

    def __init__(self, buf: Any, meter: Meter, progress: Progress | None) -> None:
        self._buf, self._meter, self._progress = buf, meter, progress
        self._little = 1
        self._interfaces = np.zeros((INTERFACES_MAX, 4), np.int64)
        self._known = 0

    def run(self) -> Fault | None:
        size = len(self._buf)
        word = self._meter.word
        while int(word[lay.W_POSITION]) < size:
            at = int(word[lay.W_POSITION])
            problem = self._read_block(at)
            if problem is not None:
                if at == 0:
                    raise NotACapture(problem)
                return Fault(at, problem)
            code = _walk(
                self._meter,
                lambda limit: walk.walk_pcapng(
                    self._meter.memory,
                    self._buf,
                    self._little,
                    self._interfaces,
                    self._known,
                    limit,
                ),
                size,
                self._progress,
            )
            if code == lay.RUN_BAD:
                return Fault(int(word[lay.W_POSITION]), "a block is cut off or damaged")
        return None

    def _read_block(self, at: int) -> str | None:
        """Read a section or interface block at `at` and move behind it; a sentence if it is bad."""
        data = bytes(self._buf[at : at + 65_536])
        if len(data) < 12:
            return "the last block is cut off"
        if struct.unpack("<I", data[:4])[0] == _SECTION:
            if len(data) < 28:
                return "the section header is cut off"
            self._little = 1 if struct.unpack("<I", data[8:12])[0] == _BYTE_ORDER else 0
            order = "<" if self._little else ">"
            if struct.unpack(order + "I", data[8:12])[0] != _BYTE_ORDER:
                return "the section header has no byte order"
            self._known = 0
        else:
            order = "<" if self._little else ">"
        kind, length = struct.unpack(order + "II", data[:8])
        if length < 12 or length % 4 or at + length > len(self._buf):
            return "a block is cut off or damaged"
        if kind == _INTERFACE:
            problem = self._add_interface(data[: min(length, len(data))], order)
            if problem:
                return problem
        self._meter.word[lay.W_POSITION] = at + length
        return None

    def _add_interface(self, data: bytes, order: str) -> str | None:
        if len(data) < 20:
            return "an interface block is too short"
        if self._known >= INTERFACES_MAX:
            return f"more than {INTERFACES_MAX} interfaces in one section"
        link, _, snap = struct.unpack(order + "HHI", data[8:16])
        units, offset = 1_000_000, 0
        at = 16
        while at + 4 <= len(data) - 4:
            code, size = struct.unpack(order + "HH", data[at : at + 4])
            value = data[at + 4 : at + 4 + size]
            if code == 0:
                break
            if code == 9 and size == 1:  # if_tsresol
                power = value[0] & 0x7F
                units = 2 ** min(power, 62) if value[0] & 0x80 else 10 ** min(power, 18)
            if code == 14 and size == 8:  # if_tsoffset
                offset = struct.unpack(order + "q", value)[0]
            at += 4 + (size + 3) // 4 * 4
        offset = max(min(offset, walk.OFFSET_MAX), -walk.OFFSET_MAX)
        self._interfaces[self._known] = (link, units, offset, snap)
        self._known += 1
        return None
