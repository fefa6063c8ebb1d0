"""From a bare Debian 12 to the committee's first real chart: dist/jauge_*.deb, offline, in a booted root.

    python -m tests.live.installed.run [--root DIR] [--package FILE] [--keep] [--json]

Not part of `make test`: it takes a quarter of an hour, root, debootstrap and systemd-container. `make deb` first. Each
step prints the seconds since the installation began; the last line is one JSON object (with --json the only
one). Exit 1 if a step did not show what it must, 2 if the run cannot begin.
"""

import argparse
import ctypes
import json
import os
import sys
from pathlib import Path

from tests.live.installed import journey, rights
from tests.live.installed.machine import bare_root, booted

REPOSITORY = Path(__file__).resolve().parents[3]
ROOT = Path("/var/tmp/jauge-live/root")  # noqa: S108 - made once, root's own
TIME_ERROR, TIMEX_OCTETS = 5, 256


def clock_follows() -> bool:
    """Say whether this machine's kernel follows a time server: the root has the same clock."""
    return ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_OCTETS)) != TIME_ERROR


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="bare Debian 12, made if absent")
    parser.add_argument("--package", type=Path, help="the newest of dist/ if not given")
    parser.add_argument("--keep", action="store_true", help="keep the root that was used")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else"
    )
    options = parser.parse_args()
    packages = (
        [options.package] if options.package else sorted((REPOSITORY / "dist").glob("jauge_*.deb"))
    )
    if not packages or not packages[-1].is_file() or os.geteuid() != 0:
        print("needs root, and dist/jauge_*.deb: make deb", file=sys.stderr)
        return 2
    with booted(bare_root(options.root), keep=options.keep) as machine:
        machine.quiet = options.json
        journey.install(machine, packages[-1])
        journey.capture(machine)
        journey.enter(machine)
        journey.first_chart(machine)
        journey.sign(machine)
        journey.nightly(machine)
        journey.doctor(machine, clock_follows=clock_follows())
        rights.users(machine)
        rights.probe(machine)
        rights.take_away(machine, packages[-1])
    found = {"failed": machine.failed, "shown": machine.shown, "seconds": machine.seconds}
    print(json.dumps(found, ensure_ascii=False))
    return 1 if machine.failed else 0


if __name__ == "__main__":
    sys.exit(main())
