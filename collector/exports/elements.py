"""The information elements that are read, each with the widths that its type allows.

A field whose width its type does not allow is skipped, never read: one global limit instead of a
limit per type let a single datagram overflow a peer's buffer (pmacct issue 934). All other elements
are skipped by their declared width.

Numbers: IANA's registry of IPFIX entities; 0 to 127 are NetFlow v9's (RFC 3954 section 8).
"""

from dataclasses import dataclass

REVERSE_PEN = 29_305
"""RFC 5103 section 6.1: the same element, counted in the other direction."""
NTOP_PEN = 35_632
NTOP_V9_BASE = 57_472
"""NetFlow v9 has no enterprise numbers: nProbe sends its element n as type 57472 + n."""


def key_of(pen: int, number: int) -> int:
    """Return the one number under which an element is known here."""
    return pen << 16 | number


def reverse_of(number: int) -> int:
    """Return the key of an IANA element counted in the other direction."""
    return key_of(REVERSE_PEN, number)


OCTETS, PACKETS, PROTOCOL, SOURCE_PORT, SOURCE_V4 = 1, 2, 4, 7, 8
TARGET_PORT, TARGET_V4, END_UPTIME, START_UPTIME = 11, 12, 21, 22
POST_OCTETS, POST_PACKETS, SOURCE_V6, TARGET_V6 = 23, 24, 27, 28
SAMPLING_INTERVAL, SAMPLER_ID, SAMPLER_INTERVAL = 34, 48, 50
SOURCE_MAC, POST_TARGET_MAC, VLAN, IP_VERSION, TARGET_MAC = 56, 57, 58, 60, 80
OCTETS_TOTAL, PACKETS_TOTAL, END_REASON = 85, 86, 136
START_S, END_S, START_MS, END_MS, START_US, END_US, START_NS, END_NS = range(150, 158)
START_DELTA_US, END_DELTA_US, INIT_MS, DURATION_MS, DURATION_US = 158, 159, 160, 161, 162
INITIATOR_OCTETS, RESPONDER_OCTETS, INITIATOR_PACKETS, RESPONDER_PACKETS = 231, 232, 298, 299
DOT1Q_VLAN, SELECTOR_ID, SAMPLE_INTERVAL, SAMPLE_SPACE = 243, 302, 305, 306
SAMPLE_SIZE, SAMPLE_POPULATION = 309, 310
HTTP_HOST = 460
NTOP_HTTP_HOST, NTOP_TLS_NAME = key_of(NTOP_PEN, 187), key_of(NTOP_PEN, 188)


@dataclass(frozen=True, slots=True)
class Element:
    """Widths in octets that the element's type allows (reduced sizes: RFC 7011 section 6.2)."""

    least: int
    most: int
    text: bool = False


_COUNTER, _HALF, _ONE, _WORD = Element(1, 8), Element(1, 2), Element(1, 1), Element(1, 4)
_V4, _V6, _MAC = Element(4, 4), Element(16, 16), Element(6, 6)
_SECONDS, _UPTIME, _LONG = Element(4, 8), Element(4, 4), Element(8, 8)
_NAME = Element(1, 65_534, text=True)

_BOTH_WAYS = {
    OCTETS: _COUNTER,
    PACKETS: _COUNTER,
    OCTETS_TOTAL: _COUNTER,
    PACKETS_TOTAL: _COUNTER,
}

ELEMENTS: dict[int, Element] = {
    **_BOTH_WAYS,
    **{reverse_of(number): element for number, element in _BOTH_WAYS.items()},
    PROTOCOL: _ONE,
    SOURCE_PORT: _HALF,
    TARGET_PORT: _HALF,
    SOURCE_V4: _V4,
    TARGET_V4: _V4,
    SOURCE_V6: _V6,
    TARGET_V6: _V6,
    END_UPTIME: _UPTIME,
    START_UPTIME: _UPTIME,
    POST_OCTETS: _COUNTER,
    POST_PACKETS: _COUNTER,
    SAMPLING_INTERVAL: _WORD,
    SAMPLER_ID: _WORD,
    SAMPLER_INTERVAL: _WORD,
    SOURCE_MAC: _MAC,
    TARGET_MAC: _MAC,
    POST_TARGET_MAC: _MAC,
    VLAN: _HALF,
    DOT1Q_VLAN: _HALF,
    IP_VERSION: _ONE,
    END_REASON: _ONE,
    START_S: _SECONDS,
    END_S: _SECONDS,
    START_MS: _LONG,
    END_MS: _LONG,
    START_US: _LONG,
    END_US: _LONG,
    START_NS: _LONG,
    END_NS: _LONG,
    START_DELTA_US: _UPTIME,
    END_DELTA_US: _UPTIME,
    INIT_MS: _LONG,
    DURATION_MS: _WORD,
    DURATION_US: _WORD,
    INITIATOR_OCTETS: _COUNTER,
    RESPONDER_OCTETS: _COUNTER,
    INITIATOR_PACKETS: _COUNTER,
    RESPONDER_PACKETS: _COUNTER,
    SELECTOR_ID: _COUNTER,
    SAMPLE_INTERVAL: _WORD,
    SAMPLE_SPACE: _WORD,
    SAMPLE_SIZE: _WORD,
    SAMPLE_POPULATION: _WORD,
    HTTP_HOST: _NAME,
    NTOP_HTTP_HOST: _NAME,
    NTOP_TLS_NAME: _NAME,
}


def version9_key(number: int) -> int:
    """Return the key of a NetFlow v9 field type."""
    if number >= NTOP_V9_BASE:
        return key_of(NTOP_PEN, number - NTOP_V9_BASE)
    return number
