"""Why a QUIC datagram gave nothing."""

from enum import StrEnum


class QuicReject(StrEnum):
    """One word for each reason; counted, never an error."""

    VERSION = "version"
    TRUNCATED = "truncated"
    NOT_INITIAL = "not_initial"
    KEYS = "keys"  # no connection id that we saw opens it
    FRAMES = "frames"  # opened or in clear, but holds what a first packet cannot
