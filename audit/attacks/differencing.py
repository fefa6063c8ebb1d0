"""A3: subtract published numbers from each other until an exact one falls out.

Every number of an answer must be a stored noisy cell, its margin, its threshold, or a public constant of
the method: then sums and differences hold nothing else. And what the noise hides must be hidden in every
direction: the residuals, cell by cell and along random differences, follow their law.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from audit.alter import mutant
from audit.asking import Asker
from audit.attack import Attack, Figure, at_least, equals, told
from audit.ground import Ground, Live
from audit.statistics import two_sided
from privacy.gate.periods import period_of
from privacy.gate.tables import PERIODS
from privacy.published import NOISY_TABLES, Published

LEAST_P: Final = 0.001
DIRECTIONS: Final = 200
KNOWN: Final = {
    "payload": frozenset({
        "format", "kind", "table", "period", "starts", "ends", "method", "cells", "origin",
        "charter_digest", "privacy_digest", "policy_digest",
    }),
    "method": frozenset({"mechanism", "unit", "rho", "sigma", "cap", "measure"}),
    "cell": frozenset({"key", "noisy", "display"}),
}  # fmt: skip
"""Everything that a stored release may hold: a new field is a new number to think about."""


def _releases(public: Path) -> Iterator[dict[str, Any]]:
    published = Published(public)
    for table in NOISY_TABLES:
        for period in published.periods(table):
            yield published.payload(table, period)


def unknown_fields(public: Path) -> int:
    """Count fields of stored releases that no rule explains."""
    found = 0
    for payload in _releases(public):
        found += len(payload.keys() - KNOWN["payload"])
        found += len(payload["method"].keys() - KNOWN["method"])
        found += sum(len(cell.keys() - KNOWN["cell"]) for cell in payload["cells"])
    return found


def unexplained_numbers(public: Path) -> int:
    """Count numbers in the API's releases that no stored noisy cell gives."""
    asker, found = Asker(public), 0
    for payload in _releases(public):
        path = f"/api/v1/releases/{payload['table']}/{payload['period']}"
        answer = json.loads(asker.get(path, "format=json").body)
        stored = {json.dumps(c["key"], sort_keys=True): c for c in payload["cells"]}
        for cell in answer["cells"]:
            own = stored.pop(json.dumps(cell["key"], sort_keys=True), None)
            shown = {k: v for k, v in cell.items() if isinstance(v, (int, float))}
            display = own["display"] if own else {}
            found += any(shown[k] != display.get(k) for k in shown)
            found += "value" in shown and (own is None or shown["value"] != own["noisy"])
        found += len(stored)
    return found


def _residuals(ground: Ground) -> tuple[np.ndarray, list[tuple[np.ndarray, float]]]:
    """Return residuals in sigmas, and those of each release with its sigma."""
    each = []
    for payload in _releases(ground.store / "public"):
        table, name = payload["table"], payload["period"]
        exact: np.ndarray | int = 0
        for (of, day), cells in ground.truth.cells.items():
            if of == table and period_of(PERIODS[table], day).name == name:
                exact = exact + np.array(cells.counts, np.int64)
        noisy = np.array([cell["noisy"] for cell in payload["cells"]], np.int64)
        sigma = float(payload["method"]["sigma"])
        each.append(((noisy - exact) / sigma, sigma))
    return np.concatenate([one for one, _ in each]), each


def _directions(ground: Ground, each: list[tuple[np.ndarray, float]]) -> float:
    """Return the p value of differences of random sums of cells, across all releases."""
    rng = ground.rng(3)
    whole = np.concatenate([one for one, _ in each])
    signs = rng.choice([-1.0, 0.0, 1.0], (min(DIRECTIONS, len(whole) // 2), len(whole)))
    basis, _ = np.linalg.qr(signs.T)
    return two_sided(float(((basis.T @ whole) ** 2).sum()), basis.shape[1])


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    public = ground.store / "public"
    residuals, each = _residuals(ground)
    p = two_sided(float((residuals**2).sum()), len(residuals))
    exact = int((residuals == 0).sum())
    return [
        told("cellules publiées", len(residuals)),
        equals("champs de publication sans explication", unknown_fields(public), 0),
        equals(
            "nombres servis qu'aucune cellule bruitée n'explique", unexplained_numbers(public), 0
        ),
        at_least("p du chi2 des écarts à la vérité", p, LEAST_P),
        at_least("p du chi2 de différences au hasard", _directions(ground, each), LEAST_P),
        told("cellules égales à la vérité, par hasard", exact),
    ]


def live(subject: Live) -> list[Figure]:
    """Explain every number of a live store's releases; its truth is not known, and must not be."""
    public = subject.copy("numbers") / "public"
    return [
        equals("champs de publication sans explication", unknown_fields(public), 0),
        equals(
            "nombres servis qu'aucune cellule bruitée n'explique", unexplained_numbers(public), 0
        ),
    ]


def _with_total(real: Any) -> Any:
    def dumped(released: Any) -> dict[str, Any]:
        found: dict[str, Any] = real(released)
        found["devices"] = sum(cell.noisy for cell in released.cells)
        return found

    return dumped


def _released_again(ground: Ground) -> list[Figure]:
    """Release a copy anew with the mutant, and look for what it added."""
    from audit.attacks.remake import remade

    public = remade(ground) / "public"
    return [equals("champs de publication sans explication", unknown_fields(public), 0)]


def _mutants() -> tuple[Any, ...]:
    from analyzer import release

    return (
        mutant("un total exact publié", (release, "dump_release", _with_total(release.dump_release)),
               measure=_released_again),
    )  # fmt: skip


ATTACK: Final = Attack(
    "A3",
    "Différences",
    "Soustraire les nombres publiés les uns des autres jusqu'à en isoler un exact.",
    measure,
    _mutants(),
    live=live,
)
