"""The layout of a lists file, version 1: pack and check. Pure: octets in, values out.

    offset  octets  content (little-endian)
    0       8       magic `JAUGELST`
    8       4       version, 1
    12      4       octets of the description
    16      8       names
    24      1       bits of the index
    25      15      zero
    40      32      BLAKE2b-256 of everything else in the file
    72              description: JSON, UTF-8, then zeros up to a multiple of 64
                    index: 2^bits + 1 numbers of 4 octets, where each bucket starts;
                    zeros up to a multiple of 8
                    fingerprints: one of 8 octets per name, increasing
                    values: one octet per name, a line of the description's table

A bucket is the high bits of a fingerprint. Nine octets a name and the index: six million names
make 56 MiB. The digest finds damage, not forgery; so whatever a look-up uses as an offset is
checked apart from it, and no file can make a look-up read outside.
"""

import hashlib
import json
import struct
import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from operator import le
from typing import Any, Final

MAGIC: Final = b"JAUGELST"
VERSION: Final = 1
HEAD: Final = struct.Struct("<8sIIQB15x32s")
DIGEST_AT: Final = 40
ALIGNED: Final = 64
MOST_OCTETS: Final = 256 << 20
"""Four times the largest file that is meant to be: a mistaken path is refused before it is read."""
MOST_NAMES: Final = 2**24
"""16.7 million; UT1 whole has 5.3 million names."""
MOST_DESCRIPTION: Final = 1 << 20
MOST_INDEX_BITS: Final = 22
MOST_ROWS: Final = 255
"""A value is one octet."""
NAMES_A_BUCKET: Final = 8
"""At most, on average: one or two cache lines of fingerprints. Fewer would make the index large."""


class ListsRefused(Exception):
    """The file is no lists file that can be used; the text is one sentence without the path."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a value of the file stands for."""

    list: str
    """Name of the list, as its origin calls it."""
    category: str
    """The word that is stored with a slice (school.words.Category, or a word of `settings`)."""
    rank: str
    """Its place in the precedence."""


@dataclass(frozen=True, slots=True)
class Sections:
    """A checked file: where its parts are and what the description says."""

    names: int
    index_bits: int
    rows: tuple[Row, ...]
    description: Mapping[str, Any]
    index_at: int
    fingerprints_at: int
    values_at: int
    digest: str


def index_bits_for(names: int) -> int:
    """Return the size of the index for a number of names."""
    return min(MOST_INDEX_BITS, max(0, (max(0, names - 1) // NAMES_A_BUCKET).bit_length()))


def padded(octets: int) -> int:
    """Return where the index starts when the description has so many octets."""
    return -(-(HEAD.size + octets) // ALIGNED) * ALIGNED


def _digest(head: bytes, rest: Any) -> bytes:
    digest = hashlib.blake2b(head[:DIGEST_AT], digest_size=32)
    digest.update(rest)
    return digest.digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a file is packed from."""

    description: Mapping[str, Any]
    index: Any
    """Buffers, little-endian: u32, u64, u8."""
    fingerprints: Any
    values: Any


def pack(parts: Parts) -> bytes:
    """Return the octets of a file."""
    text = json.dumps(
        parts.description, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()
    names = len(memoryview(parts.values).cast("B"))
    start = padded(len(text))
    index = bytes(memoryview(parts.index).cast("B"))
    rest = b"".join(
        (
            text + bytes(start - HEAD.size - len(text)),
            index + bytes(-len(index) % 8),
            parts.fingerprints,
            parts.values,
        )
    )
    bits = (len(index) // 4 - 1).bit_length() - 1
    head = HEAD.pack(MAGIC, VERSION, len(text), names, bits, bytes(32))
    return head[:DIGEST_AT] + _digest(head, rest) + rest


@dataclass(frozen=True, slots=True)
class _Head:
    """The header, and where it puts the sections."""

    octets: int
    names: int
    bits: int
    digest: bytes

    @property
    def index_at(self) -> int:
        return padded(self.octets)

    @property
    def index_end(self) -> int:
        return self.index_at + 4 * ((1 << self.bits) + 1)

    @property
    def fingerprints_at(self) -> int:
        return self.index_end + -self.index_end % 8

    @property
    def values_at(self) -> int:
        return self.fingerprints_at + 8 * self.names


def _head(memory: memoryview) -> _Head:
    if sys.byteorder != "little":
        raise ListsRefused("lists files are read on little-endian machines only")
    if len(memory) < HEAD.size:
        raise ListsRefused("shorter than the header of a lists file")
    magic, version, octets, names, bits, digest = HEAD.unpack(memory[: HEAD.size])
    if magic != MAGIC:
        raise ListsRefused("not a lists file")
    if version != VERSION:
        raise ListsRefused(f"version {version} of the lists file; this program reads {VERSION}")
    if octets > MOST_DESCRIPTION or names > MOST_NAMES or bits > MOST_INDEX_BITS:
        raise ListsRefused("its header announces more than a lists file may hold")
    return _Head(octets, names, bits, digest)


def check(memory: memoryview) -> Sections:
    """Check a whole file.

    Raises:
        ListsRefused: it is foreign, of another version, cut, damaged, or contradicts itself.
    """
    head = _head(memory)
    length = head.values_at + head.names
    if len(memory) != length:
        raise ListsRefused(f"{len(memory)} octets long instead of {length}: cut or damaged")
    if _digest(bytes(memory[: HEAD.size]), memory[HEAD.size :]) != head.digest:
        raise ListsRefused("its digest does not match its content: damaged")
    description = _described(bytes(memory[HEAD.size : HEAD.size + head.octets]))
    rows = _rows(description)
    _check_index(memory[head.index_at : head.index_end], head.names)
    if head.names and max(bytes(memory[head.values_at :])) >= len(rows):
        raise ListsRefused("a name has a category that the table does not hold")
    return Sections(
        names=head.names,
        index_bits=head.bits,
        rows=rows,
        description=description,
        index_at=head.index_at,
        fingerprints_at=head.fingerprints_at,
        values_at=head.values_at,
        digest=head.digest.hex(),
    )


def _described(text: bytes) -> Mapping[str, Any]:
    try:
        description = json.loads(text)
    except (ValueError, RecursionError):
        raise ListsRefused("its description cannot be read") from None
    if not isinstance(description, dict):
        raise ListsRefused("its description cannot be read")
    return description


def _rows(description: Mapping[str, Any]) -> tuple[Row, ...]:
    table = description.get("table")
    if not isinstance(table, list) or len(table) > MOST_ROWS:
        raise ListsRefused("its table of categories cannot be read")
    rows = []
    for row in table:
        if not isinstance(row, dict) or not all(
            isinstance(row.get(key), str) for key in ("list", "category", "rank")
        ):
            raise ListsRefused("its table of categories cannot be read")
        rows.append(Row(row["list"], row["category"], row["rank"]))
    return tuple(rows)


def _check_index(octets: memoryview, names: int) -> None:
    starts = array("I")
    starts.frombytes(octets)
    if starts[0] != 0 or starts[-1] != names or not all(map(le, starts, starts[1:])):
        raise ListsRefused("its index is out of order")
