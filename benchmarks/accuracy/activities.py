"""What people do, what that truly is, and how it moves: the labels of the measurement.

Spells (who, where, when, how long) are those of `simulator.day`. Some are made over into things that
the demonstration leaves out: calls, downloads, games among players, more peer-to-peer than a school
has. The label of a flow is the person's activity; the catalogue has no part in it.
"""

from collections.abc import Mapping
from typing import Final

from school.words import Category

TRUTH: Final[Mapping[str, Category]] = {
    "ent": Category.ENT,
    "school_life": Category.SCHOOL_LIFE,
    "assessment": Category.ASSESSMENT,
    "resource": Category.RESOURCE,
    "textbook": Category.TEXTBOOK,
    "tool": Category.TOOL,
    "collaborative": Category.COLLABORATIVE,
    "orientation": Category.ORIENTATION,
    "administration": Category.ADMINISTRATION,
    "unlisted": Category.RESOURCE,
    "social": Category.SOCIAL_NETWORK,
    "messaging": Category.MESSAGING,
    "shopping": Category.SHOPPING,
    "press": Category.PRESS,
    "webmail": Category.WEBMAIL,
    "video": Category.VIDEO_STREAMING,
    "radio": Category.WEB_RADIO,
    "music": Category.MUSIC_STREAMING,
    "games": Category.GAMES,
    "circumvention": Category.VPN_PROXY,
    "peer_to_peer": Category.P2P,
    "update": Category.OS_UPDATE,
    "upkeep": Category.NTP_PKI_DNS,
    "call": Category.CONFERENCING,
    "download": Category.FILE_HOSTING,
}

PRIVATE: Final = ("social", "messaging", "shopping", "press", "webmail", "video", "radio", "music",
                  "games", "download")  # fmt: skip
"""What a school's lists may miss: sites of private life."""

HOSTS: Final[Mapping[str, tuple[str, ...]]] = {
    "call": ("webconf.visio-agents.education.fr", "visio.numerique.gouv.fr"),
    "download": ("gfs270n.userstorage.mega.co.nz", "download.wetransfer.com"),
}
"""Names of the activities that the simulation does not have; the others take the simulation's."""

MADE_OVER: Final[Mapping[str, Mapping[str, float]]] = {
    "unnamed": {"social": 0.2, "resource": 0.3, "video": 0.2, "press": 0.15, "games": 0.15},
    "collaborative": {"collaborative": 0.6, "call": 0.4},
    "school_life": {"school_life": 0.85, "call": 0.15},
    "messaging": {"messaging": 0.9, "call": 0.1},
    "games": {"games": 0.6, "download": 0.25, "peer_to_peer": 0.15},
    "social": {"social": 0.85, "download": 0.05, "music": 0.1},
}
"""What the spells of an activity become, with which probability."""

SIX: Final = (
    Category.WEB_RADIO, Category.VIDEO_STREAMING, Category.CONFERENCING,
    Category.FILE_HOSTING, Category.P2P, Category.SOFTWARE_UPDATE,
)  # fmt: skip
"""What a behaviour may say; an update is an update, whoever's."""
UPDATES: Final = (Category.OS_UPDATE, Category.SOFTWARE_UPDATE, Category.ANTIVIRUS_UPDATE)
