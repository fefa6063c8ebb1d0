"""Every attack, in the order of the table. Add one: a file in `attacks/`, a line here."""

from functools import cache
from importlib import import_module
from typing import Final

from audit.attack import Attack

PLACES: Final = (
    ("audit.attacks.surface", "ATTACK"),
    ("audit.attacks.averaging", "ATTACK"),
    ("audit.attacks.differencing", "ATTACK"),
    ("audit.attacks.windows", "ATTACK"),
    ("audit.attacks.sensitivity", "ATTACK"),
    ("audit.attacks.noise_law", "ATTACK"),
    ("audit.attacks.canary", "MU"),
    ("audit.attacks.canary", "MEMBERSHIP"),
    ("audit.attacks.secretary", "ATTACK"),
    ("audit.attacks.dominance", "ATTACK"),
    ("audit.attacks.reconstruction", "ATTACK"),
    ("audit.attacks.identity", "PSEUDONYMS"),
    ("audit.attacks.identity", "CANARIES"),
    ("audit.attacks.linkage", "ATTACK"),
    ("audit.attacks.scorecard", "ATTACK"),
    ("audit.attacks.policy", "ATTACK"),
    ("audit.attacks.tampering", "ATTACK"),
    ("audit.attacks.killing", "ATTACK"),
    ("audit.attacks.budget", "ATTACK"),
    ("audit.attacks.readable", "ATTACK"),
)


@cache
def load() -> tuple[Attack, ...]:
    """Return every attack, A1 first."""
    found = [getattr(import_module(module), name) for module, name in PLACES]
    return tuple(sorted(found, key=lambda attack: int(attack.number[1:])))


def by_number(number: str) -> Attack:
    """Return one attack.

    Raises:
        KeyError: there is none of that number.
    """
    return {attack.number: attack for attack in load()}[number]
