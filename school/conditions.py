"""A charter rule's condition and tolerance as plain sentences in French or English. Pure.

Used in the sealed charter document that pupils read, so the words are theirs, not the file's.
"""

from enum import StrEnum
from typing import Final

from school.charter import Rule, Tolerance, When
from school.declared import Label
from school.labels import label, listed
from school.words import Behaviour, Category, DayKind, LinkState, Period, Strength, Use, ZoneKind

SIZES: Final = {
    "megabytes_at_least": (
        "à partir de {n} Mo en une minute",
        "from {n} MB within one minute",
    ),
    "flow_megabytes_at_least": (
        "à partir de {n} Mo par la même connexion dans la journée",
        "from {n} MB over the same connection within the day",
    ),
    "device_day_megabytes_at_least": (
        "à partir de {n} Mo de cette catégorie par le même appareil dans la journée",
        "from {n} MB of this category by the same device within the day",
    ),
}
_LINES: Final = {
    "link": ("quand la ligne est {}", "when the line is {}"),
    "link_up": ("quand l'envoi vers Internet est {}", "when sending to the Internet is {}"),
    "link_down": (
        "quand la réception depuis Internet est {}",
        "when receiving from the Internet is {}",
    ),
}
"""`link_up` takes the masculine in French; `_states` sees to it."""


def condition(when: When) -> Label:
    """Return the sentence of a condition in both languages."""
    return Label(fr=_sentence(when, "fr"), en=_sentence(when, "en"))


def rule_sentences(rule: Rule) -> Label:
    """Return the sentence of a rule's condition, and the one of its tolerance if it has one."""
    told = condition(rule.when)
    if rule.tolerance is None:
        return told
    return Label(
        fr=f"{told.fr} {_tolerance(rule.tolerance, 'fr')}",
        en=f"{told.en} {_tolerance(rule.tolerance, 'en')}",
    )


def budget(tolerance: Tolerance, lang: str) -> str:
    """Write the budget of a tolerance: `30 minutes ou 200 Mo par jour et par appareil`."""
    english = lang == "en"
    parts = []
    if tolerance.minutes is not None:
        parts.append(f"{tolerance.minutes} minute" + ("s" if tolerance.minutes > 1 else ""))
    if tolerance.megabytes is not None:
        parts.append(f"{tolerance.megabytes} {'MB' if english else 'Mo'}")
    each = "a day and device" if english else "par jour et par appareil"
    return f"{listed(parts, lang)} {each}"


def _tolerance(tolerance: Tolerance, lang: str) -> str:
    use, because = label(Use, tolerance.beyond, lang), tolerance.because.in_language(lang)
    if lang == "en":
        return f"Tolerated up to {budget(tolerance, lang)}; beyond that: {use} ({because})."
    return f"Toléré jusqu'à {budget(tolerance, lang)} ; au-delà : {use} ({because})."


def _words(kind: type[StrEnum], words: frozenset[str], lang: str) -> str:
    """Name words in the order of their vocabulary, so that the sentence is always the same."""
    return listed([label(kind, word.value, lang) for word in kind if word.value in words], lang)


def _sentence(when: When, lang: str) -> str:
    english = lang == "en"
    if when.is_empty():
        return "In all other cases." if english else "Dans tous les autres cas."
    head = _subject(when, lang)
    if when.zone is not None:
        places = _words(ZoneKind, when.zone, lang)
        head += f" (places: {places})" if english else f" (lieux : {places})"
    return ", ".join([head, *_moments(when, lang), *_lines(when, lang), *_doubts(when, lang)]) + "."


def _subject(when: When, lang: str) -> str:
    english = lang == "en"
    if when.category is None:
        return "Any traffic" if english else "Tout trafic"
    text = _words(Category, when.category, lang)
    return text[:1].upper() + text[1:]


def _moments(when: When, lang: str) -> list[str]:
    parts = []
    if when.period is not None:
        parts.append(_words(Period, when.period, lang))
    if when.slot is not None:
        names = listed(sorted(when.slot), lang)
        parts.append(f"in the slot {names}" if lang == "en" else f"au créneau {names}")
    if when.day is not None:
        parts.append(_words(DayKind, when.day, lang))
    return parts


def _lines(when: When, lang: str) -> list[str]:
    parts = []
    for key, templates in _LINES.items():
        allowed = when.allowed(key)
        if allowed is not None:
            text = templates[lang == "en"]
            parts.append(text.format(_states(allowed, lang, masculine=key == "link_up")))
    return parts


def _states(states: frozenset[str], lang: str, *, masculine: bool) -> str:
    text = _words(LinkState, states, lang)
    if lang == "fr" and masculine:
        return text.replace("chargée", "chargé").replace("saturée", "saturé")
    return text


def _doubts(when: When, lang: str) -> list[str]:
    english = lang == "en"
    parts = []
    if when.list_category is not None:
        words = _words(Category, when.list_category, lang)
        parts.append(
            f"if the imported list says {words}" if english else f"si la liste importée dit {words}"
        )
    if when.evidence is not None:
        words = _words(Strength, when.evidence, lang)
        parts.append(f"if the evidence is {words}" if english else f"si la preuve est {words}")
    if when.behaviour is not None:
        words = _words(Behaviour, when.behaviour, lang)
        parts.append(f"if it looks like {words}" if english else f"si le flux montre {words}")
    if when.app is not None:
        names = listed(sorted(when.app), lang)
        parts.append(f"with the protocol {names}" if english else f"avec le protocole {names}")
    for key, templates in SIZES.items():
        least = when.least(key)
        if least is not None:
            parts.append(templates[english].format(n=least))
    return parts
