"""Prints a lock without some packages: `python locked.py LOCK NAME…`. Reads one file."""  # noqa: INP001 - a script beside the one that runs it

import re
import sys
from pathlib import Path


def without(lock: str, names: set[str]) -> str:
    """Return a pip lock without the entries of these names (an entry: one line and its indented ones).

    Raises:
        KeyError: a name is not in the lock, so leaving it out would mean nothing.
    """
    entries = re.split(r"(?m)^(?=[a-zA-Z0-9])", lock)
    found = [(re.split(r"[=\[ ]", entry, maxsplit=1)[0].lower(), entry) for entry in entries]
    if absent := names - {name for name, _ in found}:
        raise KeyError(", ".join(sorted(absent)))
    return "".join(entry for name, entry in found if name not in names)


if __name__ == "__main__":
    sys.stdout.write(without(Path(sys.argv[1]).read_text("utf-8"), set(sys.argv[2:])))
