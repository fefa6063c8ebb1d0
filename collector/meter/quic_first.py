"""Which datagrams are worth opening: those that begin like a client's first QUIC packet."""

from numpy import int64 as i64

from collector.jit import compiled, inlined
from collector.meter.octets import be16, be32

SHORTEST = 13
"""Google's public header up to its version; a long header with its ids is longer."""
_Q0 = 0x5130
"""The first half of Google's versions Q024 to Q043."""


@inlined
def is_quic_version(version):
    """Versions whose first packets `collector.quic` and `collector.gquic` can read.

    1 (RFC 9000), 2 (RFC 9369), drafts 23 to 34, draft-27 under Facebook's two names, and Google's
    Q046, Q050, T050, T051.
    """
    return (
        version == 1
        or version == 0x6B3343CF
        or 0xFF000017 <= version <= 0xFF000022
        or version == 0xFACEB002
        or version == 0xFACEB00E
        or version == 0x51303436
        or version == 0x51303530
        or version == 0x54303530
        or version == 0x54303531
    )


@compiled
def may_begin_quic(buf, o, n):
    """Say whether `buf[o:o + n]` may hold an Initial or the first packet of Google's QUIC.

    A long header (RFC 8999 section 5.1) of a version that can be read, or Google's public header
    with the flags for version and connection id, not for reset, and a version of its.
    """
    if n < SHORTEST:
        return False
    first = i64(buf[o])
    if first & 0xC0 == 0xC0:
        return is_quic_version(be32(buf, o + 1))
    return first & 0xCB == 0x09 and be16(buf, o + 9) == _Q0
