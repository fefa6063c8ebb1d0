"""The spool: what a collector has acknowledged and not sealed yet. Does I/O.

One file per segment. Its frames, one after the other and decrypted, are an Arrow IPC stream (LZ4
inside): each holds a record batch, the first one the schema too, written by one flush and synced
before anybody is told that the rows are safe.

    magic, id, record, day, CRC        in clear: what is needed to find the key
    length, sequence, CRC, octets …    the octets are AES-256-GCM; id and sequence are bound to them

A frame counts if length, sequence and both checks are right; the first that does not ends the spool.
The file is locked as long as its owner lives: an unlocked spool is an orphan.
"""

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.store.files import PRIVATE_FILE, sync_directory, write_all
from privacy.store.keys import DayKeyring, derive
from privacy.store.layout import ENCRYPTED, FLOWS, LINK
from privacy.store.wipe import wipe

MAGIC: Final = b"JAUGESP1"
ID_OCTETS: Final = 8
_HEAD: Final = struct.Struct(f"<8s{ID_OCTETS}sBI")
_CRC: Final = struct.Struct("<I")
HEAD_OCTETS: Final = _HEAD.size + _CRC.size
_FRAME: Final = struct.Struct("<III")
FRAME_MAX: Final = 256 << 20
"""Octets of the largest frame that is read: a damaged length allocates no more."""
_RECORDS: Final = (FLOWS, LINK)
SUFFIX: Final = ".spool"


class NoSpool(Exception):
    """The file is no spool (its head was never written whole): nothing in it was acknowledged."""


class Cipher(Protocol):
    """Seals the frames of one segment."""

    def seal(self, plain: bytes, sequence: int) -> bytes:
        """Return what is written."""

    def open(self, sealed: bytes, sequence: int) -> bytes:
        """Return what was sealed.

        Raises:
            InvalidTag: not sealed under this key, for this segment and sequence.
        """

    def forget(self) -> None:
        """Overwrite the key: nothing more is sealed or opened."""


class InClear:
    """For records that hold nothing of a device."""

    def seal(self, plain: bytes, sequence: int) -> bytes:  # noqa: ARG002 - see Cipher
        """See Cipher."""
        return plain

    def open(self, sealed: bytes, sequence: int) -> bytes:  # noqa: ARG002 - see Cipher
        """See Cipher."""
        return sealed

    def forget(self) -> None:
        """See Cipher."""


class DayCipher:
    """AES-256-GCM. The nonce is the segment's random id and the sequence: never used twice.

    Keeps a copy of the key until `forget`.
    """

    def __init__(self, key: bytes, segment: bytes) -> None:
        self._key = bytearray(key)
        self._cipher: AESGCM | None = AESGCM(self._key)
        self._segment = segment

    def _live(self) -> AESGCM:
        if self._cipher is None:
            raise ValueError("the key of this segment was forgotten")
        return self._cipher

    def forget(self) -> None:
        """See Cipher."""
        self._cipher = None
        wipe(self._key)

    def _nonce(self, sequence: int) -> bytes:
        return self._segment + sequence.to_bytes(12 - ID_OCTETS, "big")

    def seal(self, plain: bytes, sequence: int) -> bytes:
        """See Cipher."""
        return self._live().encrypt(self._nonce(sequence), plain, MAGIC)

    def open(self, sealed: bytes, sequence: int) -> bytes:
        """See Cipher."""
        return self._live().decrypt(self._nonce(sequence), sealed, MAGIC)


def cipher_of(keys: DayKeyring, head: "Head", *, make: bool = False) -> Cipher:
    """Return the cipher of a segment.

    Raises:
        KeyMissing: the day's key is not there or was destroyed.
    """
    if head.record not in ENCRYPTED:
        return InClear()
    key = derive(keys.key_of(head.day, make=make), "spool")
    cipher = DayCipher(key, head.id)
    wipe(key)
    return cipher


@dataclass(frozen=True, slots=True)
class Head:
    """What stands in clear at the beginning of a spool."""

    id: bytes
    record: str
    day: date

    @property
    def name(self) -> str:
        """The segment's name."""
        return self.id.hex()

    def pack(self) -> bytes:
        """Return the octets."""
        head = _HEAD.pack(MAGIC, self.id, _RECORDS.index(self.record), self.day.toordinal())
        return head + _CRC.pack(zlib.crc32(head))


def pull_head(data: bytes) -> Head:
    """Read the head of a spool.

    Raises:
        NoSpool: there is none.
    """
    if len(data) < HEAD_OCTETS or _CRC.unpack_from(data, _HEAD.size)[0] != zlib.crc32(
        data[: _HEAD.size]
    ):
        raise NoSpool
    magic, segment, record, day = _HEAD.unpack_from(data)
    if magic != MAGIC or record >= len(_RECORDS):
        raise NoSpool
    return Head(segment, _RECORDS[record], date.fromordinal(day))


class _Octets:
    """Collects what the Arrow writer writes; looks like a file."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._size += len(part)
        return len(part)

    def take(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts = []
        return whole

    def tell(self) -> int:
        return self._size

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


class Spool:
    """A segment that is being written. Made by `open`; any error poisons it."""

    def __init__(self, directory: Path, head: Head, cipher: Cipher) -> None:
        self.head = head
        self.path = directory / (head.name + SUFFIX)
        self.frames = 0
        """Frames that were synced: what may be trusted."""
        self.rows = 0
        """Rows in them."""
        self.octets = 0
        self.poisoned = True
        """Not open yet, or an error happened: nothing more may be written."""
        self._cipher = cipher
        self._out = _Octets()
        self._stream: Any = None
        self._handle = -1

    def open(self, schema: pa.Schema) -> None:
        """Make the file, durably, for rows of one schema.

        Raises:
            OSError: it is poisoned; nothing was acknowledged.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._handle = os.open(self.path, flags, PRIVATE_FILE)
        fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        self._stream = pa.ipc.new_stream(self._out, schema, options=options)
        self.octets += write_all(self._handle, self.head.pack())
        os.fsync(self._handle)
        sync_directory(self.path.parent)
        self.poisoned = False

    def append(self, table: pa.Table) -> None:
        """Write rows and sync them: when this returns they are safe.

        Raises:
            OSError: the spool is poisoned; the frames before are what they were.
        """
        self.poisoned = True
        self._stream.write_table(table.combine_chunks())
        self.octets += write_all(self._handle, self._frame(self._out.take()))
        os.fdatasync(self._handle)
        self.poisoned = False
        self.frames += 1
        self.rows += table.num_rows

    def _frame(self, plain: bytes) -> bytes:
        sealed = self._cipher.seal(plain, self.frames)
        return _FRAME.pack(len(sealed), self.frames, zlib.crc32(sealed)) + sealed

    def release(self) -> None:
        """Close the file and with it the lock, and forget the key; what was written stays."""
        self._cipher.forget()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


@dataclass(frozen=True, slots=True)
class Recovered:
    """What is in a spool up to its first bad frame."""

    schema: pa.Schema | None
    """None when there is no good frame."""
    tables: list[pa.Table]
    whole: bool
    """False when octets after the last good frame were left out."""


def pull_frames(data: memoryview, cipher: Cipher, *, most: int | None) -> Iterator[bytes]:
    """Yield the plain octets of each good frame; returns, at the first bad one, where it begins.

    Args:
        data: the whole file.
        cipher: of this segment.
        most: frames that may be trusted; None: all that are good.
    """
    at, sequence = HEAD_OCTETS, 0
    while most is None or sequence < most:
        if at + _FRAME.size > len(data):
            break
        length, number, crc = _FRAME.unpack_from(data, at)
        begin = at + _FRAME.size
        if number != sequence or length > FRAME_MAX or begin + length > len(data):
            break
        sealed = data[begin : begin + length]
        if zlib.crc32(sealed) != crc:
            break
        try:
            plain = cipher.open(bytes(sealed), sequence)
        except InvalidTag:
            break
        yield plain
        at, sequence = begin + length, sequence + 1
    return at


def recover(data: bytes, cipher: Cipher, *, most: int | None = None) -> Recovered:
    """Return the rows of a spool up to its first bad frame (see `pull_frames`). Raises nothing."""
    good: list[bytes] = []
    frames = pull_frames(memoryview(data), cipher, most=most)
    end = HEAD_OCTETS
    while True:
        try:
            good.append(next(frames))
        except StopIteration as stop:
            end = stop.value
            break
    if not good:
        return Recovered(None, [], whole=end >= len(data))
    try:
        stream = pa.ipc.open_stream(pa.py_buffer(b"".join(good)))
        tables = [pa.Table.from_batches([batch], stream.schema) for batch in stream]
    except pa.ArrowException:
        return Recovered(None, [], whole=False)
    return Recovered(stream.schema, tables, whole=end >= len(data))
