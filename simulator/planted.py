"""The facts that the simulation hides and that a committee should discover: the only list.

Each fact is what the generators read (dates, zones, shares below) and what the tests look for in
exact data (`tests/simulator/test_planted.py`).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

NEW_LINE_DAY: Final = date(2026, 10, 5)
BUSY_SLOTS: Final = ("M2", "M4")
"""Lessons that filled the old line."""

UPDATE_WEEKDAY: Final = 1
"""Tuesday, as `date.weekday()` counts."""
UPDATE_SLOT: Final = "M3"
UPDATE_ZONE: Final = "salles"

RADIO_ZONE: Final = "bureaux"
RADIO_LISTENERS: Final = 36
"""Of 45; about 35 of them are there and listen on a given day."""

DIP_ACTIVITY: Final = "ent"
DIP_ZONE: Final = "salles"
DIP_FROM: Final = date(2026, 9, 21)
DIP_UNTIL: Final = date(2026, 10, 2)
"""Last day, included."""
DIP_ONLY: Final = 0.55
"""Share of the classroom device-days that use the platform and no other teaching service."""
DIP_REMAINS: Final = 0.06
"""Share of the usual spells that still happen while the service is down."""

RADIO_SHARE: Final = 0.72
"""Share of the slots in which a listener who is there listens."""
UPDATE_SHARE: Final = 0.8
"""Share of the classroom computers switched on that update in the slot."""

VIDEO_ZONE: Final = "internat"

TRAINING_DAY: Final = date(2026, 10, 12)
"""The day that `school/annotations.yaml` declares."""
TRAINED_SERVICE: Final = "Éléa"
TRAINED_HOST: Final = "bordeaux.elea.apps.education.fr"
BEFORE_TRAINING_HOST: Final = "eduscol.education.fr"
"""Where those who do not know the service go instead."""
UNTRAINED_SHARE: Final = 0.6
"""Share of the device-days that would use the service and, before the training, do not."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One planted fact, in words that a page should let a reader state."""

    id: str
    fr: str
    en: str
    page: str
    """Which page shows it: `debit`, `saturation`, `usages`, `services` or `en-bref`."""
    question_fr: str
    question_en: str


FACTS: Final[tuple[Fact, ...]] = (
    Fact(
        "new-line",
        "La nouvelle ligne, le 5 octobre (5e semaine de cours), met fin à la saturation des cours M2 et M4.",
        "The new line, on 5 October (week 5 of lessons), ends the saturation of lessons M2 and M4.",
        "debit",
        "La ligne suffit-elle maintenant, et le changement a-t-il servi ?",
        "Is the line enough now, and did the change help?",
    ),
    Fact(
        "tuesday-updates",
        "Chaque mardi, les mises à jour des ordinateurs de salle étouffent le cours M3 (10 h 05 – 11 h), même avec la nouvelle ligne.",
        "Every Tuesday, updates of the classroom computers choke lesson M3 (10:05–11:00), even with the new line.",
        "saturation",
        "Peut-on décaler les mises à jour du parc hors des cours ?",
        "Can the park's updates be moved out of lesson time?",
    ),
    Fact(
        "office-radio",
        "Dans les bureaux, la radio en ligne est une habitude (environ 35 postes sur 45) : elle ne gênait que la ligne chargée, donc avant le 5 octobre.",
        "In the offices, web radio is a habit (about 35 of 45 computers): it only mattered on a busy line, so before 5 October.",
        "usages",
        "Faut-il garder la règle sur la radio, puisque la ligne la supporte ?",
        "Does the rule about radio stay, now that the line bears it?",
    ),
    Fact(
        "ent-dip",
        "Du 21 septembre au 2 octobre, l'espace numérique de travail est presque muet : l'usage pédagogique chute en salles de cours.",
        "From 21 September to 2 October the learning platform is almost silent: pedagogical use falls in classrooms.",
        "usages",
        "Que s'est-il passé pendant ces deux semaines, et qui a été prévenu ?",
        "What happened during these two weeks, and who was told?",
    ),
    Fact(
        "boarding-video",
        "Le soir, l'internat regarde des vidéos, et la ligne le supporte : la page Débit montre un soir calme, aucune ne dit encore quels usages.",
        "In the evening, boarding streams video and the line bears it: Débit shows a calm evening, no page says yet which uses.",
        "debit",
        "Le soir de l'internat demande-t-il une règle, ou rien ?",
        "Does the boarding evening call for a rule, or for nothing?",
    ),
    Fact(
        "elea-training",
        "Depuis la formation du 12 octobre, Éléa sert à peu près deux fois plus de journées-appareils.",
        "Since the training of 12 October, Éléa is used on about twice as many device-days.",
        "services",
        "La formation a-t-elle servi, et pour quel service en faire une autre ?",
        "Did the training help, and for which service should there be another?",
    ),
)
