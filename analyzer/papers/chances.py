"""The budget in words: epsilon, and what it lets somebody guess, from a day to a month. Pure."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from analyzer.papers.wording import number, percent
from privacy.gate.noise import epsilon, epsilons
from privacy.guessing import guesses
from privacy.settings import PrivacySettings

PRESENCES_FR: Final = {
    "device_day": "un appareil, un jour",
    "two_devices": "deux appareils d'une personne, un jour",
    "school_week": "un appareil, une semaine de classe (comptée d'un bloc)",
    "boarding_week": "un appareil, une semaine d'internat (comptée d'un bloc)",
    "school_month": "un appareil, 20 jours de classe d'un mois, toutes les tables",
    "boarding_month": "un appareil, 31 jours d'internat, toutes les tables",
}
"""The presences of `privacy.guessing`."""


@lru_cache(maxsize=32)
def price(rho: float, days: int) -> float:
    """Return the epsilon of one device's presence on so many days of one period of a table."""
    return epsilon(rho, days)


@lru_cache(maxsize=8)
def four(rho: float) -> dict[str, float]:
    """Return the four epsilons that are always told together."""
    return epsilons(rho)


@dataclass(frozen=True, slots=True)
class Chance:
    """What the budget amounts to for one kind of presence: epsilon, and chances of guessing."""

    name: str
    epsilon: float
    mean: float
    worst: float

    def as_payload(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "name": self.name,
            "epsilon": self.epsilon,
            "mean": round(self.mean, 5),
            "worst": round(self.worst, 5),
        }


@lru_cache(maxsize=8)
def in_chances(settings: PrivacySettings) -> tuple[Chance, ...]:
    """Return the six presences of `privacy.guessing`, from a day to a month."""
    return tuple(
        Chance(name, price(rho, 1), each.mean, each.worst)
        for name, (rho, each) in guesses(settings).items()
    )


def chance_line(chance: Chance) -> str:
    """Return what one kind of presence lets an observer guess, in words."""
    return (
        f"{PRESENCES_FR[chance.name]} : ε = {number(chance.epsilon)} ; il devine juste "
        f"{percent(chance.mean)} du temps (au hasard : 50 %) ; au tirage le plus parlant sur un "
        f"million, il en serait sûr à {percent(chance.worst)}"
    )
