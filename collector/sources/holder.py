"""The process that holds the packet socket. It never looks at a packet.

It answers three questions of the parser (protocol.py), follows the interface through its life
(attendance.py), and passes on a signal that ends the capture. It has no capability left, and the
mapping of the ring is not in its memory. It must stay light: the standard library only.
"""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import MutableMapping

from collector.kernel_clock import wall_us
from collector.sources.attendance import Attendance
from collector.sources.packet_socket import PacketSocket
from collector.sources.protocol import (
    ASK_BYTES,
    Answer,
    Ask,
    Report,
    pull_ask,
    push_report,
)
from collector.sources.rtnetlink import Watch

LOOK_MS = 1_000
"""The interface is looked at that often even when netlink says nothing, and the kernel's 32-bit
counts are taken, long before they could wrap while the parser sleeps."""


class Holder:
    """One socket, one parser, until the parser ends."""

    def __init__(
        self, packets: PacketSocket, watch: Watch, channel: socket.socket, parser: int
    ) -> None:
        """Take what is open already.

        Args:
            packets: the socket, not bound.
            watch: what tells of interfaces.
            channel: SOCK_SEQPACKET to the parser.
            parser: its process id, our child.
        """
        self._packets, self._watch, self._channel, self._parser = packets, watch, channel, parser
        self._attendance: Attendance | None = None
        self._closed = False
        self._stopping = False
        self._news_unread = False

    def prepare(self) -> None:
        """Open what is needed before the filter of system calls is on."""
        self._channel.setblocking(False)  # noqa: FBT003 - the socket module's own
        self._signals, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, self._note_signal)
        self._notify = _Notify(os.environ)

    def _note_signal(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            self._stopping = True

    def run(self) -> int:
        """Serve until the parser has ended; returns its exit code, less than 0 for a signal's number."""
        poll = select.poll()
        for descriptor in (self._channel.fileno(), self._watch.fileno(), self._signals):
            poll.register(descriptor, select.POLLIN)
        passed_on = False
        while True:
            ready = dict(poll.poll(LOOK_MS))
            events = ready.pop(self._channel.fileno(), 0)
            if events and not self._serve(hung_up=not events & select.POLLIN):
                poll.unregister(self._channel.fileno())
            if self._signals in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._signals, 64)
            ended, status = os.waitpid(self._parser, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            if self._watch.fileno() in ready or not (ready or events):
                self._look_and_tell()
            if self._stopping and not passed_on:
                passed_on = True
                self._notify.say("STOPPING=1")
                self._tell(self._report(Answer.NEWS))

    def leave(self) -> None:
        """Hang up: the parser ends when it asks."""
        self._channel.close()

    def wait(self) -> int:
        """Wait until the parser has ended; returns what `run` does."""
        return os.waitstatus_to_exitcode(os.waitpid(self._parser, 0)[1])

    def _serve(self, *, hung_up: bool) -> bool:
        """Answer one question. Returns False when the parser no longer asks, or asks nonsense."""
        if hung_up:
            return False
        try:
            asked = pull_ask(os.read(self._channel.fileno(), ASK_BYTES + 1))
        except BlockingIOError:
            return True
        except OSError:
            return False
        if asked is None:
            self._channel.shutdown(socket.SHUT_RDWR)
            return False
        self._news_unread = False
        self._tell(self._answer(*asked))
        self._notify.alive()
        if self._attendance is not None:
            self._attendance.told(_now_us())
        return True

    def _answer(self, ask: Ask, interface: str) -> Report:
        if ask is Ask.OPEN:
            return self._open(interface)
        if ask is Ask.STOP and not self._closed:
            self._packets.accept(0)
            self._closed = True
        self._look()
        return self._report(Answer.DONE)

    def _open(self, interface: str) -> Report:
        if self._attendance is None:
            if self._watch.find(name=interface) is None:
                return Report(Answer.ABSENT, stopping=self._stopping)
            self._attendance = Attendance(interface)
        try:
            self._look()
        except OSError as error:
            return Report(Answer.FAILED, errno=error.errno or 0, stopping=self._stopping)
        self._notify.say("READY=1")
        return self._report(Answer.DONE)

    def _look_and_tell(self) -> None:
        """Follow the interface; tell the parser when it went or came."""
        if self._attendance is None:
            return
        outages, away = self._attendance.outages, self._attendance.away
        with contextlib.suppress(OSError):  # it went again between the question and the binding
            self._look()
        if (self._attendance.outages, self._attendance.away) == (outages, away):
            return
        if not self._news_unread:  # one word is enough: the parser will ask, and hear all of it
            self._news_unread = True
            self._tell(self._report(Answer.NEWS))

    def _look(self) -> None:
        """Ask the kernel about the interface and bind to it when it is another one."""
        attendance = self._attendance
        if attendance is None:
            return
        self._watch.clear()
        by_name = self._watch.find(name=attendance.name)
        by_number = self._watch.find(number=attendance.number) if attendance.number else None
        number = attendance.see(by_name, by_number, _now_us())
        self._packets.read_statistics()
        if number is not None and not self._closed:
            try:
                self._packets.bind(number)
            except OSError:
                attendance.lose(_now_us())
                raise

    def _report(self, answer: Answer) -> Report:
        attendance = self._attendance
        if attendance is None:
            return Report(answer, stopping=self._stopping)
        link = attendance.link
        return Report(
            answer=answer,
            away=attendance.away,
            stopping=self._stopping,
            interface_number=attendance.number,
            mtu=link.mtu if link else 0,
            offered=self._packets.offered,
            dropped=self._packets.dropped,
            received_bytes=link.received_bytes if link else 0,
            sent_bytes=link.sent_bytes if link else 0,
            outages=attendance.outages,
            renames=attendance.renames,
            away_from_us=attendance.from_us,
            away_to_us=attendance.to_us,
        )

    def _tell(self, report: Report) -> None:
        """Write a report; a parser that does not read loses it and may ask again."""
        with contextlib.suppress(OSError):
            os.write(self._channel.fileno(), push_report(report))


class _Notify:
    """systemd's readiness protocol, sd_notify(3): nothing unless the service manager asked for it."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        self._socket: socket.socket | None = None
        address = environment.get("NOTIFY_SOCKET", "")
        wanted = environment.get("WATCHDOG_USEC", "")
        self._every_s = int(wanted) / 2_000_000 if wanted.isdigit() else 0.0
        self._said = 0.0
        if address[:1] in ("/", "@"):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.connect("\0" + address[1:] if address[0] == "@" else address)
            self._socket.setblocking(False)  # noqa: FBT003 - the socket module's own

    def say(self, state: str) -> None:
        """Say READY=1 and the like."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                os.write(self._socket.fileno(), state.encode())

    def alive(self) -> None:
        """Feed the watchdog: the parser has just asked, so it is not stuck."""
        now = time.monotonic()
        if self._every_s and now - self._said >= self._every_s:
            self._said = now
            self.say("WATCHDOG=1")


def _now_us() -> int:
    return wall_us()
