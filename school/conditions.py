"""The condition of a charter rule as a plain sentence in French or English. Pure.

Used in the sealed charter document that pupils read, so the words are theirs, not the file's.
"""

from enum import StrEnum

from school.charter import When
from school.declared import Label
from school.labels import label, listed
from school.words import Behaviour, Category, LinkState, Period, Strength, ZoneKind


def condition(when: When) -> Label:
    """Return the sentence of a condition in both languages."""
    return Label(fr=_sentence(when, "fr"), en=_sentence(when, "en"))


def _words(kind: type[StrEnum], words: frozenset[str], lang: str) -> str:
    """Name words in the order of their vocabulary, so that the sentence is always the same."""
    return listed([label(kind, word.value, lang) for word in kind if word.value in words], lang)


def _sentence(when: When, lang: str) -> str:
    english = lang == "en"
    if when.is_empty():
        return "In all other cases." if english else "Dans tous les autres cas."
    parts = [_subject(when, lang)]
    if when.zone is not None:
        places = _words(ZoneKind, when.zone, lang)
        parts.append(f"(places: {places})" if english else f"(lieux : {places})")
    if when.period is not None:
        parts.append(_words(Period, when.period, lang))
    if when.link is not None:
        states = _words(LinkState, when.link, lang)
        parts.append(f"when the line is {states}" if english else f"quand la ligne est {states}")
    parts.extend(_doubts(when, lang))
    head, *rest = parts
    text = " ".join([head, rest.pop(0)]) if rest and rest[0].startswith("(") else head
    return ", ".join([text, *rest]) + "."


def _subject(when: When, lang: str) -> str:
    english = lang == "en"
    if when.category is None:
        return "Any traffic" if english else "Tout trafic"
    text = _words(Category, when.category, lang)
    return text[:1].upper() + text[1:]


def _doubts(when: When, lang: str) -> list[str]:
    english = lang == "en"
    parts = []
    if when.evidence is not None:
        words = _words(Strength, when.evidence, lang)
        parts.append(f"if the evidence is {words}" if english else f"si la preuve est {words}")
    if when.behaviour is not None:
        words = _words(Behaviour, when.behaviour, lang)
        parts.append(f"if it looks like {words}" if english else f"si le flux montre {words}")
    if when.app is not None:
        names = listed(sorted(when.app), lang)
        parts.append(f"with the protocol {names}" if english else f"avec le protocole {names}")
    if when.megabytes_at_least is not None:
        size = when.megabytes_at_least
        parts.append(
            f"from {size} MB within one minute"
            if english
            else f"à partir de {size} Mo en une minute"
        )
    return parts
