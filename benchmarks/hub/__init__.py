"""A hub of many schools: how soon its pages arrive, and that it refuses what it must. `python -m benchmarks.hub`."""
