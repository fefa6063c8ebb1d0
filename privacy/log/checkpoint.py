"""Checkpoints of the audit log: what somebody outside keeps, so that an end that is cut off shows. Pure.

    jauge/<key>            origin: one log, one key (C2SP tlog-checkpoint)
    1234                   how many entries
    <base64 of the root>

    — jauge/<key> <base64 of key hash and signature>      (C2SP signed-note, Ed25519: type 0x01)
    — dpo/<key> <base64 of key hash, time, signature>     (C2SP tlog-cosignature: type 0x04)

A signature on every line cannot show that the last lines are gone, that the log is an older copy, or
that who holds its key wrote another history: each of these is a sound log. A checkpoint shows all
three, up to its size; what was appended after the latest checkpoint can be cut off unseen.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privacy import canonical
from privacy.log.merkle import consistency_proof, consistent, root
from privacy.sealed import key_id

LOG: Final = "jauge"
WITNESS: Final = "dpo"
_ED25519: Final = b"\x01"
_COSIGNATURE: Final = b"\x04"
_HASH_OCTETS: Final = 4
_TIME_OCTETS: Final = 8
_ROOT_OCTETS: Final = 32
SIZE_MAX: Final = 1 << 40
NOTE_MAX: Final = 4_096
"""Octets of a checkpoint: a few hundred."""


class CheckpointRefused(Exception):
    """Not a checkpoint, or not signed by whom it has to be. Says why."""


class Inconsistent(Exception):
    """The log does not continue from the checkpoint: something was taken away or written anew."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log at one size."""

    origin: str
    size: int
    root: bytes

    def body(self) -> bytes:
        """Return the text that is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode())
        return "".join(f"{line}\n" for line in lines).encode()


def name_of(kind: str, public: Ed25519PublicKey) -> str:
    """Return the name of a key: `jauge/<16 hex digits>` or `dpo/<16 hex digits>`."""
    return f"{kind}/{key_id(public)}"


def _key_hash(name: str, algorithm: bytes, public: Ed25519PublicKey) -> bytes:
    material = name.encode() + b"\n" + algorithm + public.public_bytes_raw()
    return hashlib.sha256(material).digest()[:_HASH_OCTETS]


def verifier_key(public: Ed25519PublicKey, kind: str = LOG) -> str:
    """Return a key as other tools of the ecosystem read it: `name+hash+base64` (signed-note)."""
    algorithm = _ED25519 if kind == LOG else _COSIGNATURE
    name = name_of(kind, public)
    material = base64.b64encode(algorithm + public.public_bytes_raw()).decode()
    return f"{name}+{_key_hash(name, algorithm, public).hex()}+{material}"


def _signature_line(name: str, content: bytes) -> bytes:
    return f"— {name} {base64.b64encode(content).decode()}\n".encode()


def write_checkpoint(leaves: Sequence[bytes], key: Ed25519PrivateKey) -> bytes:
    """Return the signed note over a log.

    Args:
        leaves: hash of each entry (`record.Verified.leaves`).
        key: of the log.
    """
    name = name_of(LOG, key.public_key())
    body = Checkpoint(name, len(leaves), root(leaves)).body()
    signed = _key_hash(name, _ED25519, key.public_key()) + key.sign(body)
    return body + b"\n" + _signature_line(name, signed)


def cosign(note: bytes, log: Ed25519PublicKey, key: Ed25519PrivateKey, time_s: int) -> bytes:
    """Return a checkpoint with one more signature: a witness saw it at a time.

    Raises:
        CheckpointRefused: the log did not sign it.
    """
    checkpoint = read_checkpoint(note, log)
    name = name_of(WITNESS, key.public_key())
    signature = key.sign(_witnessed(checkpoint, time_s))
    content = _key_hash(name, _COSIGNATURE, key.public_key())
    content += time_s.to_bytes(_TIME_OCTETS, "big") + signature
    return note + _signature_line(name, content)


def _witnessed(checkpoint: Checkpoint, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n".encode() + checkpoint.body()


def _pull(note: bytes) -> tuple[Checkpoint, list[tuple[str, bytes]]]:
    """Return a note's checkpoint and its signatures (name, content)."""
    try:
        if len(note) > NOTE_MAX or not note.endswith(b"\n"):
            raise ValueError("form")
        text, found, signatures = note.decode().partition("\n\n")
        origin, size, octets = text.split("\n")
        if not found or str(int(size)) != size or not 0 <= int(size) < SIZE_MAX:
            raise ValueError("size")
        checkpoint = Checkpoint(origin, int(size), canonical.octets_of(octets))
        if len(checkpoint.root) != _ROOT_OCTETS or checkpoint.body() != (text + "\n").encode():
            raise ValueError("form")
        return checkpoint, [_signature(line) for line in signatures.splitlines()]
    except (ValueError, binascii.Error):
        raise CheckpointRefused("not a checkpoint") from None


def _signature(line: str) -> tuple[str, bytes]:
    mark, name, content = line.split(" ")
    if mark != "—":
        raise ValueError("mark")
    return name, canonical.octets_of(content)


def is_checkpoint(note: bytes) -> bool:
    """Say whether a note has the form of a checkpoint, whoever signed it."""
    try:
        _pull(note)
    except CheckpointRefused:
        return False
    return True


def read_checkpoint(note: bytes, log: Ed25519PublicKey) -> Checkpoint:
    """Return a checkpoint that a log signed.

    Raises:
        CheckpointRefused: not a checkpoint, or of another log.
    """
    checkpoint, signatures = _pull(note)
    name = name_of(LOG, log)
    if checkpoint.origin != name:
        raise CheckpointRefused("the checkpoint is of a log with another key")
    expected = _key_hash(name, _ED25519, log)
    for signer, content in signatures:
        if signer == name and content[:_HASH_OCTETS] == expected:
            try:
                log.verify(content[_HASH_OCTETS:], checkpoint.body())
            except InvalidSignature:
                break
            return checkpoint
    raise CheckpointRefused("the checkpoint is not signed by the key of this log")


def witnessed_at(note: bytes, witness: Ed25519PublicKey) -> int | None:
    """Return when a witness signed a checkpoint (seconds since 1970), or None if he did not.

    Raises:
        CheckpointRefused: not a checkpoint.
    """
    checkpoint, signatures = _pull(note)
    name = name_of(WITNESS, witness)
    expected = _key_hash(name, _COSIGNATURE, witness)
    for signer, content in signatures:
        if signer == name and content[:_HASH_OCTETS] == expected:
            rest = content[_HASH_OCTETS:]
            time_s = int.from_bytes(rest[:_TIME_OCTETS], "big")
            try:
                witness.verify(rest[_TIME_OCTETS:], _witnessed(checkpoint, time_s))
            except InvalidSignature:
                continue
            return time_s
    return None


def check_consistency(leaves: Sequence[bytes], checkpoint: Checkpoint) -> list[bytes]:
    """Return the proof that a log continues from a checkpoint (RFC 9162 section 2.1.4), checked.

    Raises:
        Inconsistent: it does not.
    """
    if checkpoint.size > len(leaves):
        raise Inconsistent(
            f"the log has {len(leaves)} entries, the checkpoint {checkpoint.size}: its end was cut "
            "off, or an older copy was put in its place"
        )
    proof = consistency_proof(leaves, checkpoint.size)
    if not consistent(checkpoint.size, len(leaves), checkpoint.root, root(leaves), proof):
        raise Inconsistent(
            f"the first {checkpoint.size} entries are not those of the checkpoint: the log was "
            "written anew"
        )
    return proof
