"""A small store that a mutant analyses and releases for itself: two simulated school days, thinned. I/O."""

import shutil
from dataclasses import replace
from pathlib import Path

from audit.ground import Ground

KEEP = 40
"""One flow in so many: the analysis of the copy takes a second or two."""

DAYS = 2


def fresh(ground: Ground, name: str) -> Ground:
    """Return a ground of its own, empty: `prepare` fills it."""
    place = ground.own / name
    if place.exists():
        shutil.rmtree(place)
    place.mkdir()
    sizes = replace(ground.sizes, weeks=1, keep=KEEP, days=DAYS)
    return replace(ground, scratch=place, work=None, sizes=sizes)


def remade(ground: Ground, name: str = "remade") -> Path:
    """Return a store that was analysed and released from its slices on, by the code as it is now."""
    from audit.prepare import prepare

    own = fresh(ground, name)
    prepare(own)
    return own.store
