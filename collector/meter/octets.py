"""Reading integers from bytes, hashing them, and telling the processor what will be read next.

The caller has checked the bounds. Each reader stands here twice: readable, octet by octet, and as
one load of the processor (`collector.meter.loads`), several times as fast. The readable ones run
where bounds are checked or nothing is compiled: there a wrong caller must show.
"""

import numba
from numpy import int64 as i64

from collector.jit import inlined

__all__ = [
    "be16", "be24", "be32", "be64", "copy", "le16", "le32", "mix", "prefetch", "u16", "u32",
]  # fmt: skip

if numba.config.BOUNDSCHECK or numba.config.DISABLE_JIT:

    @inlined
    def be16(buf, o):
        """Return the 16-bit number at `o`, network order."""
        return (i64(buf[o]) << 8) | i64(buf[o + 1])

    @inlined
    def be32(buf, o):
        """Return the 32-bit number at `o`, network order."""
        return (be16(buf, o) << 16) | be16(buf, o + 2)

    @inlined
    def be64(buf, o):
        """Return the 64 bits at `o` as a signed number (addresses: only equality matters)."""
        return (be32(buf, o) << 32) | be32(buf, o + 4)

    @inlined
    def le16(buf, o):
        """Return the 16-bit number at `o`, little endian."""
        return i64(buf[o]) | (i64(buf[o + 1]) << 8)

    @inlined
    def le32(buf, o):
        """Return the 32-bit number at `o`, little endian."""
        return le16(buf, o) | (le16(buf, o + 2) << 16)

    @inlined
    def copy(target, at, buf, o, n):
        """Copy `n` octets between two arrays (slice assignment would allocate)."""
        for i in range(n):
            target[at + i] = buf[o + i]

    @inlined
    def prefetch(array, i, skip):
        """Do nothing: what is read ahead is not checked."""

else:
    from collector.meter.loads import be16, be32, be64, copy, le16, le32, prefetch


@inlined
def be24(buf, o):
    """Return the 24-bit number at `o`, network order."""
    return (be16(buf, o) << 8) | i64(buf[o + 2])


@inlined
def u16(buf, o, little):
    """Return the 16-bit number at `o` in the file's order."""
    return le16(buf, o) if little else be16(buf, o)


@inlined
def u32(buf, o, little):
    """Return the 32-bit number at `o` in the file's order."""
    return le32(buf, o) if little else be32(buf, o)


@inlined
def mix(h, value):
    """Fold one 64-bit value into a hash (multiply and xor-shift, as in murmur3's finaliser)."""
    h = (h ^ value) * -7046029254386353131
    return h ^ ((h >> 29) & 0x7FFFFFFFF)
