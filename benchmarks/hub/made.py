"""A hub with many simulated schools and weeks, each release sealed and pushed as a school does it.

Most pushes go straight into `Holdings.take` (the same checks, no socket); those of the first schools go
through `jauge hub push`'s own code over loopback. Noise has the scale of the standard profile.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.accounts.accounts import Accounts
from api.accounts.file import AccountsFile
from cli.hub_server import accounts_of
from hub.holdings import Holdings
from hub.outbox import Outbox, write_ticket
from hub.sending import Sender
from hub.wire import Wire
from privacy.keys import private_text
from privacy.published import Published
from tests.hub.many_schools import TODAY, MadeSchool, new_hub, take

KINDS = ("lycee", "lycee", "college", "ecole")
"""Half of the schools are of one kind: the largest comparison is the slowest."""
PORT = 18_710


def made_schools(count: int) -> list[MadeSchool]:
    """Return schools of all kinds and sizes; every tenth agreed to be named."""
    return [
        MadeSchool(
            number,
            workstations=120 + 37 * (number % 23),
            kind=KINDS[number % len(KINDS)],
            named=number % 10 == 0,
        )
        for number in range(1, count + 1)
    ]


@dataclass(frozen=True, slots=True)
class Filled:
    """A hub and how it came to be."""

    hub: Holdings
    schools: list[MadeSchool]
    releases: int
    seconds: float


def fill(directory: Path, count: int, weeks: int, over_wire: int) -> Filled:
    """Make the hub; the last schools have pushed nothing yet, they come over the network."""
    schools = made_schools(count)
    hub = new_hub(directory / "hub", schools)
    began = time.perf_counter()
    for number, school in enumerate(schools[over_wire:]):
        take(hub, school, range(weeks))
        if number % 25 == 0:
            print(f"\r{number}/{count} schools", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    done = 2 * weeks * (count - over_wire)
    return Filled(hub, schools, done, time.perf_counter() - began)


def accounts(hub: Holdings) -> Accounts:
    """Return the hub's accounts; the caller closes them."""
    return Accounts(AccountsFile(accounts_of(hub.directory)), time.time)


def token(known: Accounts, uai: str) -> str:
    """Return a token of a school."""
    account = known.named(uai) or known.add(uai, "committee")
    return known.make_token(account, "envois")


def push_over_wire(filled: Filled, count: int, weeks: int, address: str, scratch: Path) -> float:
    """Push the first schools as `jauge hub push` does; returns milliseconds per release."""
    spent, sent = 0.0, 0
    with closing(accounts(filled.hub)) as known:
        tokens = {school.uai: token(known, school.uai) for school in filled.schools[:count]}
    for school in filled.schools[:count]:
        home = scratch / school.uai
        published = Published(school.publish(home / "public", range(weeks)))
        box = Outbox(home / "hub")
        box.key()
        (home / "hub/push.key").write_bytes(private_text(school.push_key))
        ticket = {"name": filled.hub.name, "hub_key": filled.hub.key_text, "uai": school.uai}
        box.keep_ticket(write_ticket(ticket | {"url": address, "token": tokens[school.uai]}))
        with closing(Wire(address, tokens[school.uai])) as wire:
            began = time.perf_counter()
            report = Sender(published, box, wire, today=TODAY).push()
        spent += time.perf_counter() - began
        sent += report.sent
        if report.sent != 2 * weeks or report.refused:
            raise RuntimeError(f"{school.uai}: {report}")
    return 1000 * spent / max(1, sent)


@dataclass(frozen=True, slots=True)
class Serving:
    """A running hub."""

    address: str
    pid: int
    start_s: float
    """From the command to its first word: everything that is held is checked meanwhile."""


@contextmanager
def serving(hub: Holdings, core: int) -> Iterator[Serving]:
    """Run the hub's server alone on one core, on the day after the last made week."""
    run = [
        "taskset", "-c", str(core), sys.executable, "-m", "benchmarks.hub.server",
        str(hub.directory), str(PORT),
    ]  # fmt: skip
    began = time.perf_counter()
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - asked for above
            said = json.loads(process.stdout.readline())
            took = time.perf_counter() - began
            yield Serving(said["address"].rstrip("/"), process.pid, took)
        finally:
            process.terminate()
