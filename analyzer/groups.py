"""Which group of categories a slice's volume counts for while the line is saturated (table T7). Pure.

Ten groups are what the noise leaves readable in a month; they answer "what fills the line when it is
full", so they follow what weighs, not what the charter says of it.
"""

from collections.abc import Mapping
from typing import Final

from school.words import Category

_MEMBERS: Final[Mapping[str, tuple[Category, ...]]] = {
    "education": (
        Category.ENT, Category.SCHOOL_LIFE, Category.ASSESSMENT, Category.RESOURCE,
        Category.TEXTBOOK, Category.TOOL, Category.COLLABORATIVE, Category.ORIENTATION,
        Category.COMMUNICATION, Category.ADMINISTRATION,
    ),
    "conferencing": (Category.CONFERENCING,),
    "video": (Category.VIDEO_STREAMING,),
    "audio": (Category.MUSIC_STREAMING, Category.WEB_RADIO),
    "games": (Category.GAMES,),
    "social": (Category.SOCIAL_NETWORK, Category.MESSAGING, Category.DATING, Category.FORUM),
    "files": (Category.FILE_HOSTING, Category.P2P, Category.VPN_PROXY, Category.REMOTE_CONTROL),
    "updates": (Category.OS_UPDATE, Category.SOFTWARE_UPDATE, Category.ANTIVIRUS_UPDATE),
    "web": (
        Category.WEBMAIL, Category.SHOPPING, Category.PRESS, Category.SPORTS, Category.SEARCH,
        Category.AI_ASSISTANT, Category.HOMEWORK_CHEATING, Category.GAMBLING, Category.ADULT,
        Category.CRYPTO_MINING, Category.ADS_TRACKING, Category.SPEEDTEST_IOT,
        Category.NTP_PKI_DNS, Category.DOH_RESOLVER,
    ),
    "undetermined": (Category.CDN_SHARED, Category.UNKNOWN),
}  # fmt: skip

GROUP_OF_CATEGORY: Final[Mapping[str, str]] = {
    category.value: group for group, categories in _MEMBERS.items() for category in categories
}
"""Each category's group (`privacy.gate.tables.GROUPS`)."""
