"""Which days are holidays in France, as far as it can be proven, and what must be declared. Pure.

Public holidays come from the `holidays` package, by territory. School holidays come from it too,
but it holds those of the metropolitan zones A, B and C only (by decree). Corsica and the territories
overseas set their own calendars, which it does not know: there the school writes
`holiday_zone: declared` and lists them, and a zone letter is refused instead of being wrong.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import holidays

DECLARED: Final = "declared"
ZONES: Final = ("A", "B", "C")
METROPOLE: Final = "metropole"
DECREED_UNTIL: Final = date(2028, 8, 31)
"""End of the last school year whose decree (21 July 2026) the package follows; it computes later
years by rule. Move it when `holidays` follows a newer decree."""


@dataclass(frozen=True, slots=True)
class Territory:
    """A part of France with public holidays or school holidays of its own."""

    name: str
    subdivision: str | None
    """What the `holidays` package calls it; None: the national public holidays."""
    timezones: tuple[str, ...]
    has_zone: bool = False
    """Its school holidays are those of zone A, B or C."""


_PARIS: Final = ("Europe/Paris",)
TERRITORIES: Final[dict[str, Territory]] = {
    METROPOLE: Territory("metropolitan France", None, _PARIS, has_zone=True),
    "alsace": Territory("Alsace", "6AE", _PARIS, has_zone=True),
    "moselle": Territory("Moselle", "57", _PARIS, has_zone=True),
    "corse": Territory("Corsica", None, _PARIS),
    "guadeloupe": Territory("Guadeloupe", "971", ("America/Guadeloupe",)),
    "martinique": Territory("Martinique", "972", ("America/Martinique",)),
    "guyane": Territory("Guyane", "973", ("America/Cayenne",)),
    "reunion": Territory("Réunion", "974", ("Indian/Reunion",)),
    "mayotte": Territory("Mayotte", "976", ("Indian/Mayotte",)),
    "saint_barthelemy": Territory("Saint-Barthélemy", "BL", ("America/St_Barthelemy",)),
    "saint_martin": Territory("Saint-Martin", "MF", ("America/Marigot",)),
    "saint_pierre_et_miquelon": Territory("Saint Pierre and Miquelon", "PM", ("America/Miquelon",)),
    "nouvelle_caledonie": Territory("New Caledonia", "NC", ("Pacific/Noumea",)),
    "polynesie": Territory(
        "French Polynesia",
        "PF",
        ("Pacific/Tahiti", "Pacific/Marquesas", "Pacific/Gambier"),
    ),
    "wallis_et_futuna": Territory("Wallis and Futuna", "WF", ("Pacific/Wallis",)),
}


@lru_cache(maxsize=64)
def days_off(holiday_zone: str, territory: str, year: int) -> frozenset[date]:
    """Return the public holidays of a territory, and the school holidays of a zone, in a year.

    Args:
        holiday_zone: `A`, `B`, `C`, or `declared` (public holidays only).
        territory: key of `TERRITORIES`.
        year: any from 2018 on.
    """
    subdivision = TERRITORIES[territory].subdivision
    off = set(holidays.country_holidays("FR", subdiv=subdivision, years=[year]))
    if holiday_zone in ZONES:
        off |= set(
            holidays.country_holidays(
                "FR", subdiv=f"Zone {holiday_zone}", years=[year], categories=("school",)
            )
        )
    return frozenset(off)


def zone_that_was_meant(value: str) -> str:
    """Return the problem with a territory written as a holiday zone; empty if it is none."""
    simple = value.lower().replace("é", "e").replace("-", "_").replace(" ", "_")
    key = simple.removeprefix("la_").replace("corsica", "corse")
    territory = TERRITORIES.get(key)
    if territory is None or territory.has_zone:
        return ""
    return (
        f"the school holidays of {territory.name} are not known here: write "
        f"`holiday_zone: declared`, `territory: {key}`, and list them under `holidays`"
    )
