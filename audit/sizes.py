"""How much of each attack the two forms do. The long form is the bar; the short one fits in `make test`."""

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of one form. Counts."""

    form: str
    pairs: int
    """A5: neighbour pairs from slices."""
    whole_pairs: int
    """A5: of which through the whole pipeline twice."""
    monster_flows: int
    """A5: flows of the worst device-day."""
    draws: int
    """A6: draws of a table."""
    runs: int
    """A7: runs per side, enough that an honest gate is resolved (audit.attacks.canary.RESOLVED): with
    12,000 one audit in nine was not, with 30,000 three in 10,000 are not."""
    mutant_runs: int
    """A7: runs per side against a mutant."""
    guesses: int
    """A8, A9: releases that the attacker judges, per side."""
    weeks: int
    """A3, A11, A20: simulated school weeks."""
    keep: int
    """One flow of so many is kept in the simulated weeks (time of the analysis; labels stay)."""
    readable_draws: int
    """A20: draws of each table."""
    reads: int
    """A2: reads of every cell by every path."""
    fuzz: int
    """A1: hostile requests per route."""
    addresses: int
    """A12: addresses of each dictionary."""
    canaries: int
    """A13: traits that must not be written."""
    kills: int
    """A18: SIGKILLs."""
    tampers: int
    """A17: alterations of each record."""
    ledger_weeks: int
    """A19: weeks charged."""
    days: int = 0
    """Simulated days with slices; 0: every day of the weeks."""

    def for_mutants(self) -> "Sizes":
        """Return sizes that show a gross fault: a mutant needs no more."""
        return replace(
            self, pairs=min(self.pairs, 300), whole_pairs=min(self.whole_pairs, 5),
            monster_flows=20_000, reads=min(self.reads, 20), fuzz=min(self.fuzz, 40),
            kills=4, tampers=min(self.tampers, 60),
            addresses=min(self.addresses, 1 << 14), ledger_weeks=min(self.ledger_weeks, 4),
        )  # fmt: skip


LONG: Final = Sizes(
    "longue", pairs=100_000, whole_pairs=150, monster_flows=1_000_000, draws=20_000, runs=60_000,
    mutant_runs=60_000, guesses=20_000, weeks=4, keep=3, readable_draws=400, reads=1_000, fuzz=500,
    addresses=1 << 24, canaries=50, kills=50, tampers=1_000, ledger_weeks=52,
)  # fmt: skip
SHORT: Final = Sizes(
    "courte", pairs=1_000, whole_pairs=2, monster_flows=50_000, draws=20_000, runs=30_000,
    mutant_runs=4_000, guesses=1_500, weeks=1, keep=8, readable_draws=60, reads=15, fuzz=40,
    addresses=1 << 16, canaries=50, kills=12, tampers=120, ledger_weeks=8,
)  # fmt: skip
