"""The form of most inputs: pieces, each an octet that steers and some octets to be parsed."""

from collections.abc import Iterable, Iterator

PIECES_MAX = 32
"""Pieces of one input that are used: enough for every table of the parsers that counts packets."""


def join(parts: Iterable[tuple[int, bytes]]) -> bytes:
    """Write pieces; what `split` reads back."""
    return b"".join(bytes([steer]) + len(p).to_bytes(2, "big") + p for steer, p in parts)


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Read pieces from any octets: a length that runs past the end means all that is left."""
    at = 0
    for _ in range(PIECES_MAX):
        if at >= len(data):
            return
        length = int.from_bytes(data[at + 1 : at + 3], "big")
        yield data[at], data[at + 3 : at + 3 + length]
        at += 3 + length
