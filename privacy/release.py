"""What leaves the gate: a release, its cells, and the difference between shown and withheld.

A release is a stored, noisy, sealed answer to one question about one closed period. This module
holds the values and their JSON form; only `privacy.gate` draws noise and builds new ones, and no
code turns a `Withheld` cell into a number, least of all into zero.

The unit is the device-day. A margin is the 95 % half-width of the noise alone.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

FORMAT: Final = 3
READABLE: Final = (2, FORMAT)
"""Format 2 did not say which policy was in force; nothing else differs."""
Z95: Final = 1.96
"""Two-sided 95 % point of the normal distribution; the discrete Gaussian at sigma >= 10 has it."""


class Measure(StrEnum):
    """What the cells of a table count."""

    DEVICE_DAYS = "device_days"
    DEVICE_SLOTS = "device_slots"  # a device-day in a slot of the timetable
    MEGABYTES = "megabytes"  # millions of IP octets, both directions


class Quality(StrEnum):
    """How much weight a shown value bears."""

    RELIABLE = "fiable"  # noisy value at least 10 sigma: margin at most 20 %
    INDICATIVE = "indicatif"  # at least 4 sigma: margin at most 49 %


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that may be displayed."""

    value: int
    margin: float
    """95 % half-width, same unit as the value."""
    quality: Quality


@dataclass(frozen=True, slots=True)
class Withheld:
    """A cell too small to say anything about. Drawn as such, never as zero."""

    below: int
    """The public threshold that the noisy value did not reach."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its public key, its stored noisy value and what may be displayed of it.

    `noisy` serves sums over cells and periods (post-processing); a page displays `display` only.
    """

    key: tuple[tuple[str, str], ...]
    noisy: int
    display: Shown | Withheld

    def get(self, dimension: str) -> str:
        """Return the key's value in one dimension, such as `zone` or `use`."""
        return dict(self.key)[dimension]


@dataclass(frozen=True, slots=True)
class Method:
    """How the noise was drawn: everything needed to defend the number, nothing secret."""

    mechanism: str  # "discrete_gaussian"
    unit: str  # "device_day"
    rho: float
    """zCDP cost of this release for one device-day."""
    sigma: float
    cap: int
    """Most of one device-day: cells to which it adds 1, or megabytes (L2 norm over its cells)."""
    measure: Measure = Measure.DEVICE_DAYS

    @property
    def sensitivity(self) -> float:
        """Return how far one device-day moves the cells, at most (L2): √cap cells, or cap MB."""
        return float(self.cap) if self.measure is Measure.MEGABYTES else math.sqrt(self.cap)


@dataclass(frozen=True, slots=True)
class Release:
    """A sealed table of one closed period [starts, ends)."""

    table: str
    period: str
    """`2026-11` for a month, `2026-W41` for a week, `2026-11-16` for a day."""
    starts: date
    ends: date
    method: Method
    cells: tuple[Cell, ...]
    origin: str
    """`measured` or `simulated`."""
    charter_digest: str
    privacy_digest: str
    policy_digest: str | None = None
    """Of everything that was enforced when it was drawn; None in releases of format 2."""


def display(
    noisy: int,
    *,
    sigma: float,
    floor: int,
    sigmas: float = 4.0,
    reliable_sigmas: float = 10.0,
) -> Shown | Withheld:
    """Decide from the noisy value alone what may be displayed (privacy.md section 4.5).

    Args:
        noisy: the drawn value.
        sigma: scale of the noise that was drawn.
        floor: readable floor, 11 × days of the period (DESIGN section 5); 0 for volumes.
        sigmas: fewest sigma of a shown value; a school may ask for more.
        reliable_sigmas: fewest sigma of a reliable value; likewise.
    """
    threshold = max(sigmas * sigma, float(floor))
    if noisy < threshold:
        return Withheld(below=int(-(-threshold // 1)))
    quality = Quality.RELIABLE if noisy >= reliable_sigmas * sigma else Quality.INDICATIVE
    return Shown(value=noisy, margin=round(Z95 * sigma, 1), quality=quality)


def dump_release(release: Release) -> dict[str, Any]:
    """Return the JSON payload of a release (`load_release` reads it back)."""
    return {
        "format": FORMAT,
        "kind": "release",
        "table": release.table,
        "period": release.period,
        "starts": release.starts.isoformat(),
        "ends": release.ends.isoformat(),
        "method": {
            "mechanism": release.method.mechanism,
            "unit": release.method.unit,
            "rho": release.method.rho,
            "sigma": release.method.sigma,
            "cap": release.method.cap,
            "measure": release.method.measure.value,
        },
        "cells": [_dump_cell(cell) for cell in release.cells],
        "origin": release.origin,
        "charter_digest": release.charter_digest,
        "privacy_digest": release.privacy_digest,
        "policy_digest": release.policy_digest,
    }


def _dump_cell(cell: Cell) -> dict[str, Any]:
    shown = cell.display
    if isinstance(shown, Withheld):
        display_as: dict[str, Any] = {"withheld": True, "below": shown.below}
    else:
        display_as = {"value": shown.value, "margin": shown.margin, "quality": shown.quality.value}
    return {"key": dict(cell.key), "noisy": cell.noisy, "display": display_as}


def load_release(payload: Mapping[str, Any]) -> Release:
    """Read the payload of `dump_release`.

    Raises:
        ValueError: another format or kind.
        KeyError: a part is missing.
    """
    form = payload["format"]
    if form not in READABLE or payload["kind"] != "release":
        raise ValueError("not a release of a format that this version reads")
    method = payload["method"]
    return Release(
        table=payload["table"],
        period=payload["period"],
        starts=date.fromisoformat(payload["starts"]),
        ends=date.fromisoformat(payload["ends"]),
        method=Method(
            mechanism=method["mechanism"],
            unit=method["unit"],
            rho=float(method["rho"]),
            sigma=float(method["sigma"]),
            cap=int(method["cap"]),
            measure=Measure(method["measure"]),
        ),
        cells=tuple(_load_cell(cell) for cell in payload["cells"]),
        origin=payload["origin"],
        charter_digest=payload["charter_digest"],
        privacy_digest=payload["privacy_digest"],
        policy_digest=payload["policy_digest"] if form == FORMAT else None,
    )


def _load_cell(cell: Mapping[str, Any]) -> Cell:
    shown = cell["display"]
    display_as: Shown | Withheld
    if shown.get("withheld"):
        display_as = Withheld(below=int(shown["below"]))
    else:
        display_as = Shown(
            value=int(shown["value"]),
            margin=float(shown["margin"]),
            quality=Quality(shown["quality"]),
        )
    return Cell(
        key=tuple(sorted((str(k), str(v)) for k, v in cell["key"].items())),
        noisy=int(cell["noisy"]),
        display=display_as,
    )
