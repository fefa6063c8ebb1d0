"""One file per attack or family; each ends in an `ATTACK` (or `ATTACKS`) with its mutants."""
