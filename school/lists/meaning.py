"""What an imported list (UT1) means in our categories. Pure.

Only lists that proved precise are here. Left out on purpose: `liste_bu`, `liste_blanche`, `child`,
`cleaning` (hold whole providers), `jobsearch` (polluted in 2026), `examen_pix`, `tricheur_pix`,
`special` ("do not use"), and lists that say nothing of a use. Whatever a list says is weak
evidence: lists hold mistakes (meeting sites among dating, service providers among VPN), so a list
alone never accuses anybody, and the reviewed catalogue always wins over it.
"""

from collections.abc import Mapping
from typing import Final

from school.words import Category

_UT1: Final[Mapping[str, Category]] = {
    "adult": Category.ADULT,
    "mixed_adult": Category.ADULT,
    "ai": Category.AI_ASSISTANT,
    "arjel": Category.GAMBLING,
    "audio-video": Category.VIDEO_STREAMING,
    "blog": Category.FORUM,
    "chat": Category.MESSAGING,
    "cryptojacking": Category.CRYPTO_MINING,
    "dating": Category.DATING,
    "doh": Category.DOH_RESOLVER,
    "download": Category.FILE_HOSTING,
    "educational_games": Category.RESOURCE,
    "filehosting": Category.FILE_HOSTING,
    "forums": Category.FORUM,
    "gambling": Category.GAMBLING,
    "games": Category.GAMES,
    "marketingware": Category.ADS_TRACKING,
    "press": Category.PRESS,
    "publicite": Category.ADS_TRACKING,
    "radio": Category.WEB_RADIO,
    "redirector": Category.VPN_PROXY,
    "remote-control": Category.REMOTE_CONTROL,
    "sexual_education": Category.RESOURCE,
    "shopping": Category.SHOPPING,
    "social_networks": Category.SOCIAL_NETWORK,
    "sports": Category.SPORTS,
    "translation": Category.RESOURCE,
    "tricheur": Category.HOMEWORK_CHEATING,
    "update": Category.SOFTWARE_UPDATE,
    "vpn": Category.VPN_PROXY,
    "warez": Category.P2P,
    "webmail": Category.WEBMAIL,
}

CATEGORY_OF_LIST: Final[Mapping[str, str]] = {
    **{word.value: word.value for word in Category if word is not Category.UNKNOWN},
    **{name: word.value for name, word in _UT1.items()},
}
"""From what a collector may have written in `list_category` (our word or UT1's) to our word."""
