"""The logs of one run: each line is read, counted, reduced, and forgotten."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Any

from collector.logs import dnsmasq, e2guardian, squid, unbound
from collector.logs.follow import Follower
from collector.logs.lines import (
    Address,
    Answer,
    Line,
    Passed,
    Question,
    Record,
    Rejected,
    Request,
    Unread,
)
from collector.logs.names import UNTOLD_TTL_S, Names
from collector.logs.unbound_join import UnboundJoin
from collector.reduced import Reduced, Reducer

PENDING_MAX = 4_096
"""Questions of dnsmasq that wait for their answer: milliseconds of a busy school are dozens."""


def pull_dns_line(line: bytes) -> Line:
    """Read a line of dnsmasq, of unbound, or of unbound's cache."""
    if dnsmasq.is_dnsmasq(line):
        return dnsmasq.pull_dnsmasq(line)
    if unbound.is_unbound(line):
        return unbound.pull_unbound(line)
    if unbound.is_cache(line):
        return unbound.pull_cache(line)
    return Rejected(Unread.FORMAT)


def pull_proxy_line(line: bytes, timezone: tzinfo) -> Line:
    """Read a line of squid or of e2guardian."""
    if squid.is_squid(line):
        return squid.pull_squid(line)
    if e2guardian.is_e2guardian(line):
        return e2guardian.pull_e2guardian(line, timezone)
    return Rejected(Unread.FORMAT)


class Log:
    """One followed file and the counts of its lines."""

    def __init__(self, kind: str, path: Path, pull: Callable[[bytes], Line]) -> None:
        self.kind = kind
        self.follower = Follower(path)
        self.pull = pull
        self.pending: OrderedDict[int, tuple[Address, Reduced]] = OrderedDict()
        self.lines = self.used = self.passed = 0
        self.rejected: Counter[Unread] = Counter()

    def report(self) -> dict[str, Any]:
        """Return counts and reasons; the file has no name here."""
        rejected = self.rejected + self.follower.unread
        return {
            "log": self.kind,
            "lines": self.lines + sum(self.follower.unread.values()),
            "used": self.used,
            "passed": self.passed,
            "rejected": {reason.value: n for reason, n in sorted(rejected.items())},
            "rotations": self.follower.rotations,
        }


class LogReader:
    """All logs of one run. Constructing opens nothing.

    Args:
        reduce: full name → what may be kept of it.
        key: random octets that hide names from each other (unbound).
        timezone: of e2guardian's times.
        proxies: addresses from which declared proxies talk to servers.
    """

    def __init__(
        self, reduce: Reducer, *, key: bytes, timezone: tzinfo, proxies: tuple[Address, ...] = ()
    ) -> None:
        self._reduce = reduce
        self._timezone = timezone
        self.names = Names(proxies)
        self.logs: list[Log] = []
        self._unbound = UnboundJoin(self.names, reduce, key)

    def follow_dns(self, path: Path) -> None:
        """Follow a name server's log."""
        self.logs.append(Log("dns", path, pull_dns_line))

    def follow_proxy(self, path: Path) -> None:
        """Follow a proxy's log."""
        self.logs.append(Log("proxy", path, lambda line: pull_proxy_line(line, self._timezone)))

    def open(self) -> None:
        """Begin at the end of each file.

        Raises:
            CannotFollow: one is no file, or may not be read.
        """
        for log in self.logs:
            log.follower.open()

    def poll(self, now: float) -> None:
        """Read what came since the last look."""
        for log in self.logs:
            for line in log.follower.lines():
                self.take(log, line, int(now * 1_000))

    def take(self, log: Log, line: bytes, now_ms: int) -> None:
        """Read one line."""
        log.lines += 1
        said = log.pull(line)
        if isinstance(said, Passed):
            log.passed += 1
            return
        if not isinstance(said, Rejected):
            said = self._use(log, said, now_ms) or said
        if isinstance(said, Rejected):
            log.rejected[said.reason] += 1
        else:
            log.used += 1

    def _use(self, log: Log, said: Line, now_ms: int) -> Rejected | None:
        if isinstance(said, Question) and said.serial:
            log.pending[said.serial] = (said.client, self._reduce(said.name))
            while len(log.pending) > PENDING_MAX:
                log.pending.popitem(last=False)
        elif isinstance(said, Question):
            self._unbound.ask(said, now_ms)
        elif isinstance(said, Answer):
            return self._answer(log, said, now_ms)
        elif isinstance(said, Record):
            self._unbound.hold(said, now_ms)
        elif isinstance(said, Request):
            self.names.request(said, self._reduce(said.name))
        return None

    def _answer(self, log: Log, said: Answer, now_ms: int) -> Rejected | None:
        asked = log.pending.get(said.serial)
        if asked is None or asked[0] != said.client:
            return Rejected(Unread.NO_QUESTION)
        self.names.answer(said.client, said.address, asked[1], at_ms=now_ms, ttl_s=UNTOLD_TTL_S)
        return None

    def report(self) -> dict[str, Any]:
        """Return counts and reasons, never a value of a line."""
        return {
            "files": [log.report() for log in self.logs],
            "flows_named": self.names.named,
            "flows_ambiguous": self.names.ambiguous,
        }

    def notes(self) -> list[str]:
        """Say what an admin should change."""
        notes = []
        if any(log.rejected[Unread.NO_SERIAL] for log in self.logs):
            notes.append(
                "dnsmasq's log does not say whose answers these are: write `log-queries=extra` in "
                "its configuration"
            )
        if self._unbound.asked and not len(self.names):
            notes.append(
                "unbound's log holds no addresses: append the output of `unbound-control "
                "dump_cache` to a file each minute and give it as a second --dns-log"
            )
        return notes
