"""How each word is written for people, in French and English. Pure tables; a test wants them whole.

Categories and zone kinds are plural nouns without article, so that they stand in a list; periods
and link states complete a sentence.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from school.words import (
    Behaviour,
    Category,
    DayKind,
    LinkState,
    Period,
    Strength,
    Use,
    ZoneKind,
)

Pair = tuple[str, str]

USES: Final[Mapping[Use, Pair]] = {
    Use.PEDAGOGICAL: ("usage pédagogique", "pedagogical use"),
    Use.RESIDUAL_PRIVATE: ("usage privé résiduel", "residual private use"),
    Use.ABUSIVE: ("usage abusif", "abusive use"),
    Use.RESOURCE_INAPPROPRIATE: ("usage inadapté à la ressource", "resource-inappropriate use"),
    Use.TECHNICAL: ("trafic technique", "technical traffic"),
    Use.UNDETERMINED: ("indéterminé", "undetermined"),
}
ZONE_KINDS: Final[Mapping[ZoneKind, Pair]] = {
    ZoneKind.CLASSROOM: ("salles de cours", "classrooms"),
    ZoneKind.LIBRARY: ("CDI", "library"),
    ZoneKind.OFFICE: ("bureaux", "offices"),
    ZoneKind.STUDENT_LIFE: ("vie scolaire", "student life"),
    ZoneKind.BOARDING: ("internat", "boarding"),
    ZoneKind.WIFI: ("Wi-Fi", "Wi-Fi"),
    ZoneKind.SERVER: ("serveurs", "servers"),
    ZoneKind.GUEST: ("invités", "guests"),
    ZoneKind.UNMATCHED: ("hors zones déclarées", "outside the declared zones"),
}
PERIODS: Final[Mapping[Period, Pair]] = {
    Period.LESSON: ("pendant les cours", "during lessons"),
    Period.BREAK: ("pendant les pauses", "during breaks"),
    Period.MEAL: ("pendant le repas", "at mealtime"),
    Period.EVENING: ("le soir", "in the evening"),
    Period.NIGHT: ("la nuit", "at night"),
    Period.CLOSED: ("quand l'établissement est fermé", "while the school is closed"),
}
DAY_KINDS: Final[Mapping[DayKind, Pair]] = {
    DayKind.ORDINARY: ("les jours ordinaires", "on ordinary days"),
    DayKind.EXAM: ("les jours d'examen", "on exam days"),
}
LINK_STATES: Final[Mapping[LinkState, Pair]] = {
    LinkState.CALM: ("calme", "calm"),
    LinkState.BUSY: ("chargée", "busy"),
    LinkState.SATURATED: ("saturée", "saturated"),
}
STRENGTHS: Final[Mapping[Strength, Pair]] = {
    Strength.NONE: ("absente", "absent"),
    Strength.WEAK: ("faible", "weak"),
    Strength.STRONG: ("sûre", "strong"),
}
BEHAVIOURS: Final[Mapping[Behaviour, Pair]] = {
    Behaviour.STEADY_AUDIO: ("un flux continu et régulier", "a continuous and steady stream"),
    Behaviour.VIDEO_BURSTS: ("des rafales et des pauses régulières", "regular bursts and pauses"),
    Behaviour.CALL: ("un échange continu dans les deux sens", "a continuous exchange both ways"),
    Behaviour.BULK_DOWNLOAD: (
        "un gros téléchargement sans pause",
        "a large download without pause",
    ),
    Behaviour.SOFTWARE_UPDATE: (
        "un gros téléchargement en HTTP simple, comme une mise à jour",
        "a large download over plain HTTP, like an update",
    ),
    Behaviour.PEER_TO_PEER: (
        "des échanges de pair à pair, à deux indices indépendants",
        "peer-to-peer exchanges, on two independent signs",
    ),
    Behaviour.NONE: ("aucun comportement reconnu", "no recognised behaviour"),
}
CATEGORIES: Final[Mapping[Category, Pair]] = {
    Category.ENT: ("espaces numériques de travail", "school portals"),
    Category.SCHOOL_LIFE: ("vie scolaire en ligne", "online school life"),
    Category.ASSESSMENT: ("évaluation", "assessment"),
    Category.RESOURCE: ("ressources pédagogiques", "teaching resources"),
    Category.TEXTBOOK: ("manuels numériques", "digital textbooks"),
    Category.TOOL: ("outils pédagogiques", "teaching tools"),
    Category.COLLABORATIVE: ("travail collaboratif", "collaborative work"),
    Category.ORIENTATION: ("orientation", "guidance and careers"),
    Category.COMMUNICATION: ("communication de l'établissement", "school communication"),
    Category.CONFERENCING: ("visioconférence", "video conferencing"),
    Category.ADMINISTRATION: ("administration", "administration"),
    Category.SOCIAL_NETWORK: ("réseaux sociaux", "social networks"),
    Category.MESSAGING: ("messageries instantanées", "instant messaging"),
    Category.WEBMAIL: ("messageries électroniques privées", "private webmail"),
    Category.SHOPPING: ("achats", "shopping"),
    Category.GAMES: ("jeux", "games"),
    Category.VIDEO_STREAMING: ("vidéo en ligne", "video streaming"),
    Category.MUSIC_STREAMING: ("musique en ligne", "music streaming"),
    Category.WEB_RADIO: ("webradios", "web radio"),
    Category.PRESS: ("presse", "press"),
    Category.FORUM: ("forums et blogs", "forums and blogs"),
    Category.SPORTS: ("sport", "sports"),
    Category.GAMBLING: ("jeux d'argent", "gambling"),
    Category.ADULT: ("contenus réservés aux adultes", "adult content"),
    Category.DATING: ("rencontres", "dating"),
    Category.P2P: ("pair-à-pair et téléchargement illicite", "peer-to-peer and unlawful downloads"),
    Category.VPN_PROXY: ("contournement (VPN, mandataires)", "circumvention (VPN, proxies)"),
    Category.DOH_RESOLVER: ("résolveurs DNS chiffrés", "encrypted DNS resolvers"),
    Category.FILE_HOSTING: ("hébergement de fichiers", "file hosting"),
    Category.AI_ASSISTANT: ("assistants d'intelligence artificielle", "AI assistants"),
    Category.HOMEWORK_CHEATING: ("devoirs tout faits", "ready-made homework"),
    Category.REMOTE_CONTROL: ("prise en main à distance", "remote control"),
    Category.CRYPTO_MINING: ("minage de cryptomonnaies", "cryptocurrency mining"),
    Category.OS_UPDATE: ("mises à jour des systèmes", "system updates"),
    Category.SOFTWARE_UPDATE: ("mises à jour des logiciels", "software updates"),
    Category.ANTIVIRUS_UPDATE: ("mises à jour des antivirus", "antivirus updates"),
    Category.NTP_PKI_DNS: ("horloge, certificats et noms", "clock, certificates and names"),
    Category.CDN_SHARED: ("hébergements partagés", "shared content networks"),
    Category.ADS_TRACKING: ("publicité et mesure d'audience", "advertising and tracking"),
    Category.SPEEDTEST_IOT: ("tests de débit et objets", "speed tests and appliances"),
    Category.SEARCH: ("moteurs de recherche", "search engines"),
    Category.UNKNOWN: ("services inconnus", "unknown services"),
}


_ALL: Final[Mapping[type[StrEnum], Mapping[str, Pair]]] = {
    Use: {word.value: pair for word, pair in USES.items()},
    ZoneKind: {word.value: pair for word, pair in ZONE_KINDS.items()},
    Period: {word.value: pair for word, pair in PERIODS.items()},
    DayKind: {word.value: pair for word, pair in DAY_KINDS.items()},
    LinkState: {word.value: pair for word, pair in LINK_STATES.items()},
    Strength: {word.value: pair for word, pair in STRENGTHS.items()},
    Behaviour: {word.value: pair for word, pair in BEHAVIOURS.items()},
    Category: {word.value: pair for word, pair in CATEGORIES.items()},
}


def label(kind: type[StrEnum], word: str, lang: str) -> str:
    """Return the text of a word of a vocabulary in `fr` or `en`.

    Raises:
        KeyError: no such word.
    """
    return _ALL[kind][word][1 if lang == "en" else 0]


def listed(texts: list[str], lang: str) -> str:
    """Join texts: `a, b ou c` / `a, b or c`."""
    if len(texts) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(texts)
    word = " or " if lang == "en" else " ou "
    return ", ".join(texts[:-1]) + word + texts[-1]
