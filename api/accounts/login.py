"""Logging in: throttled before anything costs, the same answer and time for an account that is not there.

Argon2 takes 19 MiB and some tens of milliseconds: on two cores it is a lever for whoever wants to
stop the service. Two hashes run at once, at most (`MOST_AT_ONCE`: 38 MiB): one for browsers that
are known, one for all others; whoever would wait behind more than `MOST_WAITING` is told to come
back. Addresses that have failed share a slow bucket; newcomers a quick one, which they cannot hurry.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from api.accounts import passwords
from api.accounts.accounts import Account, Accounts, NotPossible
from api.accounts.throttle import Bucket, Newcomers, Throttle

MOST_AT_ONCE: Final = 2
MOST_WAITING: Final = 8
"""Behind one hash of some 40 ms, the last waits a third of a second."""
BUSY_S: Final = 2.0
T = TypeVar("T")
NOBODY: Final = "unknown"
"""Role under which tries for no account are counted."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The password was right: what the browser gets."""

    account: Account
    session: str
    device: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """Name or password wrong: never said which."""


@dataclass(frozen=True, slots=True)
class Paused:
    """Not judged; come back."""

    seconds: float


class _Busy(Exception):
    pass


class _Lane:
    """One hash at a time, few waiting."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING:
            raise _Busy
        self._waiting += 1
        try:
            async with self._lock:
                yield
        finally:
            self._waiting -= 1


class Login:
    """The one place where passwords are judged and set."""

    def __init__(self, accounts: Accounts, monotonic: Callable[[], float]) -> None:
        self.accounts, self._clock = accounts, monotonic
        self._throttle = Throttle(secrets.token_bytes(32))
        self._new = Newcomers(secrets.token_bytes(32), Bucket(per_s=10, burst=20))
        self._failed = Bucket(per_s=2, burst=4)
        self._known, self._others = _Lane(), _Lane()
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="argon2")

    async def enter(
        self, name: str, password: str, *, device: str, address: str
    ) -> Entered | Wrong | Paused:
        """Judge a name and a password.

        Args:
            name: as typed; kept nowhere.
            password: as typed.
            device: the browser's device cookie, or nothing.
            address: the reader's; becomes a MAC in memory and is kept nowhere.
        """
        account = self.accounts.named(name)
        known = self.accounts.knows_device(device, account)
        now = self._clock()
        role = account.role if account else NOBODY
        if known:
            keys = [self._throttle.key("device", device)]
        else:
            place = self._throttle.key("address", address)
            keys = [self._throttle.key("account", name.strip().casefold()), place]
        wait = self._may_try(keys, now, known=known, address=address)
        if wait > 0:
            self.accounts.event(role, "login_paused")
            return Paused(wait)
        try:
            async with (self._known if known else self._others).turn():
                right = await self._judge(account, password)
        except _Busy:
            for key in keys:
                self._throttle.give_back(key, now)
            self.accounts.event(role, "login_paused")
            return Paused(BUSY_S)
        if not right or account is None:
            self.accounts.event(role, "login_failed")
            return Wrong()
        self._throttle.forget(keys[-1])  # the browser's or the address's; the account's own stays
        if not known:
            self._throttle.give_back(keys[0], now)
        return self.open(account, "login")

    def _may_try(self, keys: list[bytes], now: float, *, known: bool, address: str) -> float:
        """Count a try; or return the seconds to wait."""
        failed = self._throttle.tries(keys[-1], now) > 0
        wait = self._throttle.take(keys, now)
        if wait > 0 or known:
            return wait
        if failed:
            wait = 0.0 if self._failed.take(now) else BUSY_S
        else:
            wait = self._new.take(address, now)
        for key in keys if wait > 0 else ():
            self._throttle.give_back(key, now)
        return wait

    async def _judge(self, account: Account | None, password: str) -> bool:
        stored = account.password if account else None
        return await self._run(passwords.is_right, stored, password)

    async def _run(self, work: Callable[..., T], *values: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *values)

    def open(self, account: Account, event: str) -> Entered:
        """Open a session for somebody who proved who he is; a new one each time."""
        self.accounts.event(account.role, event)
        return Entered(
            account, self.accounts.open_session(account), self.accounts.device_cookie(account)
        )

    async def confirm(self, account: Account, password: str) -> bool | Paused:
        """Judge the password of somebody who is logged in, before something that matters."""
        key, now = self._throttle.key("confirm", str(account.id)), self._clock()
        wait = self._throttle.take([key], now)
        if wait > 0:
            return Paused(wait)
        try:
            async with self._known.turn():
                right = await self._judge(account, password)
        except _Busy:
            self._throttle.give_back(key, now)
            return Paused(BUSY_S)
        if right:
            self._throttle.forget(key)
        return right

    async def set_password(self, account: Account, password: str) -> None:
        """Give an account a password.

        Raises:
            NotPossible: it is too weak; the word says why.
        """
        await self.accept(password, account.name)
        self.accounts.set_password(account, await self._hash(password))

    async def accept(self, password: str, name: str) -> None:
        """Refuse a weak password.

        Raises:
            NotPossible: the word says why.
        """
        weak = passwords.weakness(password, (name,))
        if weak:
            raise NotPossible(weak)

    async def add(self, name: str, role: str, password: str) -> Account:
        """Make an account with a password.

        Raises:
            NotPossible: the name or the password cannot be.
        """
        await self.accept(password, name)
        return self.accounts.add(name, role, await self._hash(password))

    async def _hash(self, password: str) -> str:
        try:
            async with self._known.turn():
                return await self._run(passwords.make_hash, password)
        except _Busy as error:
            raise NotPossible("busy") from error

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.accounts.close()
