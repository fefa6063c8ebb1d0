"""A2: read everything again and again, by every path, and average the noise away.

There is nothing to average if every read gives the same octets: in every form, after a restart, after a
backup was put back, after the release job ran once more.
"""

import hashlib
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from audit.alter import mutant
from audit.asking import Asker
from audit.attack import Attack, Figure, at_least, equals
from audit.ground import Ground, Live
from privacy.published import TABLES, Published

OK: Final = 200
FORMATS: Final = ("format=json", "format=csv", "format=csv-fr")
PAGES: Final = ("/", "/debit", "/charte", "/rapport")
PDF: Final = "/rapport.pdf"
PDF_READS: Final = 1
"""Drawn in seconds each; in every state of the application."""

Seen = dict[str, set[str]]


def _read(public: Path, seen: Seen, reads: int) -> int:
    """Read everything; returns how many answers came."""
    asker = Asker(public)
    published = Published(public)
    asked = [(page, "") for page in PAGES]
    for table in TABLES:
        periods = published.periods(table)
        if periods:
            asked += [(f"/api/v1/releases/{table}", form) for form in FORMATS]
            asked += [(f"/api/v1/releases/{table}/{periods[-1]}", form) for form in FORMATS]
    done = 0
    for pair in [*asked * reads, *[(PDF, "")] * PDF_READS]:
        answer = asker.get(*pair)
        if answer.status == OK:
            done += 1
            seen["?".join(pair)].add(hashlib.sha256(answer.body).hexdigest())
    return done


def _several(seen: Seen) -> int:
    return sum(len(values) > 1 for values in seen.values())


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    seen: Seen = defaultdict(set)
    public = ground.store / "public"
    reads = max(ground.sizes.reads // 4, 1)
    done = _read(public, seen, reads)
    done += _read(public, seen, reads)  # another application: a restart
    restored = ground.own / "restored"
    shutil.copytree(public, restored, dirs_exist_ok=True)
    done += _read(restored, seen, reads)
    again = ground.copy("again")
    ledger = (ground.store / "private" / "ledger.jsonl").read_bytes()
    _release_again(ground, again)
    done += _read(again / "public", seen, reads)
    return [
        at_least("formes lues (tables, périodes, formats, pages, PDF)", len(seen), 20),
        at_least("lectures", done, len(seen) * 4),
        equals("formes qui ont rendu plus d'une valeur", _several(seen), 0),
        equals("octets du registre changés par une nouvelle exécution",
               int((again / "private" / "ledger.jsonl").read_bytes() != ledger), 0),
    ]  # fmt: skip


def _release_again(ground: Ground, store: Path) -> None:
    from analyzer import release

    release.release(store, ground.school, as_of=ground.as_of, catalogue=ground.catalogue)


def live(subject: Live) -> list[Figure]:
    """Read a copy of what a live store publishes, before and after a restart."""
    seen: Seen = defaultdict(set)
    public = subject.copy("read") / "public"
    done = sum(_read(public, seen, max(subject.sizes.reads // 20, 1)) for _ in range(2))
    return [
        at_least("lectures", done, 1),
        equals("formes qui ont rendu plus d'une valeur", _several(seen), 0),
    ]


def _fresh_noise(real: Any) -> Any:
    rng = np.random.default_rng()

    def payload(self: Published, table: str, period: str) -> dict[str, Any]:
        found: dict[str, Any] = real(self, table, period)
        for cell in found.get("cells", ()):
            drawn = int(rng.normal(0, found["method"]["sigma"]))
            cell["noisy"] += drawn
            if "value" in cell["display"]:
                cell["display"]["value"] += drawn
        return found

    return payload


ATTACK: Final = Attack(
    "A2",
    "Moyenne",
    "Relire chaque cellule par tous les chemins, après redémarrage, restauration et nouvelle exécution.",
    measure,
    (
        mutant(
            "bruit tiré à chaque lecture",
            (Published, "payload", _fresh_noise(Published.payload)),
            measure=lambda ground: measure(ground.with_sizes(ground.sizes.for_mutants())),
        ),
    ),
    live=live,
)
