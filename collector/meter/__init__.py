"""The compiled meter: decode, flow table, names, slices.

Everything here is plain Python in the subset that Numba compiles (`collector.jit.compiled`): only
integers, NumPy arrays and records of them; no objects, no I/O, no clock, no randomness but the
seeds that `layout.new_tables` is given.

House rules of this folder:
- Hostile bytes: a function that reads `buf[o]` receives `end` and has checked `o < end` before.
- A parser has three outcomes: `VALUE`, `MORE` (may succeed with more bytes) or `REJECT`.
- Only `int64` arithmetic (mixing signed and unsigned gives floats in Numba); shifts are masked.
- Each bound is a named constant in `layout.py` with its reason.
- Change `layout.py` and the slow twin in `tests/oracles` together.
"""
