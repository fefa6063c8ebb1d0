"""A thousand ways to tamper with an audit log, and whether each is found. Pure: seeds are arguments.

Two intruders. One can write the file but does not hold the key: flips, deletions, insertions, swaps.
The other is root and signs: he cuts the tail, puts an older copy back, or writes the history anew from
some entry on (a fork). What he leaves is a sound log, so only a checkpoint kept outside finds it.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privacy.keys import public_text
from privacy.log.checkpoint import (
    CheckpointRefused,
    Inconsistent,
    check_consistency,
    read_checkpoint,
    write_checkpoint,
)
from privacy.log.entries import Entry
from privacy.log.merkle import Tree
from privacy.log.record import LogDamaged, lines_of, verify, write_line

AT: Final = "2026-11-16T08:00:00Z"
FIRST: Final = 2
"""Entries that every log keeps: nobody needs to hide less than that."""


def sample_log(key: Ed25519PrivateKey, entries: int, seconds: int = 0) -> bytes:
    """Return a log of so many entries; `seconds` distinguishes histories."""
    tree, lines = Tree(), []
    for number in range(entries):
        kind, facts = (
            ("log_begun", {"public_key": public_text(key.public_key())})
            if number == 0
            else ("clock_confirmed", {"seconds": seconds + number})
        )
        lines.append(write_line(Entry(number, AT, kind, facts), tree, key))
    return b"".join(lines)


def _flip(lines: list[bytes], _key: Ed25519PrivateKey, chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(lines))
    line = bytearray(lines[at])
    line[chance.randrange(len(line))] ^= 1 << chance.randrange(8)
    return [*lines[:at], bytes(line), *lines[at + 1 :]]


def _delete(lines: list[bytes], _key: Ed25519PrivateKey, chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(lines) - 1)  # the last one would be a cut tail
    return [*lines[:at], *lines[at + 1 :]]


def _insert(lines: list[bytes], _key: Ed25519PrivateKey, chance: random.Random) -> list[bytes]:
    at = chance.randrange(1, len(lines) + 1)
    return [*lines[:at], chance.choice(lines), *lines[at:]]


def _swap(lines: list[bytes], _key: Ed25519PrivateKey, chance: random.Random) -> list[bytes]:
    one, other = chance.sample(range(len(lines)), 2)
    swapped = list(lines)
    swapped[one], swapped[other] = lines[other], lines[one]
    return swapped


def _cut(lines: list[bytes], _key: Ed25519PrivateKey, chance: random.Random) -> list[bytes]:
    return lines[: chance.randrange(FIRST, len(lines))]


def _roll_back(lines: list[bytes], key: Ed25519PrivateKey, chance: random.Random) -> list[bytes]:
    """Put an older copy back and go on from it, signing."""
    return _continued(lines[: chance.randrange(FIRST, len(lines))], key, len(lines), 1_000_000)


def _fork(lines: list[bytes], key: Ed25519PrivateKey, chance: random.Random) -> list[bytes]:
    """Leave one entry out and sign everything behind it anew."""
    at = chance.randrange(1, len(lines) - 1)
    kept = [*lines[:at], *lines[at + 1 :]]
    rewritten: list[bytes] = []
    tree = Tree()
    public = key.public_key()
    for number, entry in enumerate(verify(b"".join(lines), public).entries):
        if number != at:
            again = Entry(len(rewritten), entry.at, entry.kind, entry.facts)
            rewritten.append(write_line(again, tree, key))
    return _continued(rewritten, key, len(kept) + 1, 2_000_000)


def _continued(lines: list[bytes], key: Ed25519PrivateKey, size: int, seconds: int) -> list[bytes]:
    tree, out = Tree(), list(lines)
    for entry in verify(b"".join(lines), key.public_key()).leaves:
        tree.append(entry)
    while len(out) < size:
        facts = {"seconds": seconds + len(out)}
        out.append(write_line(Entry(len(out), AT, "clock_confirmed", facts), tree, key))
    return out


Tampering = Callable[[list[bytes], Ed25519PrivateKey, random.Random], list[bytes]]

TAMPERINGS: Final[Mapping[str, Tampering]] = {
    "flip": _flip,
    "delete": _delete,
    "insert": _insert,
    "swap": _swap,
    "cut_tail": _cut,
    "roll_back": _roll_back,
    "fork": _fork,
}
NEEDS_CHECKPOINT: Final = ("cut_tail", "roll_back", "fork")
"""Sound logs, all of them: no signature in the file can give them away."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One kind of tampering."""

    kind: str
    tried: int
    found: int


def found(data: bytes, public: Ed25519PublicKey, note: bytes | None) -> bool:
    """Say whether a check of a log refuses it: signatures and order, then the checkpoint.

    Args:
        data: the log.
        public: its key.
        note: the checkpoint that somebody outside kept; None: nobody did.
    """
    try:
        verified = verify(data, public)
        if note is not None:
            check_consistency(verified.leaves, read_checkpoint(note, public))
    except (LogDamaged, CheckpointRefused, Inconsistent):
        return True
    return False


def tamper(
    *, seed: int, count: int, entries: int, with_checkpoint: bool = True
) -> tuple[Tried, ...]:
    """Tamper with copies of a log `count` times, each kind in turn; say how many were found.

    Args:
        seed: of the choices; the same seed tampers in the same way.
        count: how many tamperings.
        entries: length of the log; the checkpoint stands at its end.
        with_checkpoint: False: what is found when nobody outside keeps one.
    """
    chance = random.Random(seed)  # noqa: S311 - which octet is hit, no secret
    key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
    public, data = key.public_key(), sample_log(key, entries)
    lines = lines_of(data)
    note = write_checkpoint(verify(data, public).leaves, key) if with_checkpoint else None
    tried = dict.fromkeys(TAMPERINGS, 0)
    caught = dict.fromkeys(TAMPERINGS, 0)
    names = list(TAMPERINGS)
    for step in range(count):
        kind = names[step % len(names)]
        altered = b"".join(TAMPERINGS[kind](lines, key, chance))
        tried[kind] += 1
        caught[kind] += found(altered, public, note)
    return tuple(Tried(kind, tried[kind], caught[kind]) for kind in names)
