"""Looks for canaries in every octet of a directory, in every form in which they may hide.

Forms: text (any case), octets, hexadecimal, colons, dashes, dots, decimal numbers, base64, UTF-16,
each also reversed. Places: the file as it is, its name, every value of a Parquet file or of a spool
(decrypted with the store's own keys), and whatever is compressed (zstd, gzip) anywhere inside.
"""

import base64
import functools
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.cells import SUFFIX, read
from analyzer.store import Store
from collector.store.spool import MAGIC, NoSpool, cipher_of, pull_head, recover
from privacy.store.commit import parquet_key
from privacy.store.keys import FileKeyring
from privacy.store.layout import FLOWS, keys_beside
from privacy.store.parquet import decryption_of

if TYPE_CHECKING:
    from simulator.canaries import Canary

ZSTD, GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08"
UNPACKED_MAX = 64 << 20
_EXACT = "exact"
BETWEEN = b"\xff" * 4
"""Stands between octets that are searched together. No canary begins or ends with it: between two random
numbers a pair of line feeds, 0a 0a, made the start of an address 10.10.x.y, and one run in ten a false find."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a canary was found. The test names it; nothing of it is secret: it is invented."""

    canary: str
    form: str
    place: str


@functools.cache
def forms(canary: "Canary") -> dict[str, bytes]:
    """Return every form by name. Forms are lower case, save octets and base64 (`exact …`)."""
    found: dict[str, bytes] = {}
    if canary.text is not None:
        text = canary.text.lower()
        found["text"] = text.encode()
        found["hex"] = text.encode().hex().encode()
        found["utf-16"] = text.encode("utf-16-le")
        found[f"{_EXACT} base64"] = _base64(canary.text.encode())
    if canary.octets is not None:
        found |= _octet_forms(canary.octets)
    return found | {f"{name} reversed": form[::-1] for name, form in found.items()}


def _base64(octets: bytes) -> bytes:
    """The part of the base64 text that does not depend on what stands around it (alignment 0)."""
    whole = len(octets) // 3 * 3
    return base64.b64encode(octets[:whole])


def _octet_forms(octets: bytes) -> dict[str, bytes]:
    pairs = [f"{octet:02x}" for octet in octets]
    found = {
        f"{_EXACT} octets": octets,
        "hex": "".join(pairs).encode(),
        "colons": ":".join(pairs).encode(),
        "dashes": "-".join(pairs).encode(),
        "spaces": " ".join(pairs).encode(),
        "escaped": "".join(f"\\x{pair}" for pair in pairs).encode(),
        "list": ", ".join(str(octet) for octet in octets).encode(),
        "backwards pairs": "".join(reversed(pairs)).encode(),
        "number": str(int.from_bytes(octets, "big")).encode(),
        "number, little-endian": str(int.from_bytes(octets, "little")).encode(),
    }
    if len(octets) in {4, 16}:
        address = ip_address(octets)
        found |= {
            "address": str(address).encode(),
            "address, exploded": address.exploded.encode(),
            "pointer": address.reverse_pointer.encode(),
        }
    if len(octets) == 16:
        found |= {
            f"{_EXACT} interface identifier": octets[8:],
            "interface identifier": octets[8:].hex().encode(),
            "interface identifier, signed": str(
                int.from_bytes(octets[8:], "big", signed=True)
            ).encode(),
        }
    if len(octets) == 6:
        groups = octets.hex()
        found["cisco"] = ".".join(groups[i : i + 4] for i in (0, 4, 8)).encode()
    return found


def _unpacked(octets: bytes) -> Iterator[bytes]:
    """Yield whatever is compressed anywhere in these octets."""
    for magic, unpack in ((ZSTD, _unzstd), (GZIP, _ungzip)):
        at = octets.find(magic)
        while at >= 0:
            content = unpack(octets[at:])
            if content:
                yield content
            at = octets.find(magic, at + 1)


def _zstd_end(octets: bytes) -> int | None:
    """Return where a zstd frame ends (RFC 8878 section 3.1.1), or None if this is none."""
    descriptor = octets[4]
    single, checksum = descriptor >> 5 & 1, descriptor >> 2 & 1
    at = 5 + (not single) + (0, 1, 2, 4)[descriptor & 3] + (single, 2, 4, 8)[descriptor >> 6]
    while at + 3 <= len(octets):
        header = int.from_bytes(octets[at : at + 3], "little")
        repeated = header >> 1 & 3 == 1
        at += 3 + (1 if repeated else header >> 3)
        if header & 1:
            return at + 4 * checksum
    return None


def _unzstd(octets: bytes) -> bytes:
    end = _zstd_end(octets) if len(octets) > 5 else None
    if end is None:
        return b""
    try:
        with pa.CompressedInputStream(pa.BufferReader(octets[:end]), "zstd") as stream:
            return stream.read(UNPACKED_MAX)
    except (OSError, pa.ArrowInvalid):
        return b""


def _ungzip(octets: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(octets, UNPACKED_MAX)
    except (zlib.error, gzip.BadGzipFile):
        return b""


def _decrypted(path: Path) -> pa.Table:
    """Read a day file of a store as its analyzer does."""
    keys = FileKeyring(keys_beside(path.parents[2]))
    day = date.fromisoformat(path.parent.name.removeprefix("day="))
    key = parquet_key(keys, FLOWS, day)
    return pq.ParquetFile(path, decryption_properties=decryption_of(key)).read()


def _spooled(path: Path) -> Iterator[pa.Table]:
    """Read a spool as the collector does when it starts again."""
    octets = path.read_bytes()
    try:
        head = pull_head(octets)
    except NoSpool:
        return
    yield from recover(octets, cipher_of(FileKeyring(keys_beside(path.parents[1])), head)).tables


def _values(table: pa.Table) -> Iterator[bytes]:
    """Yield each column as text and, for numbers, as octets both ways round."""
    yield repr(table.schema.metadata).encode()
    for name, column in zip(table.schema.names, table.columns, strict=True):
        values = column.to_pylist()
        yield f"{name} {values!r}".encode()
        yield BETWEEN.join(value for value in values if isinstance(value, bytes))
        whole = (v for v in values if isinstance(v, int) and -(2**63) <= v < 2**63)
        yield BETWEEN.join(value.to_bytes(8, "big", signed=True) for value in whole)


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    octets = path.read_bytes()
    yield "octets", octets
    yield "name", str(path.name).encode()
    for content in _unpacked(octets):
        yield "compressed", content
    if path.suffix == SUFFIX:
        day = date.fromisoformat(path.stem)
        stored = read(Store(path.parents[3]), path.parent.name, day)
        yield "exact cells", repr(stored).encode()
    for kind, tables in _tables(path, octets):
        for table in tables:
            for value in _values(table):
                yield kind, value


def _tables(path: Path, octets: bytes) -> Iterator[tuple[str, Iterator[pa.Table]]]:
    """Yield what a file holds as rows, decrypted."""
    ends = octets[:4], octets[-4:]
    if ends == (b"PAR1", b"PAR1"):
        yield "parquet value", iter([pq.ParquetFile(path).read()])
    if ends == (b"PARE", b"PARE") and path.parent.name.startswith("day="):
        yield "encrypted parquet value", iter([_decrypted(path)])
    if octets[:8] == MAGIC:
        yield "spooled value", _spooled(path)


def scan_octets(octets: bytes, canaries: "tuple[Canary, ...]", place: str) -> set[Hit]:
    """Return what occurs in these octets."""
    if octets.count(0) == len(octets):
        return set()  # the ballast of a store: 16 MiB in which every form would be looked for
    lower = octets.lower()
    hits = set()
    for canary in canaries:
        for name, form in forms(canary).items():
            if form in (octets if name.startswith(_EXACT) else lower):
                hits.add(Hit(canary.name, name, place))
    return hits


def scan(roots: list[Path], canaries: "tuple[Canary, ...]") -> tuple[set[Hit], int]:
    """Scan every file under some directories; returns the hits and the octets that were read."""
    hits: set[Hit] = set()
    seen = 0
    for root in roots:
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            for kind, octets in _contents(path):
                hits |= scan_octets(octets, canaries, f"{path.relative_to(root)}: {kind}")
                seen += len(octets)
    return hits, seen
