"""Reading integers from bytes, and hashing them. The caller has checked the bounds."""

from numpy import int64 as i64

from collector.jit import inlined


@inlined
def be16(buf, o):
    """Return the 16-bit number at `o`, network order."""
    return (i64(buf[o]) << 8) | i64(buf[o + 1])


@inlined
def be24(buf, o):
    """Return the 24-bit number at `o`, network order."""
    return (i64(buf[o]) << 16) | (i64(buf[o + 1]) << 8) | i64(buf[o + 2])


@inlined
def be32(buf, o):
    """Return the 32-bit number at `o`, network order."""
    return (be16(buf, o) << 16) | be16(buf, o + 2)


@inlined
def be64(buf, o):
    """Return the 64 bits at `o` as a signed number (addresses: only equality matters)."""
    return (be32(buf, o) << 32) | be32(buf, o + 4)


@inlined
def le32(buf, o):
    """Return the 32-bit number at `o`, little endian."""
    return i64(buf[o]) | (i64(buf[o + 1]) << 8) | (i64(buf[o + 2]) << 16) | (i64(buf[o + 3]) << 24)


@inlined
def le16(buf, o):
    """Return the 16-bit number at `o`, little endian."""
    return i64(buf[o]) | (i64(buf[o + 1]) << 8)


@inlined
def u16(buf, o, little):
    """Return the 16-bit number at `o` in the file's order."""
    return le16(buf, o) if little else be16(buf, o)


@inlined
def u32(buf, o, little):
    """Return the 32-bit number at `o` in the file's order."""
    return le32(buf, o) if little else be32(buf, o)


@inlined
def copy(target, at, buf, o, n):
    """Copy `n` octets (a loop: slice assignment would allocate)."""
    for i in range(n):
        target[at + i] = buf[o + i]


@inlined
def mix(h, value):
    """Fold one 64-bit value into a hash (multiply and xor-shift, as in murmur3's finaliser)."""
    h = (h ^ value) * -7046029254386353131
    return h ^ ((h >> 29) & 0x7FFFFFFFF)
