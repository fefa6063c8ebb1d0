"""A17: the audit log and the ledger, altered in every way, against the checkpoint that the DPO keeps.

The log's thousand tamperings are `privacy.log.tampering`'s. The ledger's are made here: what the chain
of hashes, the published releases and the log's own account of each release say together must refuse each.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from analyzer.exact import Bench
from analyzer.plan import check_published
from analyzer.store import Store
from audit.alter import mutant
from audit.attack import Attack, Figure, at_least, equals
from audit.ground import Ground, Live
from privacy.gate.ledger import Ledger
from privacy.gate.refused import LedgerDamaged
from privacy.log import tampering
from privacy.log.record import lines_of
from school.catalogue import Catalogue
from school.load import School

ENTRIES: Final = 60
Lines = list[bytes]


def _flip(lines: Lines, chance: random.Random) -> Lines:
    at = chance.randrange(len(lines))
    line = bytearray(lines[at])
    line[chance.randrange(len(line))] ^= 1 << chance.randrange(8)
    return [*lines[:at], bytes(line), *lines[at + 1 :]]


def _delete(lines: Lines, chance: random.Random) -> Lines:
    at = chance.randrange(len(lines))
    return [*lines[:at], *lines[at + 1 :]]


def _insert(lines: Lines, chance: random.Random) -> Lines:
    at = chance.randrange(len(lines) + 1)
    return [*lines[:at], chance.choice(lines), *lines[at:]]


def _swap(lines: Lines, chance: random.Random) -> Lines:
    one, other = chance.sample(range(len(lines)), 2)
    swapped = list(lines)
    swapped[one], swapped[other] = lines[other], lines[one]
    return swapped


def _cut(lines: Lines, chance: random.Random) -> Lines:
    return lines[: chance.randrange(len(lines))]


LEDGER: Final[dict[str, Callable[[Lines, random.Random], Lines]]] = {
    "bit retourné": _flip, "ligne ôtée": _delete, "ligne ajoutée": _insert,
    "lignes permutées": _swap, "fin coupée": _cut,
}  # fmt: skip


def ledger_missed(
    store: Path, school: School, catalogue: Catalogue, *, seed: int, count: int
) -> tuple[int, int]:
    """Return (tried, not found) over tamperings of a copy's ledger."""
    chance = random.Random(seed)  # noqa: S311 - which octet is hit, no secret
    path = store / "private" / "ledger.jsonl"
    data = path.read_bytes()
    lines = lines_of(data)
    bench = Bench(Store(store), school, catalogue)
    tried = missed = 0
    kinds = list(LEDGER.values())
    for step in range(count):
        altered = b"".join(kinds[step % len(kinds)](list(lines), chance))
        if altered == data:
            continue
        tried += 1
        path.write_bytes(altered)
        try:
            check_published(bench, Ledger(path).charges())
            missed += 1
        except LedgerDamaged:
            continue
    path.write_bytes(data)
    return tried, missed


def log_figures(ground: Ground) -> list[Figure]:
    """Tamper with a log, as root and without its key."""
    tried = tampering.tamper(seed=ground.seed, count=ground.sizes.tampers, entries=ENTRIES)
    return [
        at_least(
            "altérations du journal essayées",
            sum(one.tried for one in tried),
            ground.sizes.tampers * 0.95,
        ),
        *(
            equals(f"journal, {one.kind} : non détectées", one.tried - one.found, 0)
            for one in tried
        ),
    ]


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    store = ground.copy("tampered")
    tried, missed = ledger_missed(
        store, ground.school, ground.catalogue, seed=ground.seed, count=ground.sizes.tampers
    )
    return [
        *log_figures(ground),
        at_least("altérations du registre essayées", tried, ground.sizes.tampers * 0.95),
        equals("registre : non détectées", missed, 0),
    ]


def live(subject: Live) -> list[Figure]:
    """Tamper with a copy of a live ledger."""
    store = subject.copy("tampered")
    if not (store / "private" / "ledger.jsonl").exists():
        return []
    tried, missed = ledger_missed(
        store, subject.school, subject.school.catalogue(), seed=17, count=subject.sizes.tampers // 4
    )
    return [
        at_least("altérations du registre essayées", tried, 1),
        equals("registre : non détectées", missed, 0),
    ]


def _believed(*_: Any) -> list[bytes]:
    """A checkpoint that nobody compares with the log."""
    return []


def _of_mutant(ground: Ground) -> list[Figure]:
    return log_figures(ground.with_sizes(ground.sizes.for_mutants()))


ATTACK: Final = Attack(
    "A17",
    "Registre et journal altérés",
    "Retourner, ôter, ajouter, permuter, couper, restaurer, réécrire : chaque altération doit se voir.",
    measure,
    (
        mutant("point de contrôle non comparé", (tampering, "check_consistency", _believed), measure=_of_mutant),
    ),
    live=live,
)  # fmt: skip
