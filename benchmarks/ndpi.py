"""`python -m benchmarks.ndpi`: names and flows of the nDPI project's captures, against nDPI's own.

Needs the captures beside the repository (JAUGE_SHARED). Prints, for each source of names, how many
nDPI expects and how many the collector finds, whole and reduced to their site; the expected names
that it has not, with the reason; the names that nDPI misses; and how many flows have the packets
and octets of the slow reference in each direction. Names of captures go to the terminal only.

Ends with 0 when both bars hold, 1 when one does not, 3 when the captures are not there.
"""

import argparse
import json
import sys

from tests.captures import expected
from tests.captures.foreign import CAPTURES

NAMES_BAR, FLOWS_BAR = 0.99, 0.999
"""Shares of expected names (as sites) and of flows."""


def measure() -> dict:
    """Return everything that is printed."""
    sources = {source: expected.found_of(source) for source in expected.SOURCES}
    flows = expected.all_flows()
    wanted = sum(found.wanted for found in sources.values())
    as_site = sum(found.as_site for found in sources.values())
    all_flows = sum(of.flows for of in flows.values())
    equal = sum(of.equal for of in flows.values())
    return {
        "captures": len(flows),
        "names": {
            source: {"expected": f.wanted, "found": f.whole, "found_as_site": f.as_site}
            for source, f in sources.items()
        },
        "names_share": as_site / wanted,
        "not_found": [
            {"capture": capture, "name": name, "flows": n,
             "why": expected.NOT_FOUND.get(capture, "unknown")}
            for (capture, name), n in expected.not_found().items()
        ],
        "missed_by_ndpi": [
            {"capture": capture, "name": name, "flows": n}
            for (capture, name), n in expected.missed_by_ndpi().items()
        ],
        "flows": all_flows,
        "flows_equal": equal,
        "flows_share": equal / all_flows,
        "flows_differing": [
            {"capture": capture, "flow": list(flow), "times": n}
            for capture, of in flows.items()
            for flow, n in of.differing.items()
        ],
    }  # fmt: skip


def show(found: dict) -> None:
    """Print for a person."""
    print(f"{found['captures']} captures")
    for source, counts in found["names"].items():
        print(f"  {source}: {counts['expected']} expected, {counts['found']} found whole, "
              f"{counts['found_as_site']} as their site")  # fmt: skip
    print(f"  all: {found['names_share']:.2%} (bar {NAMES_BAR:.0%})")
    print("Expected and not found:")
    for entry in found["not_found"]:
        print(f"  {entry['capture']}: {entry['name']} ({entry['flows']}): {entry['why']}")
    flows = sum(entry["flows"] for entry in found["missed_by_ndpi"])
    print(f"Names that nDPI misses: {flows} flows")
    for entry in found["missed_by_ndpi"]:
        print(f"  {entry['capture']}: {entry['name']} ({entry['flows']})")
    print(f"Flows with the packets and octets of the slow reference: {found['flows_equal']:,} of "
          f"{found['flows']:,}, {found['flows_share']:.3%} (bar {FLOWS_BAR:.1%})")  # fmt: skip
    for entry in found["flows_differing"]:
        print(f"  differs: {entry['capture']}: {entry['flow']} ({entry['times']})")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one object")
    asked = parser.parse_args()
    if not CAPTURES.is_dir():
        print(
            "benchmarks.ndpi: the captures of the nDPI project are not beside the repository; "
            "set JAUGE_SHARED to the folder that holds captures/",
            file=sys.stderr,
        )
        return 3
    found = measure()
    if asked.json:
        print(json.dumps(found, indent=1))
    else:
        show(found)
    return 0 if found["names_share"] >= NAMES_BAR and found["flows_share"] >= FLOWS_BAR else 1


if __name__ == "__main__":
    sys.exit(main())
