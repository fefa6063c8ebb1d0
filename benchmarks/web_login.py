"""10,000 wrong logins from 1 and from 500 addresses, 200 at once, with a valid user in parallel.

`python -m benchmarks.web_login`: the real server on one core; the attackers come from 127.0.0.0/8. The
valid user logs in and out again and again: from a browser that has logged in before, while the
attack is on his own account; and from a new browser, while the attack is on other names.
Bars: p95 of the valid user 1 s; memory + 64 MiB.
"""

import argparse
import asyncio
import itertools
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.web.service import CLIENT_CORE, PASSWORD, Served, percentile, served
from tests.pages.published_school import publish

VALID = {True: "valide", False: "nouveau"}
"""Whether the attack is on the valid user's own account → his name."""
AT_ONCE = 200
ATTACKERS_NICE = 10
"""They stand for other machines: the one core of the clients is the valid user's first."""
BAR_S, BAR_MIB = 1.0, 64.0
_COOKIE = re.compile(r"(?i)set-cookie: (jauge_form=[^;]+)")
_TOKEN = re.compile(r'name="form" value="([0-9a-f]+)"')


def make_user(service: Served) -> None:
    """Give the valid user an account with a password."""
    from api.accounts.accounts import Accounts
    from api.accounts.file import AccountsFile
    from api.accounts.passwords import make_hash

    book = Accounts(AccountsFile(service.accounts), time.time)
    for name in VALID.values():
        book.add(name, "committee", make_hash(PASSWORD))
    book.close()


class Visitor:
    """A reader without a browser: one request for each connection, cookies by hand."""

    def __init__(self, service: Served, address: str, cookies: str = "") -> None:
        self._where = service.address.removeprefix("http://").split(":")
        self._address, self._cookies, self._token, self.answer = address, cookies, "", ""

    async def _ask(self, method: str, body: str = "") -> str:
        host, port = self._where
        reader, writer = await asyncio.open_connection(
            host, int(port), local_addr=(self._address, 0)
        )
        try:
            writer.write(
                f"{method} /connexion HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/html\r\n"
                f"Cookie: {self._cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
            )
            return (await reader.read()).decode()
        finally:
            writer.close()

    async def log_in(self, name: str, password: str) -> int:
        """Load the form once, post it; returns the status code, 0 when the connection broke."""
        try:
            if not self._token:
                page = await self._ask("GET")
                self._token = _TOKEN.search(page).group(1)  # type: ignore[union-attr]
                self._cookies += "; " + _COOKIE.search(page).group(1)  # type: ignore[union-attr]
            fields = {"form": self._token, "name": name, "password": password}
            self.answer = await self._ask("POST", urlencode(fields))
            return int(self.answer[9:12])
        except (OSError, ValueError, AttributeError):
            return 0


async def attack(service: Served, *, addresses: int, tries: int, name: str | None) -> Counter[int]:
    """Send wrong logins, on one name or on many; returns the status codes."""
    left = iter(range(tries))
    codes: Counter[int] = Counter()
    places = itertools.cycle(f"127.1.{n // 250}.{n % 250 + 1}" for n in range(addresses))

    async def one() -> None:
        visitors = [Visitor(service, next(places)) for _ in range(max(1, addresses // AT_ONCE))]
        for each in left:
            visitor = visitors[each % len(visitors)]
            codes[await visitor.log_in(name or f"nom{each}", "wrong-password-1234")] += 1

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return codes


def attack_apart(service: Served, addresses: int, tries: int, name: str | None) -> Counter[int]:
    """As `attack`, in a process of its own that leaves the valid user's its turn on the core."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.nice(ATTACKERS_NICE)
    return asyncio.run(attack(service, addresses=addresses, tries=tries, name=name))


def scene(service: Served, *, addresses: int, tries: int, own: bool) -> dict[str, object]:
    """Run one attack beside one valid user."""
    device = ""
    if own:  # the browser is known: it logs in once before
        visitor = Visitor(service, "127.9.9.9")
        asyncio.run(visitor.log_in(VALID[own], PASSWORD))
        device = re.search(r"jauge_device=[^;]+", visitor.answer).group(0)  # type: ignore[union-attr]
    before, cpu = service.resident_mib(), service.cpu_s()
    most = before
    began = time.perf_counter()
    taken: list[float] = []
    codes: Counter[int] = Counter()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        arguments = (service, addresses, tries, VALID[own] if own else None)
        attacking = pool.apply_async(attack_apart, arguments)
        while not attacking.ready():
            taken.append(asyncio.run(until_inside(service, VALID[own], device, codes)))
            most = max(most, service.resident_mib())
            time.sleep(0.25)
        answers = attacking.get()
    return {
        "addresses": addresses,
        "attack": "on his account" if own else "on other names",
        "browser": "known" if own else "new",
        "answers": dict(answers),
        "seconds": round(time.perf_counter() - began, 1),
        "valid_user": dict(codes),
        "p50_s": round(percentile(taken, 0.5), 3),
        "p95_s": round(percentile(taken, 0.95), 3),
        "longest_s": round(max(taken), 3),
        "server_cpu_s": round(service.cpu_s() - cpu, 1),
        "more_mib": round(most - before, 1),
    }


async def until_inside(service: Served, name: str, device: str, codes: Counter[int]) -> float:
    """Log in, waiting as long as one is told to; returns the seconds until inside."""
    visitor = Visitor(service, "127.9.9.9", device)
    began = time.perf_counter()
    while True:
        code = await visitor.log_in(name, PASSWORD)
        codes[code] += 1
        if code == 303:
            return time.perf_counter() - began
        told = re.search(r"(?i)retry-after: (\d+)", visitor.answer)
        await asyncio.sleep(int(told.group(1)) if told else 1)


def measure(scratch: Path, tries: int) -> list[dict[str, object]]:
    """Run the four scenes, each on a server that has not seen the one before."""
    public = publish(scratch / "public")
    found = []
    for number, (own, addresses) in enumerate(itertools.product((True, False), (1, 500))):
        with served(public, 18720 + number) as service:
            if not number:
                make_user(service)
            found.append(scene(service, addresses=addresses, tries=tries, own=own))
            print(found[-1], flush=True)
    return found


def main() -> int:
    """Measure, print, and say whether the bars are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=10_000, help="wrong logins of each scene")
    tries = parser.parse_args().tries
    os.sched_setaffinity(0, {CLIENT_CORE})
    with tempfile.TemporaryDirectory() as scratch:
        found = measure(Path(scratch), tries)
    missed = 0
    for each in found:
        missed += each["p95_s"] > BAR_S or each["more_mib"] > BAR_MIB  # type: ignore[operator]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
