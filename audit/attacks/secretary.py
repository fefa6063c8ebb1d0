"""A9: the one secretary. A zone of one person: is it anywhere, and what would it tell if it were?

The school declares a zone of one, on top of its own. Nothing that leaves (releases, answers of the API,
its description, the ledger, the log) may hold that zone as a key; and even if it were published, one
person's private use must stay close to a coin's toss.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import replace as changed
from typing import Any, Final

import numpy as np

from audit.alter import mutant
from audit.attack import Attack, Figure, at_most, equals, told
from audit.attacks.canary import SECRETARY_LIMIT, WEEK_DAYS, Side
from audit.ground import Ground, Live
from audit.statistics import normal_cdf
from privacy.gate import tables
from privacy.gate.tables import CHARTER_USES
from school.load import School

ZONE: Final = "secretariat-zone-of-one"
PRIVATE: Final = CHARTER_USES.index("residual_private")


def school_with_one(ground: Ground) -> School:
    """Return the simulated school with a zone of one person."""
    offices = next(zone for zone in ground.school.zones if zone.name == "bureaux")
    alone = changed(offices, name=ZONE, persons=1, published_in=None)
    zones = ground.school.zones
    return changed(ground.school, zones=changed(zones, zones=(*zones.zones, alone)))


def _outputs(ground: Ground, school: School) -> Iterator[str]:
    """Yield what would leave of this school: keys of every table, every release, what was charged."""
    found = tables.definitions(
        school.zones, school.privacy,
        slots=[slot.name for slot in school.calendar.slots], services=school.services.follow,
    )  # fmt: skip
    for definition in found.values():
        yield json.dumps(definition.keys())
    for definition in found.values():
        yield json.dumps(_release(ground, school, definition))


def _release(ground: Ground, school: School, definition: Any) -> Any:
    from audit.attacks.gate import released

    return released(ground, school, definition, [0] * len(definition.keys()))


def accuracy(ground: Ground, days: int) -> tuple[float, float]:
    """Return accuracy and theory of "did the secretary use private services?", were her zone shown.

    The attacker knows everything else: her presence and everybody else's uses. T1 moves by one in one
    cell a day; T6 of each day moves by one, too.
    """
    one = np.array([1], np.int64)
    week = Side(ground.settings.method("T1"), one)
    day = Side(ground.settings.method("T6"), one, releases=days)
    guesses = ground.sizes.guesses * 4
    scores = [
        days * week.statistic(guesses, days * present) + day.statistic(guesses, present)
        for present in (0, 1)
    ]
    squared = days**2 / week.method.sigma**2 + days / day.method.sigma**2
    middle = squared / 2
    right = (np.mean(scores[1] > middle) + np.mean(scores[0] < middle)) / 2
    return float(right), normal_cdf(math.sqrt(squared) / 2)


def _leaks(ground: Ground) -> Figure:
    school = school_with_one(ground)
    hits = sum(ZONE in text for text in _outputs(ground, school))
    return equals("sorties où figure la zone d'une seule personne", hits, 0)


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    day, day_theory = accuracy(ground, 1)
    week, week_theory = accuracy(ground, WEEK_DAYS)
    return [
        _leaks(ground),
        at_most("exactitude si la zone était publiée, un jour", day, SECRETARY_LIMIT,
                f"théorie {day_theory:.3f}"),
        at_most("exactitude si la zone était publiée, cinq jours", week, SECRETARY_LIMIT,
                f"théorie {week_theory:.3f}"),
    ]  # fmt: skip


def live(subject: Live) -> list[Figure]:
    """Look for zones under the floor in everything that a live store publishes."""
    published = tables.published_zones(subject.school.zones, subject.settings.floor_persons)
    small = [name for name, target in published.items() if target != name]
    keys = [
        cell["key"].get("zone")
        for path in (subject.store / "public" / "releases").glob("*/*.json")
        for cell in json.loads(path.read_bytes())["payload"].get("cells", ())
    ]
    return [
        told("zones déclarées sous le seuil ou sans appareils comptés", len(small)),
        equals("cellules publiées pour une telle zone", sum(key in small for key in keys), 0),
    ]


def _no_floor(real: Any) -> Any:
    def published(zones: Any, floor_persons: int) -> dict[str, str | None]:
        del floor_persons
        found: dict[str, str | None] = real(zones, 0)
        return found

    return published


ATTACK: Final = Attack(
    "A9",
    "La secrétaire seule",
    "Déclarer une zone d'une seule personne et chercher ce qui en sort.",
    measure,
    (
        mutant(
            "seuil de population retiré",
            (tables, "published_zones", _no_floor(tables.published_zones)),
            measure=lambda ground: [_leaks(ground)],
        ),
    ),
    live=live,
    needs="nothing",
    fresh=True,
)
