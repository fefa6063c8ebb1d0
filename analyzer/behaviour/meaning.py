"""What a behaviour is evidence of, and how strong. Pure tables."""

from collections.abc import Mapping
from typing import Final

from school.words import Behaviour, Category, Strength

CATEGORY_OF_BEHAVIOUR: Final[Mapping[str, str]] = {
    Behaviour.STEADY_AUDIO.value: Category.WEB_RADIO.value,
    Behaviour.VIDEO_BURSTS.value: Category.VIDEO_STREAMING.value,
    Behaviour.CALL.value: Category.CONFERENCING.value,
    Behaviour.BULK_DOWNLOAD.value: Category.FILE_HOSTING.value,
    Behaviour.SOFTWARE_UPDATE.value: Category.SOFTWARE_UPDATE.value,
    Behaviour.PEER_TO_PEER.value: Category.P2P.value,
}

STRENGTH_OF_BEHAVIOUR: Final[Mapping[str, str]] = dict.fromkeys(
    CATEGORY_OF_BEHAVIOUR, Strength.WEAK.value
) | {Behaviour.PEER_TO_PEER.value: Strength.STRONG.value}
"""Peer-to-peer is only ever said on two independent signs: as strong as a protocol's own mark."""
