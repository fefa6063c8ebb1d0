"""`python -m benchmarks.utility [--times N] [--sizes …] [--write docs/utility.md]`."""

import argparse
import os
import pickle
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.utility import drawn, exact, page


def main() -> None:
    """Measure every size, then print or write the page."""
    os.environ.setdefault("JAUGE_MACHINE_DIR", tempfile.mkdtemp(prefix="jauge-utility-machine-"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks.utility", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 300, 600, 1500])
    parser.add_argument("--times", type=int, default=100, help="drawings of each period")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--keep", type=Path, help="exact cells of simulated schools, kept here")
    arguments = parser.parse_args()
    measured = {}
    for devices in arguments.sizes:
        cells = _cells(devices, arguments.keep)
        measured[devices] = (cells, drawn.draw(cells, arguments.times))
        sys.stderr.write(f"{devices} devices: drawn\n")
    today = datetime.now(UTC).date().isoformat()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    text = page.text(measured, times=arguments.times, date=today, machine=machine)
    if arguments.write:
        arguments.write.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)


def _cells(devices: int, keep: Path | None) -> exact.Cells:
    """Return the cells of a school, from an earlier run if it kept them."""
    path = keep / f"{devices}.pickle" if keep else None
    if path and path.exists():
        with path.open("rb") as file:
            return pickle.load(file)  # noqa: S301 - written by the same command
    cells = exact.of_school(devices)
    sys.stderr.write(f"{devices} devices: counted\n")
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(cells))
    return cells


if __name__ == "__main__":
    main()
