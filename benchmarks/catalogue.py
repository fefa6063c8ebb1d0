"""`python -m benchmarks.catalogue`: which education hosts the catalogue knows, and what it holds.

Needs `../shared/data/etalab_public_hosts.txt` (JAUGE_SHARED). Ends with 0 when at least 95 % of the
hosts of each family resolve to a service and its publisher, 1 when not, 3 without the file.
"""

import argparse
import json
import sys
from collections import Counter

from school.catalogue import load_catalogue
from tests.school.education_hosts import HOSTS, covered, education_hosts

BAR = 0.95


def measure() -> dict:
    """Return everything that is printed."""
    catalogue = load_catalogue()
    families = education_hosts(HOSTS.read_text(encoding="utf-8").splitlines())
    results = {family: covered(hosts, catalogue) for family, hosts in families.items()}
    return {
        "families": {
            family: {"hosts": one.hosts, "known": one.known, "unknown": list(one.unknown[:10])}
            for family, one in results.items()
        },
        "hosts": sum(one.hosts for one in results.values()),
        "known": sum(one.known for one in results.values()),
        "suffixes": len(catalogue),
        "services": len({entry.service for entry in catalogue}),
        "categories": dict(Counter(entry.category for entry in catalogue).most_common()),
    }


def main() -> int:
    """Print the figures; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    if not HOSTS.is_file():
        print(f"{HOSTS.name} is not here: put it in ../shared/data, or set JAUGE_SHARED")
        return 3
    found = measure()
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        for family, one in found["families"].items():
            print(f"{family:22} {one['known']:5} of {one['hosts']:5} known")
        share = found["known"] / found["hosts"]
        print(f"{'all':22} {found['known']:5} of {found['hosts']:5} known: {share:.2%}")
        print(f"catalogue: {found['suffixes']} suffixes of {found['services']} services")
    good = all(one["known"] >= BAR * one["hosts"] for one in found["families"].values())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
