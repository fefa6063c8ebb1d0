"""What binds a store's keys to this machine: a secret that lies outside data, keys and backups. I/O.

Day keys are wrapped under a key derived from it, so that neither a copy of the store, nor one of its
directory of keys, nor both, opens anything elsewhere. It does not protect against who takes the whole
disk: for that, encrypt the disk, or hand the secret over with systemd-creds bound to a TPM.

In order: the credential `jauge.machine` that systemd passes to the unit; the file that
JAUGE_MACHINE_DIR names; `/var/lib/jauge-machine` for root; the user's state directory.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from privacy.store.files import make_private, sync_directory, write_small

SECRET_OCTETS: Final = 32
CREDENTIAL: Final = "jauge.machine"
FILE: Final = "machine.key"
SETTING: Final = "JAUGE_MACHINE_DIR"
ROOTS: Final = Path("/var/lib/jauge-machine")
MACHINE_ID: Final = Path("/etc/machine-id")
_OTHERS: Final = 0o077


class MachineKeyRefused(Exception):
    """The machine's secret cannot be used: where, what, and what to do."""


def secret_directory(environment: Mapping[str, str], *, root: bool) -> Path:
    """Return where the secret lies when no credential is passed."""
    if environment.get(SETTING):
        return Path(environment[SETTING])
    if root:
        return ROOTS
    state = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "jauge-machine"


def wrapping_key(*, make: bool = False) -> bytes:
    """Return the 32 octets that wrap this machine's day keys.

    Args:
        make: draw the secret if there is none; only a writer does.

    Raises:
        MachineKeyRefused: the secret is missing, damaged, or open to others.
        OSError: it cannot be read or made.
    """
    secret = _credential(os.environ) or _from_file(
        secret_directory(os.environ, root=os.geteuid() == 0) / FILE, make=make
    )
    try:
        name = MACHINE_ID.read_bytes().strip()
    except OSError:
        name = b""  # a container may have none; the secret is what counts
    return HKDF(SHA256(), SECRET_OCTETS, salt=name, info=b"jauge machine v1").derive(secret)


def _credential(environment: Mapping[str, str]) -> bytes | None:
    directory = environment.get("CREDENTIALS_DIRECTORY")
    path = Path(directory) / CREDENTIAL if directory else None
    if path is None or not path.is_file():
        return None
    secret = path.read_bytes()
    if len(secret) < SECRET_OCTETS:
        raise MachineKeyRefused(f"{path}: a credential of at least {SECRET_OCTETS} random octets")
    return secret


def _from_file(path: Path, *, make: bool) -> bytes:
    if not path.exists():
        if not make:
            raise MachineKeyRefused(
                f"{path}: this machine's secret is missing; restore it, or the days that were stored "
                "cannot be read (new days can: the collector makes a new secret)"
            )
        _make(path)
    if path.stat().st_mode & _OTHERS:
        raise MachineKeyRefused(f"{path}: open to other users; chmod 600 it")
    secret = path.read_bytes()
    if len(secret) != SECRET_OCTETS:
        raise MachineKeyRefused(f"{path}: damaged; restore it")
    return secret


def _make(path: Path) -> None:
    """Draw the secret; of two processes or threads at once, the first one's stays."""
    make_private(path.parent)
    unfinished = path.with_name(f"{path.name}.{os.urandom(4).hex()}")
    write_small(unfinished, os.urandom(SECRET_OCTETS))
    try:
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink(missing_ok=True)
    sync_directory(path.parent)
