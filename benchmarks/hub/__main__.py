"""`python -m benchmarks.hub [--write]`: 500 schools × 40 weeks, pages p95, 1,000 pushes refused.

`--starts` measures two starts only: the first asks every signature, the second asks none.
"""

import argparse
import json
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from benchmarks.hub import made, pages, refusals
from benchmarks.page import put_section
from benchmarks.web.service import SERVER_CORE
from hub.access import HUB

PAGE = Path("docs/hub.md")
WIRE = 3
"""Schools that push over loopback."""


def main() -> int:
    """Measure, print, write; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=500)
    parser.add_argument("--weeks", type=int, default=40)
    parser.add_argument("--scratch", type=Path, help="directory of some 700 MB; memory is fine")
    parser.add_argument("--write", action="store_true", help="write the section of docs/hub.md")
    parser.add_argument("--starts", action="store_true", help="two starts, and nothing else")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.scratch) as scratch:
        if asked.starts:
            print(json.dumps(starts(made.fill(Path(scratch), asked.schools, asked.weeks, 0))))
            return 0
        found = measure(Path(scratch), asked.schools, asked.weeks)
    print(json.dumps(found, indent=1))
    if asked.write:
        put_section(PAGE, "measured", section(found))
    refused = all(each["refused"] == each["asked"] for each in found["refused"].values())
    slow = [row for row in found["pages"] if max(row["cold_p95"], row["p95"]) > pages.BAR_MS]
    return 0 if refused and found["untouched"] and not slow else 1


def starts(filled: made.Filled) -> dict[str, float]:
    """Start the server twice over releases that it has not seen yet; returns the seconds of both."""
    found: dict[str, float] = {"releases": filled.releases}
    for name in ("first_start_s", "start_s"):
        with made.serving(filled.hub, SERVER_CORE) as service:
            found[name] = round(service.start_s, 1)
            httpx.get(f"{service.address}/livez").raise_for_status()
    return found


def measure(scratch: Path, schools: int, weeks: int) -> dict[str, Any]:
    """Make the hub, serve it, ask and push."""
    filled = made.fill(scratch, schools, weeks, WIRE)
    with closing(made.accounts(filled.hub)) as known:
        people = [
            known.open_session(known.named(s.uai) or known.add(s.uai, "committee"))
            for s in filled.schools[:100]
        ]
        runs = known.open_session(known.add("region", "admin"))
    started = starts(filled)
    with made.serving(filled.hub, SERVER_CORE) as service:
        push_ms = made.push_over_wire(filled, WIRE, weeks, service.address, scratch)
        csv = f"{HUB}/comparison/lycee/2026-W41?format=csv"
        [first, *_] = pages.cold(service, "/comparaison", people)
        rows = []
        for path, cookies in (
            ("/comparaison", people),
            ("/comparaison?semaine=2026-W41&indicateur=volume-pedagogical", people),
            ("/envois", people),
            ("/etablissements", [runs]),
            (csv, people),
        ):
            anew = pages.cold(service, path, cookies)
            rows.append(
                {"path": path, "cold_p95": round(pages.p95(anew), 1)}
                | pages.wrk(service, path, cookies[0])
            )
        tallies, untouched = refusals.refuse(filled, service.address)
    return {
        "schools": schools,
        "weeks": weeks,
        "releases": filled.releases + 2 * weeks * WIRE,
        "take_ms": round(1000 * filled.seconds / filled.releases, 2),
        "push_ms": round(push_ms, 1),
        "first_start_s": started["first_start_s"],
        "start_s": started["start_s"],
        "first_ms": round(first),
        "pages": rows,
        "refused": {
            name: {"asked": t.asked, "refused": t.refused, "reasons": dict(t.reasons.most_common())}
            for name, t in tallies.items()
        },
        "untouched": untouched,
    }


def section(found: dict[str, Any]) -> str:
    """Return the section of docs/hub.md."""
    total = {k: sum(each[k] for each in found["refused"].values()) for k in ("asked", "refused")}
    lines = [
        "## Measured · mesuré",
        "",
        "`python -m benchmarks.hub --write` on 2 cores (AMD EPYC class), 24 GiB, Debian 12, "
        "28 November 2026; other work ran on the machine, so the measurement ran before it (autogroup −10) "
        "and its hub lay in memory (`--scratch /dev/shm/…`). Without both: add the disk's fsyncs to a push.",
        "",
        f"{found['schools']} simulated schools × {found['weeks']} weeks, {found['releases']:,} sealed "
        f"releases. Making and taking one: {found['take_ms']} ms; pushing one over loopback with its "
        f"receipt: {found['push_ms']} ms. A first start checks every seal: {found['first_start_s']} s; a later one "
        f"reads every file and compares it with what was checked: {found['start_s']} s. The first page takes "
        f"{found['first_ms']} ms, once.",
        "",
        "| page | drawn anew, p95 ms | 50 connections: median ms | p95 ms | p99 ms | a second |",
        "|---|---|---|---|---|---|",
        *(
            f"| `{row['path']}` | {row['cold_p95']} | {row['50%']:.1f} | {row['p95']:.1f} | "
            f"{row['99%']:.1f} | {row['per_s']:,.0f} |"
            for row in found["pages"]
        ),
        "",
        "Bar: p95 300 ms.",
        "",
        f"Pushes that must be refused, over loopback: {total['refused']:,} of {total['asked']:,} refused "
        "with a reason of theirs and its sentence; the schools' directories are "
        + (
            "the same to the octet afterwards."
            if found["untouched"]
            else "**not** the same afterwards."
        ),
        "",
        "| fault | refused | reasons |",
        "|---|---|---|",
        *(
            f"| {name} | {each['refused']} of {each['asked']} | "
            + ", ".join(f"`{reason}` {n}" for reason, n in each["reasons"].items())
            + " |"
            for name, each in found["refused"].items()
        ),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
