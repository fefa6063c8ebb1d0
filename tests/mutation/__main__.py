"""`python -m tests.mutation [GROUP…] [--module FILE] [--results FILE]`. Exit 1 under 95 %."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.mutation import run as runner

LEAST = 0.95


def main() -> int:
    """Run and say what was killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("groups", nargs="*", default=[], metavar="GROUP")
    parser.add_argument("--module", action="append", default=[], help="this file only")
    parser.add_argument("--results", type=Path, help="one JSON line for each change, appended")
    parser.add_argument("--keep", type=Path, help="which test passes over which line, kept here")
    parser.add_argument(
        "--before", type=Path, help="results of an earlier run: what it killed is not tried again"
    )
    arguments = parser.parse_args()
    groups = arguments.groups or list(runner.GROUPS)
    before = runner.killed_before(_read(arguments.before) if arguments.before else [])
    found = []
    with tempfile.TemporaryDirectory(prefix="jauge-mutation-") as scratch:
        keep = arguments.keep or Path(scratch)
        keep.mkdir(exist_ok=True)
        for result in runner.run(groups, arguments.module, keep, before):
            found.append(result)
            if arguments.results:
                with arguments.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
            if not result.killed:
                sys.stdout.write(f"{result.module}:{result.line}: {result.what} ({result.how})\n")
                sys.stdout.flush()
    killed = sum(result.killed for result in found)
    sys.stdout.write(f"{killed} of {len(found)} killed\n")
    return int(killed < LEAST * len(found))


def _read(path: Path) -> list[runner.Result]:
    return [runner.Result(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    sys.exit(main())
