"""Accounts, sessions, tokens and one-time codes over the file. Does I/O through it; time from a clock.

Every method is quick: nothing here stretches a password (`api.accounts.login` does).
"""

import hmac
import re
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from api.access import ROLES
from api.accounts import secret
from api.accounts.file import AccountsFile
from api.accounts.journal import Journal

IDLE_S: Final = 30 * 60
"""A session ends after half an hour without a request (ASVS 5.0 7.3.1)."""
ABSOLUTE_S: Final = 12 * 3600
"""A session ends after a working day, whatever happens (7.3.2)."""
SEEN_EVERY_S: Final = 60
"""How precisely the last request is kept."""
MOST_SESSIONS: Final = 10
"""Of one account; the oldest gives way."""
MOST_TOKENS: Final = 20
SETUP_S, INVITATION_S, LINK_S = 24 * 3600, 7 * 86_400, 15 * 60
TOKEN_DAYS, MOST_TOKEN_DAYS = 90, 365
DEVICE_S: Final = 180 * 86_400
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
LABEL: Final = re.compile(r"[\w .’'-]{1,40}")


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account."""

    id: int
    name: str
    role: str
    password: str | None
    made: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a session or a token."""

    account: int
    name: str
    role: str
    key: bytes
    """Digest of the session id or of the token."""
    opened: int


class NotPossible(Exception):
    """What was asked cannot be; carries a word of `account.error.*`."""


class Accounts:
    """What the door, the pages and the command do with accounts."""

    def __init__(self, file: AccountsFile, clock: Callable[[], float]) -> None:
        self._file, self._clock = file, clock
        self._device_key = file.device_key()
        self.journal = Journal(file, clock)

    def _now(self) -> int:
        return int(self._clock())

    # Accounts

    def everybody(self) -> list[Account]:
        """Return every account, by name."""
        rows = self._file.rows("SELECT id, name, role, password, made FROM accounts ORDER BY name")
        return [Account(*row) for row in rows]  # type: ignore[arg-type]

    def named(self, name: str) -> Account | None:
        """Return one account."""
        wanted = name.strip().casefold()
        return next((each for each in self.everybody() if each.name == wanted), None)

    def by_id(self, account: int) -> Account | None:
        """Return one account."""
        return next((each for each in self.everybody() if each.id == account), None)

    def check_name(self, name: str) -> str:
        """Return a new account's name as it is stored.

        Raises:
            NotPossible: the name is taken or not a name.
        """
        wanted = name.strip().casefold()
        if not NAME.fullmatch(wanted):
            raise NotPossible("name")
        if self.named(wanted) is not None:
            raise NotPossible("taken")
        return wanted

    def add(self, name: str, role: str, password_hash: str | None = None) -> Account:
        """Make an account.

        Raises:
            NotPossible: the name is taken or not a name, or no such role.
        """
        wanted = self.check_name(name)
        if role not in ROLES:
            raise NotPossible("role")
        try:
            with self._file.change() as connection:
                connection.execute(
                    "INSERT INTO accounts (name, role, password, made) VALUES (?, ?, ?, ?)",
                    (wanted, role, password_hash, self._now()),
                )
        except sqlite3.IntegrityError as error:
            raise NotPossible("taken") from error
        self.event(role, "account_added")
        made = self.named(wanted)
        assert made is not None  # noqa: S101 - inserted three lines above
        return made

    def remove(self, account: Account) -> None:
        """Remove an account, its sessions, tokens and codes.

        Raises:
            NotPossible: it is the last administrator.
        """
        others = [
            each for each in self.everybody() if each.role == "admin" and each.id != account.id
        ]
        if account.role == "admin" and not others:
            raise NotPossible("last_admin")
        with self._file.change() as connection:
            connection.execute("DELETE FROM accounts WHERE id = ?", (account.id,))
        self.event(account.role, "account_removed")

    def set_password(self, account: Account, password_hash: str | None) -> None:
        """Replace the password; every session and code of the account ends, tokens stay."""
        with self._file.change() as connection:
            connection.execute(
                "UPDATE accounts SET password = ? WHERE id = ?", (password_hash, account.id)
            )
            connection.execute("DELETE FROM sessions WHERE account = ?", (account.id,))
            connection.execute("DELETE FROM codes WHERE account = ?", (account.id,))
        self.event(account.role, "password_changed" if password_hash else "account_reset")

    # Sessions

    def open_session(self, account: Account) -> str:
        """Return the new cookie of a session."""
        cookie, now = secret.opaque(), self._now()
        with self._file.change() as connection:
            connection.execute(
                "DELETE FROM sessions WHERE seen <= ? OR opened <= ?",
                (now - IDLE_S, now - ABSOLUTE_S),
            )
            connection.execute(
                "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE account = ?"
                " ORDER BY opened DESC LIMIT -1 OFFSET ?)",
                (account.id, MOST_SESSIONS - 1),
            )
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?)",
                (secret.digest(cookie), account.id, now, now),
            )
        return cookie

    def of_session(self, cookie: str) -> Holder | None:
        """Return who holds a session that has not ended, and note that it was seen."""
        key, now = secret.digest(cookie), self._now()
        rows: list[Any] = self._file.rows(
            "SELECT account, name, role, opened, seen FROM sessions JOIN accounts ON account = id"
            " WHERE hash = ? AND seen > ? AND opened > ?",
            key, now - IDLE_S, now - ABSOLUTE_S,
        )  # fmt: skip
        if not rows:
            return None
        account, name, role, opened, seen = rows[0]
        if now - seen >= SEEN_EVERY_S:
            with self._file.change() as connection:
                connection.execute("UPDATE sessions SET seen = ? WHERE hash = ?", (now, key))
            self.journal.write()
        return Holder(account, name, role, key, opened)

    def sessions(self, account: int) -> list[tuple[bytes, int, int]]:
        """Return (key, opened, last seen) of the sessions of an account that have not ended."""
        now = self._now()
        return self._file.rows(  # type: ignore[return-value]
            "SELECT hash, opened, seen FROM sessions WHERE account = ? AND seen > ? AND opened > ?"
            " ORDER BY opened DESC",
            account, now - IDLE_S, now - ABSOLUTE_S,
        )  # fmt: skip

    def end_session(self, holder: Holder) -> None:
        """End one session."""
        with self._file.change() as connection:
            connection.execute("DELETE FROM sessions WHERE hash = ?", (holder.key,))
        self.event(holder.role, "logout")

    def end_sessions(self, holder: Holder) -> None:
        """End every session of the account, this one too."""
        with self._file.change() as connection:
            connection.execute("DELETE FROM sessions WHERE account = ?", (holder.account,))
        self.event(holder.role, "logout")

    # Tokens

    def make_token(self, account: Account, label: str, days: int = TOKEN_DAYS) -> str:
        """Return a new token, which is shown this once.

        Raises:
            NotPossible: the label or the days are out of bounds, or there are too many.
        """
        if not LABEL.fullmatch(label.strip()):
            raise NotPossible("label")
        if not 1 <= days <= MOST_TOKEN_DAYS:
            raise NotPossible("days")
        if len(self.tokens(account.id)) >= MOST_TOKENS:
            raise NotPossible("tokens")
        value, now = secret.token(), self._now()
        with self._file.change() as connection:
            connection.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?, ?)",
                (secret.digest(value), account.id, label.strip(), now, now + days * 86_400),
            )
        self.event(account.role, "token_made")
        return value

    def of_token(self, token: str) -> Holder | None:
        """Return whose token this is, when it is neither revoked nor expired."""
        key = secret.digest(token)
        rows: list[Any] = self._file.rows(
            "SELECT account, name, role, tokens.made FROM tokens JOIN accounts ON account = id"
            " WHERE hash = ? AND expires > ?",
            key, self._now(),
        )  # fmt: skip
        return Holder(rows[0][0], rows[0][1], rows[0][2], key, rows[0][3]) if rows else None

    def tokens(self, account: int) -> list[tuple[bytes, str, int, int]]:
        """Return (key, label, made, expires) of the tokens of an account; expired ones go."""
        with self._file.change() as connection:
            connection.execute("DELETE FROM tokens WHERE expires <= ?", (self._now(),))
        return self._file.rows(  # type: ignore[return-value]
            "SELECT hash, label, made, expires FROM tokens WHERE account = ? ORDER BY made", account
        )

    def revoke_token(self, account: Account | Holder, beginning: str) -> bool:
        """Revoke the token whose digest begins so (12 hex digits); returns whether it was there."""
        owner = account.id if isinstance(account, Account) else account.account
        found = [key for key, *_ in self.tokens(owner) if key.hex()[:12] == beginning]
        with self._file.change() as connection:
            for key in found:
                connection.execute("DELETE FROM tokens WHERE hash = ?", (key,))
        if found:
            self.event(account.role, "token_revoked")
        return bool(found)

    # One-time codes

    def make_code(self, kind: str, account: Account | None, seconds: int) -> str:
        """Return a new code; earlier ones of the same kind and account end."""
        value = secret.code()
        with self._file.change() as connection:
            connection.execute("DELETE FROM codes WHERE expires <= ?", (self._now(),))
            connection.execute(
                "DELETE FROM codes WHERE kind = ? AND account IS ?",
                (kind, account.id if account else None),
            )
            connection.execute(
                "INSERT INTO codes VALUES (?, ?, ?, ?)",
                (
                    secret.digest(value), kind, account.id if account else None,
                    self._now() + seconds,
                ),
            )  # fmt: skip
        return value

    def knows_code(self, kind: str, typed: str) -> Account | bool:
        """Return whose code this is; True for the set-up code; False when it opens nothing."""
        rows: list[Any] = self._file.rows(
            "SELECT account FROM codes WHERE hash = ? AND kind = ? AND expires > ?",
            secret.digest(secret.typed_code(typed)), kind, self._now(),
        )  # fmt: skip
        if not rows:
            return False
        return True if rows[0][0] is None else self.by_id(rows[0][0]) or False

    def use_code(self, kind: str, typed: str) -> bool:
        """Use a code up; returns whether it was still good. Two at once: one of them."""
        with self._file.change() as connection:
            used = connection.execute(
                "DELETE FROM codes WHERE hash = ? AND kind = ? AND expires > ?",
                (secret.digest(secret.typed_code(typed)), kind, self._now()),
            ).rowcount
        return used == 1

    # Browsers in which an account has logged in before

    def device_cookie(self, account: Account) -> str:
        """Return what lets a browser be recognised at the next login of this account."""
        body = f"{account.id}.{self._now() + DEVICE_S}.{secrets.token_urlsafe(12)}"
        return f"{body}.{self._sign(body)}"

    def knows_device(self, cookie: str, account: Account | None) -> bool:
        """Say whether this account has logged in in the browser that shows the cookie."""
        body, _, mac = cookie.rpartition(".")
        parts = body.split(".")
        if not hmac.compare_digest(mac.encode(), self._sign(body).encode()) or len(parts) != 3:  # noqa: PLR2004
            return False
        return account is not None and parts[0] == str(account.id) and int(parts[1]) > self._now()

    def _sign(self, body: str) -> str:
        return hmac.digest(self._device_key, body.encode(), "sha256").hex()

    def event(self, role: str, event: str) -> None:
        """Count an event of a role."""
        self.journal.count(role, event)

    def close(self) -> None:
        """Write what is counted and let go of the file."""
        self.journal.write()
        self._file.close()
