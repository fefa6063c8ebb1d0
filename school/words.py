"""The words that declarations, classification and pages share, each with one spelling.

A word that is written into a file, a release or a page comes from here. Adding a member means:
its label in both languages here, a rule or a sentence that uses it, and a test that meets it.
"""

from enum import StrEnum
from typing import Final


class Use(StrEnum):
    """The verdict on a slice."""

    PEDAGOGICAL = "pedagogical"
    RESIDUAL_PRIVATE = "residual_private"
    ABUSIVE = "abusive"
    RESOURCE_INAPPROPRIATE = "resource_inappropriate"
    TECHNICAL = "technical"
    UNDETERMINED = "undetermined"


CHARTER_USES: Final = (
    Use.PEDAGOGICAL,
    Use.RESIDUAL_PRIVATE,
    Use.ABUSIVE,
    Use.RESOURCE_INAPPROPRIATE,
)


class ZoneKind(StrEnum):
    """What a zone is for."""

    CLASSROOM = "classroom"
    LIBRARY = "library"
    OFFICE = "office"
    STUDENT_LIFE = "student_life"
    BOARDING = "boarding"
    WIFI = "wifi"
    SERVER = "server"
    GUEST = "guest"
    UNMATCHED = "unmatched"


UNMATCHED: Final = ZoneKind.UNMATCHED.value
"""Name and kind of the zone of addresses that no declared zone holds."""


class Period(StrEnum):
    """What the timetable says of a minute."""

    LESSON = "lesson"
    BREAK = "break"
    MEAL = "meal"
    EVENING = "evening"
    NIGHT = "night"
    CLOSED = "closed"


class DayKind(StrEnum):
    """What a day is besides its timetable."""

    ORDINARY = "ordinary"
    EXAM = "exam"  # declared in `exams` of calendar.yaml


class LinkState(StrEnum):
    """State of the Internet line in a clock minute: one direction, or the worse of both.

    It is entered at the percentage below and left a little lower (`analyzer.link_state`).
    """

    CALM = "calm"  # under 80 % of the declared capacity
    BUSY = "busy"  # from 80 %
    SATURATED = "saturated"  # from 95 %


class Strength(StrEnum):
    """How much the evidence for a category bears."""

    NONE = "none"
    WEAK = "weak"  # a DNS answer, a log line, an outer name, a behaviour
    STRONG = "strong"  # the name that the client itself asked for, a wire signature, or two signs


class Behaviour(StrEnum):
    """What an unnamed flow looks like. Only one accuses, peer-to-peer, on two independent signs."""

    STEADY_AUDIO = "steady_audio"
    VIDEO_BURSTS = "video_bursts"
    CALL = "call"
    BULK_DOWNLOAD = "bulk_download"
    SOFTWARE_UPDATE = "software_update"
    PEER_TO_PEER = "peer_to_peer"
    NONE = "none"


class Category(StrEnum):
    """What a site or a behaviour is."""

    ENT = "ent"
    SCHOOL_LIFE = "school_life"
    ASSESSMENT = "assessment"
    RESOURCE = "resource"
    TEXTBOOK = "textbook"
    TOOL = "tool"
    COLLABORATIVE = "collaborative"
    ORIENTATION = "orientation"
    COMMUNICATION = "communication"
    CONFERENCING = "conferencing"
    ADMINISTRATION = "administration"
    SOCIAL_NETWORK = "social_network"
    MESSAGING = "messaging"
    WEBMAIL = "webmail"
    SHOPPING = "shopping"
    GAMES = "games"
    VIDEO_STREAMING = "video_streaming"
    MUSIC_STREAMING = "music_streaming"
    WEB_RADIO = "web_radio"
    PRESS = "press"
    FORUM = "forum"
    SPORTS = "sports"
    GAMBLING = "gambling"
    ADULT = "adult"
    DATING = "dating"
    P2P = "p2p"
    VPN_PROXY = "vpn_proxy"
    DOH_RESOLVER = "doh_resolver"
    FILE_HOSTING = "file_hosting"
    AI_ASSISTANT = "ai_assistant"
    HOMEWORK_CHEATING = "homework_cheating"
    REMOTE_CONTROL = "remote_control"
    CRYPTO_MINING = "crypto_mining"
    OS_UPDATE = "os_update"
    SOFTWARE_UPDATE = "software_update"
    ANTIVIRUS_UPDATE = "antivirus_update"
    NTP_PKI_DNS = "ntp_pki_dns"
    CDN_SHARED = "cdn_shared"
    ADS_TRACKING = "ads_tracking"
    SPEEDTEST_IOT = "speedtest_iot"
    SEARCH = "search"
    UNKNOWN = "unknown"


PROTOCOLS: Final = (
    *("bittorrent", "bittorrent_dht", "bittorrent_utp", "bittorrent_lsd", "wireguard", "openvpn"),
    *("stun", "dtls", "rtp", "ssh", "icy", "rtsp", "smb", "rdp", "ntp", "snmp"),
    *("dns", "dot", "doq", "doh"),
)
"""What the collector recognises on the wire (column `app`); a rule can look at no other word."""

LANGUAGES: Final = ("fr", "en")
