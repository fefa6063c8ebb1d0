"""The key of a day, lent to executors of a distributed engine: wrapped under a secret that they share. Does I/O.

An engine keeps what it is asked in plans, logs and event files that nobody here erases. So a key travels
wrapped, bound to its school and day, and what unwraps it lies on the executors only, in memory (a
tmpfs), and is drawn anew each time that they start: what an engine kept of a plan opens nothing later,
and a destroyed day is not brought back by it (docs/adr/0012).
"""

import os
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.store.wipe import wipe

SECRET_OCTETS: Final = 32
_NONCE_OCTETS: Final = 12


class SecretRefused(Exception):
    """The secret that analyzer and executors share cannot be used. Says why and what to do."""


def shared_secret(path: Path) -> bytearray:
    """Return the secret, to be overwritten by who has used it.

    Raises:
        SecretRefused: it is not there, of another length, or open to other users.
    """
    hint = "draw one where the engine starts (deploy/spark/secret.sh), root-only, in memory"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise SecretRefused(f"{path}: {error.strerror}; {hint}") from None
    with os.fdopen(handle, "rb") as file:
        if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretRefused(f"{path}: open to other users; chmod 600 {path}")
        secret = bytearray(file.read(SECRET_OCTETS + 1))
    if len(secret) != SECRET_OCTETS:
        raise SecretRefused(f"{path}: not {SECRET_OCTETS} octets; {hint}")
    return secret


def _bound(school: str, day: str) -> bytes:
    return f"jauge lent key v1 {school} {day}".encode()


def wrap(key: bytes | bytearray, secret: bytearray, *, school: str, day: str) -> bytes:
    """Return a key of a day as it may travel; both are overwritten, they were copies made for this."""
    nonce = os.urandom(_NONCE_OCTETS)
    wrapped = nonce + AESGCM(secret).encrypt(nonce, key, _bound(school, day))
    for octets in (key, secret):
        if isinstance(octets, bytearray):
            wipe(octets)
    return wrapped


def unwrap(wrapped: bytes, secret: bytearray, *, school: str, day: str) -> bytes:
    """Return a key that `wrap` wrapped; the secret is overwritten.

    Raises:
        SecretRefused: it was wrapped under another secret, or for another school or day.
    """
    nonce, sealed = wrapped[:_NONCE_OCTETS], wrapped[_NONCE_OCTETS:]
    try:
        return AESGCM(secret).decrypt(nonce, sealed, _bound(school, day))
    except InvalidTag:
        raise SecretRefused(
            "the key of a day does not open: analyzer and executors have different secrets; "
            "give all machines the file that was drawn when the engine started"
        ) from None
    finally:
        wipe(secret)
