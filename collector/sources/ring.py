"""The packet ring as the parser sees it: memory that the kernel fills, and a channel to the holder.

The parser never has the packet socket (holder.py): it can neither send nor listen elsewhere. So it
cannot wait on the socket either; it naps, shortly while packets come and longer when none do, and a
word of the holder wakes it.
"""

import os
import select
import socket
import time

import numpy as np

from collector.engine import Meter
from collector.meter import layout as lay
from collector.meter.decode import LINK_ETHERNET
from collector.meter.entry import advance
from collector.meter.ring import walk_block
from collector.sources.packet_socket import BLOCK_BYTES, RETIRE_MS, Mapping
from collector.sources.protocol import (
    REPORT_BYTES,
    Answer,
    Ask,
    Report,
    pull_report,
    push_ask,
)

NAP_MS, LONG_NAP_MS = 10, 40
"""A nap while packets come and when none did for a while: 10 ms of a saturated 10 Gbit/s link are a
fifth of the ring, and 25 naps a second cost nothing."""
ANSWER_S = 10.0
"""The holder answers within a millisecond, and its end is seen at once; this is for a holder that hangs
on a machine that is very busy."""
SETTLED_S = 0.15
"""Time without a block, three times the ring's own time-out, after which nothing is on its way."""
_STATUS_USER = 1
_STATUS_AT = 8
"""Offset of the block's status word (tpacket_hdr_v1.block_status)."""


class CannotCapture(Exception):
    """The interface is missing or may not be opened. The message is one sentence."""

    def __init__(self, message: str, *, absent: bool) -> None:
        super().__init__(message)
        self.absent = absent


class Ring:
    """The mapped ring of one packet socket."""

    def __init__(self, mapping: Mapping, channel: socket.socket) -> None:
        self._channel = channel
        self._blocks = mapping.size // BLOCK_BYTES
        self._memory = mapping.octets()
        self.bytes = np.frombuffer(self._memory, np.uint8)
        self._status = self.bytes.view(np.uint32)[_STATUS_AT // 4 :: BLOCK_BYTES // 4]
        self._next = 0
        self._nap_ms = NAP_MS
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        self.report = Report(Answer.NEWS)
        """What the holder said last."""
        self.told = False
        """The holder said something unasked since it was last asked."""
        self.orphaned = False
        """The holder is gone: nothing can be asked any more."""
        self._gap: tuple[int, int] | None = None

    def take_gap(self) -> tuple[int, int] | None:
        """Return the time in which the interface was away and that was not taken yet.

        Several outages since the last call become one, from the start of the first to the end of the
        last (microseconds since 1970); None if there was none.
        """
        gap, self._gap = self._gap, None
        return gap

    @property
    def offered(self) -> int:
        """Packets that the kernel counted, dropped ones too, as last reported."""
        return self.report.offered

    @property
    def dropped(self) -> int:
        """Packets that the kernel dropped because the ring was full, as last reported."""
        return self.report.dropped

    @property
    def stopping(self) -> bool:
        """Say whether the holder was told to end."""
        return self.report.stopping or self.orphaned

    def open(self, interface: str) -> None:
        """Have packets let in.

        Raises:
            CannotCapture: no such interface, or the kernel refused.
        """
        report = self._ask(Ask.OPEN, interface)
        if report.answer is Answer.ABSENT:
            raise CannotCapture(f"interface `{interface}` does not exist", absent=True)
        if report.answer is not Answer.DONE:
            why = os.strerror(report.errno) if report.errno else "the holder of the socket is gone"
            raise CannotCapture(f"interface `{interface}` cannot be opened: {why}", absent=False)

    def look(self) -> Report:
        """Ask how things are."""
        return self._ask(Ask.LOOK)

    def stop(self) -> Report:
        """Have no more packets let in, so that the counts can close."""
        return self._ask(Ask.STOP)

    def _ask(self, ask: Ask, interface: str = "") -> Report:
        self.told = False
        if not self.orphaned:
            try:
                # `write` and not `send`: this process may not call sendto (cli/seccomp.py)
                os.write(self._channel.fileno(), push_ask(ask, interface))
            except OSError:
                self.orphaned = True
        deadline = time.monotonic() + ANSWER_S
        while not self.orphaned:
            if self._hear(ANSWER_S * 1_000) and self.report.answer is not Answer.NEWS:
                self._keep_gap()
                return self.report
            if time.monotonic() > deadline:
                self.orphaned = True
        return self.report

    def _keep_gap(self) -> None:
        """The holder tells each outage in one answer only, whatever was asked."""
        if self.report.away_from_us:
            since = self._gap[0] if self._gap else self.report.away_from_us
            self._gap = since, self.report.away_to_us

    def _hear(self, patience_ms: float) -> bool:
        """Wait for a report and take it. Returns False when none came."""
        if self.orphaned or not self._poll.poll(patience_ms):
            return False
        try:
            said = os.read(self._channel.fileno(), REPORT_BYTES + 1)
        except OSError:
            said = b""
        report = pull_report(said)
        if report is None:
            self.orphaned = True
            return False
        self.report = report
        return True

    def wait(self) -> None:
        """Sleep a little while, less if the holder has something to say."""
        if self.orphaned:
            return
        if self._hear(self._nap_ms):
            self.told = True
        self._nap_ms = min(2 * self._nap_ms, LONG_NAP_MS)

    def drain(self, meter: Meter) -> int:
        """Meter the blocks that are ready, once around the ring at most. Returns how many."""
        taken = 0
        while taken < self._blocks and self._status[self._next] & _STATUS_USER:
            start = self._next * BLOCK_BYTES
            done = 0
            while True:
                code, done = walk_block(
                    meter.memory, self.bytes, start, BLOCK_BYTES, LINK_ETHERNET, done
                )
                if code in (lay.RUN_END, lay.RUN_BAD):
                    break
                meter.serve(code)
            self._status[self._next] = 0
            self._next = (self._next + 1) % self._blocks
            taken += 1
        if taken:
            self._nap_ms = NAP_MS
        return taken

    def drain_last(self, meter: Meter) -> None:
        """Take what the kernel still passes on: a block retires at the latest after its time-out."""
        if self.orphaned:  # nobody can stop the kernel: what is there now, and no more
            self.drain(meter)
            return
        quiet_since, left = time.monotonic(), 2 * self._blocks  # an interface may be back meanwhile
        while time.monotonic() - quiet_since < SETTLED_S and left > 0:
            if taken := self.drain(meter):
                quiet_since, left = time.monotonic(), left - taken
            time.sleep(RETIRE_MS / 4_000)


class InterfaceCounters:
    """Octets of an interface by its own counters, as differences.

    `side` says where the interface looks: `lan` receives what the school sends, `wan` what it
    gets, `mirror` receives both, so that its counters cannot tell the directions apart.
    """

    def __init__(self, side: str) -> None:
        self._side = side
        self._before = (0, 0, 0)

    def since_last(self, report: Report) -> tuple[int | None, int | None]:
        """Return (up, down) octets since the last call; (None, None) on a mirror port."""
        number, received, sent = self._before
        self._before = report.interface_number, report.received_bytes, report.sent_bytes
        if number != report.interface_number:  # another interface, whose past is not ours
            received, sent = (report.received_bytes, report.sent_bytes) if not number else (0, 0)
        rx = max(0, report.received_bytes - received)
        tx = max(0, report.sent_bytes - sent)
        if self._side == "lan":
            return rx, tx
        if self._side == "wan":
            return tx, rx
        return None, None


def move_clock(meter: Meter, now_us: int) -> None:
    """Tell the meter the time while no packet comes, so that rows and idle flows go out."""
    meter.drive(lambda: int(advance(meter.memory, now_us)))
    meter.flush_rows()
    meter.flush_links()
