"""How soon the hub's pages arrive: drawn anew, and by wrk with 50 connections, as benchmarks.web.speed."""

import re
import subprocess
import time

import httpx

from benchmarks.hub.made import Serving
from benchmarks.web.service import CLIENT_CORE, percentile

CONNECTIONS, SECONDS, TIMES = 50, 5, 60
BAR_MS = 300.0
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def cold(service: Serving, path: str, cookies: list[str]) -> list[float]:
    """Return the milliseconds of a page that nobody has asked for yet: each time another school."""
    taken = []
    with httpx.Client(headers={"accept": "text/html"}, timeout=60) as client:
        for number in range(TIMES):
            cookie = cookies[number % len(cookies)]
            began = time.perf_counter()
            accept = {
                "accept": f"text/html, image/{number}{time.time_ns()}",
                "cookie": f"jauge_session={cookie}",
            }
            answer = client.get(service.address + path, headers=accept)
            taken.append(1000 * (time.perf_counter() - began))
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
    return taken


def _of(pattern: str, said: str) -> tuple[str, ...]:
    """Return the groups of what wrk printed; it prints them whenever it ends well."""
    found = re.search(pattern, said)
    if found is None:
        raise ValueError(f"wrk did not say {pattern}: {said[:400]}")
    return found.groups()


def wrk(service: Serving, path: str, cookie: str) -> dict[str, float | str]:
    """Return what wrk says of one address: milliseconds at 50 %, 95 %, 99 %."""
    script = "done = function(s, l, r) print('p95', l:percentile(95) / 1000) end"
    scratch = "/tmp/jauge-hub-p95.lua"  # noqa: S108 - wrk reads a file; one line, no secret
    with open(scratch, "w") as file:  # noqa: PTH123 - as above
        file.write(script)
    command = [
        "taskset", "-c", str(CLIENT_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s",
        "--latency", "-s", scratch, "-H", f"Cookie: jauge_session={cookie}", "-H",
        "Accept: text/html", service.address + path,
    ]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, float | str] = {"p95": float(_of(r"p95\s+([\d.]+)", said)[0])}
    for share in ("50%", "99%"):
        number, unit = _of(rf"{share}\s+([\d.]+)(us|ms|s)", said)
        found[share] = float(number) * UNITS[unit]
    found["per_s"] = float(_of(r"Requests/sec:\s+([\d.]+)", said)[0])
    found["errors"] = (re.search(r"(Non-2xx.*|Socket errors.*)", said) or ["none"])[0]
    return found


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return percentile(values, 0.95)
