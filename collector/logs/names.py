"""Who asked for what, until when: the join of logs and flows. Pure and bounded.

The key is that of the meter (DESIGN section 5): the machine that asked, and the address that answered.
Flows are told late (an export minutes after they began), so each key remembers its last few answers
and a flow gets the one that was in force when it began.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from collector.logs.lines import Address, Request
from collector.meter.layout import DNS_MAX_TTL_S, DNS_MIN_TTL_S
from collector.reduced import Reduced

KEYS_MAX = 65_536
"""Pairs of machine and address, as many as the meter's; the one that was named longest ago gives way."""
ANSWERS_MAX = 4
"""Answers of one pair: a shared address that hides several sites of one machine."""
CLIENTS_MAX, VISITS_MAX = 4_096, 64
"""Machines and requests of each that are remembered for logs without a server's address."""
UNTOLD_TTL_S = 600
"""dnsmasq's log has no TTL: ten minutes, because most are shorter and a wrong name is worse than none."""
EARLY_MS = 5_000
"""How far a flow may begin before its line: lines are read once a second, exporters' clocks are whole
seconds."""
_WEB_PORTS = (80, 443)


@dataclass(frozen=True, slots=True)
class _Answer:
    since_ms: int
    until_ms: int
    reduced: Reduced


class Names:
    """The bounded table of answers.

    Args:
        proxies: addresses from which declared proxies talk to servers.
    """

    def __init__(self, proxies: Iterable[Address] = ()) -> None:
        self._proxies = tuple(proxies)
        self._answers: OrderedDict[tuple[Address, Address], deque[_Answer]] = OrderedDict()
        self._visits: OrderedDict[Address, deque[_Answer]] = OrderedDict()
        self.named = 0
        self.ambiguous = 0
        """Flows that two sites could explain; they stay unnamed."""

    def __len__(self) -> int:
        return len(self._answers)

    def answer(
        self, client: Address, server: Address, reduced: Reduced, *, at_ms: int, ttl_s: int
    ) -> None:
        """Remember that a machine was told an address."""
        ttl_s = min(max(ttl_s, DNS_MIN_TTL_S), DNS_MAX_TTL_S)
        self._remember(client, server, _Answer(at_ms, at_ms + ttl_s * 1_000, reduced))

    def request(self, request: Request, reduced: Reduced) -> None:
        """Remember what a proxy served.

        With the server's address: flows of the client to it (an intercepting proxy), and those of a
        declared proxy itself. Without: the client's visit.
        """
        found = _Answer(request.start_ms, request.end_ms + EARLY_MS, reduced)
        if request.peer is None:
            visits = self._visits.pop(request.client, None) or deque(maxlen=VISITS_MAX)
            visits.append(found)
            self._visits[request.client] = visits
            if len(self._visits) > CLIENTS_MAX:
                self._visits.popitem(last=False)
            return
        for client in (request.client, *self._proxies):
            self._remember(client, request.peer, found)

    def _remember(self, client: Address, server: Address, found: _Answer) -> None:
        answers = self._answers.pop((client, server), None) or deque(maxlen=ANSWERS_MAX)
        if (
            answers
            and answers[-1].reduced == found.reduced
            and found.since_ms <= answers[-1].until_ms
        ):
            last = answers.pop()
            found = _Answer(
                min(last.since_ms, found.since_ms),
                max(last.until_ms, found.until_ms),
                found.reduced,
            )
        answers.append(found)
        self._answers[client, server] = answers
        if len(self._answers) > KEYS_MAX:
            self._answers.popitem(last=False)

    def __call__(
        self, version: int, client: int, server: int, port: int, first_ms: int, last_ms: int
    ) -> Reduced | None:
        """Return what a flow's site was, or None."""
        answers = self._answers.get(((version, client), (version, server)))
        if answers:
            for found in reversed(answers):
                if found.since_ms - EARLY_MS <= first_ms <= found.until_ms:
                    self.named += 1
                    return found.reduced
        if port in _WEB_PORTS:
            return self._only_visit((version, client), first_ms, last_ms)
        return None

    def _only_visit(self, client: Address, first_ms: int, last_ms: int) -> Reduced | None:
        """Return the one site that a machine visited while a web flow lasted.

        A filter's log has every web request of its clients but not the server's address: when all
        requests around the flow are of one site, the flow is; else nobody knows.
        """
        sites = {
            visit.reduced
            for visit in self._visits.get(client, ())
            if visit.since_ms <= last_ms + EARLY_MS and visit.until_ms >= first_ms
        }
        if len(sites) == 1:
            self.named += 1
            return sites.pop()
        self.ambiguous += len(sites) > 1
        return None
