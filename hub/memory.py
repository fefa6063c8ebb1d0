"""What a hub has checked already, so that a start asks no signature twice. Does I/O.

    HUB/schools/<UAI>/checked.json   HMAC-SHA256 in hex, a newline, what was checked

A row stands for one push whose envelope and release passed every rule of `hub.check`: the digests of both
files, and the figures that came out. A start reads each file again and compares its digest; rows that this
hub has not written itself, or wrote of other files, other keys or under other rules (`rules`), are no rows, and
the caller checks everything as if there had been none. Who could write such a row holds hub.key, and with it
the pages. The file is a help: it is not synced, and may be deleted at any time.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dashboards import reading
from dashboards.hub import indicators
from dashboards.hub.indicators import Figure
from hub import chain, check, envelope, form
from hub.card import Card
from hub.chain import Held
from hub.envelope import digest_of
from hub.files import PRIVATE
from privacy import canonical, release, sealed, settings
from privacy.keys import public_text

FILE: Final = "checked.json"
_CONTEXT: Final = b"jauge-hub-checked-v1"
_JUDGES: Final[tuple[ModuleType, ...]] = (
    chain, check, envelope, form, canonical, release, sealed, settings, reading, indicators,
)  # fmt: skip
"""What decides whether a push is taken, and which figures come out of it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One push that was checked."""

    held: Held
    envelope: str
    """Digest of its envelope."""
    simulated: bool
    figures: dict[str, Figure]


@cache
def rules() -> str:
    """Return what changes with the code that judges: an upgrade checks everything once more."""
    return digest_of(b"".join(Path(str(each.__file__)).read_bytes() for each in _JUDGES))


class Memory:
    """The rows of every school of one hub.

    Args:
        schools: the hub's directory of schools.
        key: the hub's; the one that authenticates rows is made of it.
    """

    def __init__(self, schools: Path, key: Ed25519PrivateKey) -> None:
        self._schools = schools
        self._key = hmac.digest(key.private_bytes_raw(), _CONTEXT, "sha256")

    def keep(self, card: Card, rows: Sequence[Checked]) -> None:
        """Write the rows of a school, in the order of its chain; where that fails, a start takes longer."""
        said = _about(card) | {"rows": [_dump(row) for row in rows]}
        body = json.dumps(said, separators=(",", ":")).encode()
        home = self._schools / card.uai
        temporary = home / f"{FILE}.tmp"
        with suppress(OSError):  # a full disk, or a school that has just left
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)  # fmt: skip
            with os.fdopen(handle, "wb") as file:
                file.write(self._mac(body) + b"\n" + body)
            temporary.replace(home / FILE)

    def recall(self, card: Card) -> tuple[Checked, ...]:
        """Return the rows of a school if every file is what it was when it was checked; else none."""
        try:
            mac, _, body = (self._schools / card.uai / FILE).read_bytes().partition(b"\n")
        except OSError:
            return ()
        if not hmac.compare_digest(mac, self._mac(body)):
            return ()
        said = json.loads(body)  # ours: authenticated above
        about = _about(card)
        if {name: said[name] for name in about} != about:
            return ()
        rows = tuple(_load(position, row) for position, row in enumerate(said["rows"]))
        return rows if all(self._same(card.uai, row) for row in rows) else ()

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).hexdigest().encode()

    def _same(self, uai: str, row: Checked) -> bool:
        home, held = self._schools / uai, row.held
        try:
            envelope_data = (home / "chain" / f"{held.position:06d}.json").read_bytes()
            data = (home / "releases" / held.table / f"{held.period}.json").read_bytes()
        except OSError:
            return False
        return (digest_of(envelope_data), digest_of(data)) == (row.envelope, held.sha256)


def _about(card: Card) -> dict[str, str]:
    return {
        "uai": card.uai, "rules": rules(),
        "seal_key": public_text(card.seal_key), "push_key": public_text(card.push_key),
    }  # fmt: skip


def _dump(row: Checked) -> dict[str, Any]:
    held = asdict(row.held)
    del held["position"]  # its place in the list
    figures = {name: astuple(figure) for name, figure in row.figures.items()}
    return held | {"envelope": row.envelope, "simulated": row.simulated, "figures": figures}


def _load(position: int, row: dict[str, Any]) -> Checked:
    held = Held(position, row["table"], row["period"], row["octets"], row["sha256"])
    figures = {name: Figure(*values) for name, values in row["figures"].items()}
    return Checked(held, row["envelope"], row["simulated"], figures)
