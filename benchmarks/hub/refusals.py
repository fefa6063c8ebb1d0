"""A thousand pushes that a hub must refuse, over the network, each with the reason that belongs to it."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from benchmarks.hub.made import Filled, accounts, token
from hub.check import Place, Push
from hub.envelope import digest_of
from hub.holdings import Holdings
from hub.routes import ENVELOPE, read_problem, write_envelope
from hub.wire import Wire
from privacy.sealed import seal
from tests.hub.many_schools import MadeSchool

EACH = 250
AHEAD = 45
"""A week that no made school has pushed: what is refused is refused for its own fault."""
REASONS = {
    "forged": {"forged", "envelope-broken", "altered", "seal-broken", "foreign-seal"},
    "replayed": {"replayed", "period-held", "out-of-chain", "foreign-hub", "misfiled"},
    "truncated": {"truncated"},
    "foreign": {"forged", "foreign-school", "foreign-seal", "foreign-hub"},
}
"""What each kind of fault may be called. No other reason counts as refused."""

Make = Callable[["Bench"], Push]


@dataclass
class Bench:
    """One school whose pushes are spoilt."""

    hub: Holdings
    school: MadeSchool
    other: MadeSchool
    random: random.Random

    @property
    def place(self) -> Place:
        """Where the school's chain stands."""
        return self.hub.place(self.school.uai)

    def good(self) -> Push:
        """Return a push that would be taken."""
        table = self.random.choice(("T1", "T4"))
        return self.school.push(self.hub, self.school.sealed(table, AHEAD), self.place)

    def sent(self) -> tuple[bytes, bytes]:
        """Return (envelope, release) of a push that was taken."""
        held = self.random.choice(self.hub.held(self.school.uai))
        home = self.hub.directory / "schools" / self.school.uai
        envelope = (home / "chain" / f"{held.position:06d}.json").read_bytes()
        return envelope, self.hub.sent(self.school.uai, held.table, held.period)

    def flip(self, data: bytes) -> bytes:
        """Return the octets with one of them altered."""
        place = self.random.randrange(len(data))
        return (
            data[:place] + bytes([data[place] ^ self.random.randrange(1, 256)]) + data[place + 1 :]
        )


def forged(bench: Bench) -> Push:
    """Altered on the way, sealed again by somebody else, or signed by somebody else."""
    push = bench.good()
    way = bench.random.randrange(4)
    if way == 0:
        return Push(push.table, push.period, bench.flip(push.envelope), push.body)
    if way == 1:
        return Push(push.table, push.period, push.envelope, bench.flip(push.body))
    if way == 2:
        return bench.other.push(bench.hub, push.body, bench.place, uai=bench.school.uai)
    return bench.school.push(bench.hub, bench.flip(push.body), bench.place,
                             table=push.table, period=push.period)  # fmt: skip


def replayed(bench: Bench) -> Push:
    """An old place, an old week, another hub's push, or an old envelope at another address."""
    envelope, body = bench.sent()
    way = bench.random.randrange(4)
    if way == 0:  # the school signs an old release again, in the next place
        return bench.school.push(bench.hub, body, bench.place)
    if way == 1:  # an old place, a new release
        push = bench.good()
        return bench.school.push(bench.hub, push.body, Place(0, "0" * 64))
    if way == 2:  # what was signed for another hub
        return bench.school.push("f" * 16, bench.good().body, bench.place)
    push = bench.good()
    return Push(push.table, push.period, envelope, body)


def truncated(bench: Bench) -> Push:
    """Cut at any octet."""
    push = bench.good()
    return Push(
        push.table, push.period, push.envelope, push.body[: bench.random.randrange(len(push.body))]
    )


def foreign(bench: Bench) -> Push:
    """Another school's release, or push, or a release sealed by a key of nobody's."""
    way = bench.random.randrange(4)
    body = bench.other.sealed("T1", AHEAD)
    if way == 0:
        return bench.school.push(bench.hub, body, bench.place)
    if way == 1:
        return bench.other.push(bench.hub, body, bench.hub.place(bench.other.uai))
    if way == 2:
        return bench.school.push(bench.hub, bench.good().body, bench.place, uai=bench.other.uai)
    stranger = MadeSchool(900_000 + bench.random.randrange(1000))
    return bench.school.push(
        bench.hub, seal(bench.school.release("T4", AHEAD), stranger.seal_key), bench.place
    )


MAKERS: dict[str, Make] = {
    "forged": forged, "replayed": replayed, "truncated": truncated, "foreign": foreign,
}  # fmt: skip


@dataclass
class Tally:
    """What came of one kind of fault."""

    refused: int = 0
    asked: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def digests(hub: Holdings, uais: Iterator[str]) -> dict[str, tuple[int, str, str]]:
    """Return what stands of some schools: place, last envelope, and all releases together."""
    found = {}
    for uai in uais:
        place = hub.place(uai)
        home = hub.directory / "schools" / uai
        files = sorted(path for path in home.rglob("*") if path.is_file())
        whole = digest_of(b"".join(digest_of(path.read_bytes()).encode() for path in files))
        found[uai] = (place.position, place.previous, whole)
    return found


def refuse(filled: Filled, address: str) -> tuple[dict[str, Tally], bool]:
    """Push everything that must be refused; returns the tallies, and whether the disk stayed as it was."""
    draw = random.Random(20261128)  # noqa: S311 - which fault, not a secret
    schools = filled.schools[10:60]
    hub = Holdings(filled.hub.directory)
    with closing(accounts(hub)) as known:
        tokens = {school.uai: token(known, school.uai) for school in schools}
    before = digests(hub, iter(tokens))
    tallies = {name: Tally() for name in MAKERS}
    for number in range(EACH * len(MAKERS)):
        name = list(MAKERS)[number % len(MAKERS)]
        school, other = draw.sample(schools, 2)
        push = MAKERS[name](Bench(hub, school, other, draw))
        with closing(Wire(address, tokens[school.uai])) as wire:
            status, body = wire.ask(
                "PUT", f"/api/v1/hub/releases/{push.table}/{push.period}", push.body,
                {ENVELOPE: write_envelope(push.envelope)},
            )  # fmt: skip
        reason, sentence = read_problem(body)
        tally = tallies[name]
        tally.asked += 1
        tally.reasons[reason or str(status)] += 1
        tally.refused += status == 422 and reason in REASONS[name] and bool(sentence)
    return tallies, digests(Holdings(hub.directory), iter(tokens)) == before
