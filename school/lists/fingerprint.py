"""The fingerprint of a name: 56 bits spread over 64. Pure.

A name is a number written in base 256, its last octet first; the fingerprint is that number modulo
a prime, then folded and multiplied by an odd constant so that the high bits (the bucket in the
file) depend on all of it. Read backwards, a name passes through all its suffixes: one pass over the octets gives the
fingerprints of every line that could hold it (NumPy and compiled twins), and plain Python gets
each suffix from one division of a large integer, at C speed.

Nothing secret is hashed (lists are public), so the function need not be cryptographic. A name that
is in no list is taken for a listed one with probability (lines × suffixes tried) / 2^56: about
3e-10 for six million lines and three suffixes. Two lines share a fingerprint with probability
2^-56: 2e-4 expected such pairs in six million.
"""

from typing import Final

WORD: Final = 2**64 - 1
PRIME: Final = 0xC90FDAA22168E5
"""The first prime from pi × 2^54 on: chosen by nobody, and under 2^56, so that state × 256 + octet
fits 64 bits. A prime beside a power of two would make far octets exchangeable."""
FINISH: Final = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio, odd: multiplying by it loses nothing."""
FOLD: Final = 28
"""Half of 56: names that count up (site1, site2…) make progressions, which folding breaks."""
BASE: Final = 256
DOT: Final = 46


def fingerprint(name: str) -> int:
    """Return the fingerprint of a name in small ASCII letters, without final dot."""
    state = int.from_bytes(name.encode("ascii"), "little") % PRIME
    return (state ^ state >> FOLD) * FINISH & WORD
