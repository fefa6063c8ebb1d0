"""One line of the audit log: the entry, the root of the tree so far, a signature. Pure.

    {"entry": {…}, "root": "<64 hex digits>", "signature": "<base64 of Ed25519>"}

The signature is over the context, the entry and the root, in canonical form, so each line stands for
the whole log before it. `verify` is all that an auditor needs: the octets and the public key.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privacy import canonical
from privacy.log.entries import Entry, EntryRefused, check_entry
from privacy.log.merkle import Tree, leaf_hash

_CONTEXT: Final = b"jauge-audit-log-v1\n"
"""Domain separation: a line can never be taken for another signature by the same key."""


class LogDamaged(Exception):
    """The log is not what was written. Says which line and why."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A log whose every line was checked."""

    entries: tuple[Entry, ...]
    leaves: tuple[bytes, ...]
    """Hash of each entry, for proofs at any size (`merkle.root`, `merkle.inclusion_proof`)."""
    root: bytes
    complete_octets: int
    """Octets of complete lines; what follows them is an append that was cut short."""

    @property
    def size(self) -> int:
        """Number of entries."""
        return len(self.entries)


def _signed(entry: Entry, root: bytes) -> bytes:
    return _CONTEXT + canonical.dump({"entry": entry.as_dict(), "root": root.hex()})


def write_line(entry: Entry, tree: Tree, key: Ed25519PrivateKey) -> bytes:
    """Add an entry to the tree and return its line.

    Raises:
        EntryRefused: not an entry.
    """
    check_entry(entry)
    tree.append(leaf_hash(entry.octets()))
    root = tree.root()
    line = {
        "entry": entry.as_dict(),
        "root": root.hex(),
        "signature": base64.b64encode(key.sign(_signed(entry, root))).decode(),
    }
    return canonical.dump(line) + b"\n"


def lines_of(data: bytes) -> list[bytes]:
    """Return the complete lines; a rest without its end is none of them."""
    return [text + b"\n" for text in data.split(b"\n")[:-1]]  # a damaged octet may look like an end


def _pull(line: bytes) -> tuple[Entry, str, str]:
    """Return entry, root and signature of a line in canonical form."""
    document: dict[str, Any] = json.loads(line)
    entry = Entry(**document["entry"])
    check_entry(entry)
    if canonical.dump(document) + b"\n" != line or len(document) != 3:  # noqa: PLR2004 - the three
        raise ValueError("form")
    return entry, document["root"], document["signature"]


def read(lines: Iterable[bytes], tree: Tree, public: Ed25519PublicKey, *, all_signed: bool) -> (
    tuple[list[Entry], list[bytes]]
):  # fmt: skip
    """Check lines and add them to a tree; returns the entries and their hashes.

    Args:
        lines: complete ones, in order.
        tree: of the lines before them.
        public: who signed.
        all_signed: check every signature; otherwise the last one, which covers them all.

    Raises:
        LogDamaged: naming the line.
    """
    entries, leaves = [], []
    last: tuple[Entry, bytes, str] | None = None
    for line in lines:
        number = tree.size + 1
        try:
            entry, root, signature = _pull(line)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, EntryRefused):
            raise LogDamaged(f"line {number} is damaged or altered") from None
        if entry.number != tree.size:
            raise LogDamaged(f"line {number}: an entry before it is missing, or came twice")
        leaf = leaf_hash(entry.octets())
        tree.append(leaf)
        if root != tree.root().hex():
            raise LogDamaged(f"line {number} does not follow from the lines before it")
        last = entry, tree.root(), signature
        if all_signed:
            _check_signature(*last, public)
        entries.append(entry)
        leaves.append(leaf)
    if last is not None and not all_signed:
        _check_signature(*last, public)
    return entries, leaves


def _check_signature(entry: Entry, root: bytes, signature: str, public: Ed25519PublicKey) -> None:
    try:
        public.verify(canonical.octets_of(signature), _signed(entry, root))
    except (InvalidSignature, binascii.Error, ValueError, TypeError):
        message = f"line {entry.number + 1} is not signed by the key of this log"
        raise LogDamaged(message) from None


def verify(data: bytes, public: Ed25519PublicKey) -> Verified:
    """Check a whole log: form, order, tree, every signature, and that its key is the one it names.

    Raises:
        LogDamaged: with the first line that is wrong.
    """
    tree = Tree()
    lines = lines_of(data)
    entries, leaves = read(lines, tree, public, all_signed=True)
    if entries:
        first = entries[0]
        named = base64.b64encode(public.public_bytes_raw()).decode()
        if first.kind != "log_begun" or first.facts["public_key"] != named:
            raise LogDamaged("line 1 does not begin a log of this key")
    return Verified(tuple(entries), tuple(leaves), tree.root(), sum(map(len, lines)))
