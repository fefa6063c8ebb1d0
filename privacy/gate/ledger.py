"""The ledger: what was charged, before anything was drawn. Does I/O.

One JSON object per line, each carrying the SHA-256 of the line before it, so that a line changed,
inserted or taken out of the middle is noticed. Rules:

1. A charge is on disk (fsync) before the noise is drawn. A crash in between costs the period: it
   is charged, holds no release, and is never drawn again.
2. A table covers a day once. Two processes that charge at the same time are ordered by a lock.
3. For each day, the charges of all tables that cover it stay within the total.
4. A last line without its end is a charge that did not complete: nothing was drawn for it, so it
   is removed. Anything else that does not fit refuses every release.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from privacy import canonical
from privacy.gate.refused import AlreadyReleased, LedgerDamaged, OverBudget

FIRST: Final = "0" * 64
ROUNDING: Final = 1e-12
"""Charges are sums of a few decimal fractions."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What one release costs each device-day of its period.

    Each fact stands in the sealed release, too, so that an altered last line is found before the next one
    holds its hash. The day of the charge is in the audit log (`release_made`), which is signed.
    """

    table: str
    period: str
    starts: str
    """First day, ISO."""
    ends: str
    """Day after the last, ISO."""
    rho: float
    sigma: float
    cap: int
    privacy_digest: str
    charter_digest: str

    def covers(self, other: "Charge") -> bool:
        """Say whether the two periods share a day."""
        return self.starts < other.ends and other.starts < self.ends


def _line(charge: Charge, previous: str) -> bytes:
    return canonical.dump({**asdict(charge), "previous": previous}) + b"\n"


def _parse(line: bytes, previous: str) -> Charge:
    try:
        entry: dict[str, Any] = json.loads(line)
        del entry["previous"]
        charge = Charge(**entry)
        date.fromisoformat(charge.starts)
        date.fromisoformat(charge.ends)
        if (
            _line(charge, previous) != line
        ):  # each octet of it, the hash of the line before included
            raise ValueError("form or chain")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise LedgerDamaged("the ledger was altered: restore it from a backup") from error
    return charge


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


class Ledger:
    """The charges of one store. Making one opens nothing.

    Args:
        path: `private/ledger.jsonl`; made (0600) by the first charge, its directory must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def charges(self) -> tuple[Charge, ...]:
        """Return the completed charges, oldest first.

        Raises:
            LedgerDamaged: a line was altered, inserted or removed.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        return self._read(data)[0]

    def _read(self, data: bytes) -> tuple[tuple[Charge, ...], str, int]:
        """Return the charges, the hash of the last line, and the length of what is complete."""
        charges, previous, length = [], FIRST, 0
        complete = data.split(b"\n")[:-1]  # not splitlines: a damaged byte may look like a line end
        for text in complete:
            line = text + b"\n"
            charges.append(_parse(line, previous))
            previous = _hash(line)
            length += len(line)
        return tuple(charges), previous, length

    def charge(self, new: Charge, *, total_rho: float) -> None:
        """Record a charge, durably, or refuse it.

        Raises:
            AlreadyReleased: the table has been charged for one of these days.
            OverBudget: a day's charges would pass `total_rho`.
            LedgerDamaged: the ledger cannot be read.
        """
        with self._locked() as file:
            charges, previous, length = self._read(_read_all(file))
            _check(new, charges, total_rho)
            os.ftruncate(file, length)
            _write_all(file, _line(new, previous))
            os.fsync(file)
        _sync_directory(self._path.parent)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)


def _check(new: Charge, charges: tuple[Charge, ...], total_rho: float) -> None:
    sharing = [charge for charge in charges if charge.covers(new)]
    if any(charge.table == new.table for charge in sharing):
        raise AlreadyReleased(f"{new.table} {new.period}: charged before, never drawn again")
    # The sum of charges only grows on a day on which one begins; whatever began before `new` is counted
    # on its first day.
    for day in {new.starts, *(c.starts for c in sharing)}:
        spent = sum(charge.rho for charge in sharing if charge.starts <= day < charge.ends)
        if spent + new.rho > total_rho + ROUNDING:
            raise OverBudget(f"{new.table} {new.period}: over the total of a device-day")


def _read_all(file: int) -> bytes:
    parts = []
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
