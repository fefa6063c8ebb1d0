"""The other tables of the imaginary school: slots, services, volumes, months, a rehearsal.

Planted, and asserted by the tests:
  * Éléa doubles from 12 October on, when a training is declared;
  * ÉcoleDirecte is followed and never seen; Capytale appears after the holidays; Lumni goes away;
  * updates take a share of the saturated minutes in September, October has nothing to tell;
  * the rehearsal of the week of 9 November moves private use to resource-inappropriate.
"""

from datetime import date
from typing import Any

TRAINING = date(2026, 10, 12)
SERVICES = ("Pronote", "ÉcoleDirecte", "Éléa", "Capytale", "Lumni")
GROUPS = (
    "education", "conferencing", "video", "audio", "games",
    "social", "files", "updates", "web", "undetermined",
)  # fmt: skip
SHARES = (30_000, 0, 24_000, 9_000, 0, 0, 0, 40_000, 9_000, 20_000)
ALL_USES = (
    "pedagogical", "residual_private", "abusive", "resource_inappropriate",
    "technical", "undetermined",
)  # fmt: skip
GIGA = (70_000, 80_000, 2_000, 9_000, 9_000, 21_000)
NOISE = {"T2": (37.0, 10), "T3": (33.1, 8), "T4": (14_344.0, 1000), "T5-bis": (20.3, 2),
         "T7": (4_303.0, 300), "rehearsal": (40.6, 4)}  # fmt: skip


def per_day(service: str, monday: date) -> float:
    return {
        "Pronote": 150.0,
        "ÉcoleDirecte": 0.0,
        "Éléa": 60.0 if monday < TRAINING else 130.0,
        "Capytale": 0.0 if monday < date(2026, 11, 2) else 90.0,
        "Lumni": 90.0 if monday < date(2026, 10, 5) else 0.0,
    }[service]


def weekly(monday: date, school_days: int, slots: tuple) -> dict[str, dict]:
    by_use = (90.0, 40.0, 0.0, 4.0)
    uses = ALL_USES[:4]
    return {
        "T2": {
            (("slot", slot[0]), ("use", use)): school_days
            * by_use[i]
            * (slot[1] == "lesson" or 0.4)
            for slot in slots
            for i, use in enumerate(uses)
        },
        "T3": {(("service", name),): school_days * per_day(name, monday) for name in SERVICES},
        "T4": {(("use", use),): school_days / 5 * GIGA[i] for i, use in enumerate(ALL_USES)},
    }


def monthly(month: int) -> dict[str, dict]:
    full = month == 9
    return {
        "T5-bis": {
            (("use", "abusive"),): 90.0 if full else 60.0,
            (("use", "resource_inappropriate"),): 1500.0 if full else 300.0,
        },
        "T7": {(("group", name),): SHARES[i] * full for i, name in enumerate(GROUPS)},
    }


def annotations(new_line: date) -> dict[str, Any]:
    return {
        "document": "annotations",
        "events": [
            {"kind": "capacity", "from": new_line.isoformat(), "to": new_line.isoformat(),
             "line": "internet", "down_mbit_s": [20, 50]},
            {"kind": "training", "from": TRAINING.isoformat(), "to": TRAINING.isoformat(),
             "label": {"fr": "Formation à Éléa", "en": "Éléa training"}, "service": "Éléa"},
        ],
    }  # fmt: skip
