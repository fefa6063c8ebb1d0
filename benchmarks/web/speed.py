"""How soon pages and released aggregates arrive: wrk, 50 connections, session cookie, all headers.

`python -m benchmarks.web.speed`: the server on one core, wrk on another, a year of releases.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.web.service import CLIENT_CORE, Served, percentile, publish_year, served

CONNECTIONS, SECONDS = 50, 5
AGGREGATES = (
    "/api/v1/releases/T1/2026-W41",
    "/api/v1/releases/T6/2026-11-16",
    "/api/v1/releases/link/2026-10-06",
    "/api/v1/releases/T1",
    "/api/v1/documents/charter",
)
BAR_AGGREGATE_MS, BAR_PAGE_MS = 30.0, 300.0
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def wrk(service: Served, path: str) -> dict[str, float | str]:
    """Return what wrk says of one address, milliseconds."""
    accept = "text/html" if not path.startswith("/api/") else "application/json"
    # Where the server was given real time (`chrt -r 1`, a busy machine), wrk is not: it never rests.
    command = [
        "chrt",
        "--other",
        "0",
        "taskset",
        "-c",
        str(CLIENT_CORE),
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
    ]
    command += [f"-d{SECONDS}s", "--latency", "-H", f"Cookie: jauge_session={service.session}"]
    command += ["-H", f"Accept: {accept}", service.address + path]
    cpu = service.cpu_s()
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, float | str] = {"path": path}
    for share in ("50%", "99%"):
        number, unit = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]
        found[share] = float(number) * UNITS[unit]
    found["per_s"] = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))  # type: ignore[union-attr]
    total = int(re.search(r"(\d+) requests in", said).group(1))  # type: ignore[union-attr]
    found["cpu_ms_each"] = round(1000 * (service.cpu_s() - cpu) / max(1, total), 3)
    found["errors"] = (re.search(r"(Non-2xx.*|Socket errors.*)", said) or ["none"])[0]
    return found


def cold_pages(service: Served, times: int = 3) -> dict[str, float]:
    """Return the milliseconds of each page when nothing of it is kept."""
    from dashboards.frame import PAGES

    taken: dict[str, list[float]] = {}
    with httpx.Client(cookies={"jauge_session": service.session}) as client:
        for number in range(times):
            for path in PAGES.values():
                began = time.perf_counter()
                # Another wish makes another answer of it: the page is drawn again.
                accept = {"accept": f"text/html, image/{number}"}
                answer = client.get(f"{service.address}{path}", headers=accept)
                taken.setdefault(path, []).append(1000 * (time.perf_counter() - began))
                if answer.status_code not in {200, 403, 404}:
                    raise RuntimeError(f"{path}: {answer.status_code}")
    return {path: percentile(values, 0.95) for path, values in taken.items()}


def main() -> int:
    """Measure, print, and say whether the bars are met."""
    with tempfile.TemporaryDirectory() as scratch:
        public = Path(scratch) / "public"
        releases = publish_year(public)
        with served(public, 18700) as service:
            began = time.perf_counter()
            httpx.get(f"{service.address}/", cookies={"jauge_session": service.session}, timeout=60)
            first = time.perf_counter() - began
            pages = cold_pages(service)
            found = [wrk(service, path) for path in (*AGGREGATES, "/", "/debit")]
            memory = service.resident_mib()
    print(
        f"{releases} releases; first page after the start {first:.2f} s; resident {memory:.0f} MiB"
    )
    print("pages drawn anew, p95 ms:", {path: round(ms) for path, ms in pages.items()})
    for each in found:
        print(json.dumps(each))
    slow = [each for each in found if each["path"] in AGGREGATES and each["99%"] > BAR_AGGREGATE_MS]
    slow += [each for each in found if each["path"] not in AGGREGATES and each["99%"] > BAR_PAGE_MS]
    return 1 if slow or max(pages.values()) > BAR_PAGE_MS else 0


if __name__ == "__main__":
    sys.exit(main())
