"""`make fuzz`: each target in turn, each corpus once more through the compiled loop; then malformed
captures, whole, cut and mutated, where the collection stands beside the repository.

    python -m tests.fuzz.run --seconds 300 [--target tls] [--json]

The corpus stays in `.fuzz/` and grows from run to run; findings stay in `.fuzz/TARGET/findings`.
Exit code 0: nothing found, 1: findings.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.captures.foreign import MALFORMED
from tests.fuzz.targets import TARGETS
from tests.support.checked import CHECKED

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".fuzz"
REGRESSIONS = Path(__file__).parent / "regressions"
PLAIN = {"NUMBA_DISABLE_JIT": "1"}
LATE_S = 120
"""Start, and the last input."""
CONFIRM_S = 900


def _environment(extra: dict[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    return {**kept, **extra}


def _last_words(said: str) -> str:
    return "\n".join(line for line in said.splitlines() if not line.startswith("INFO"))[-1_000:]


def prepare(name: str, home: Path) -> tuple[Path, Path]:
    """Return corpus and findings of a target; seeds and regressions are in the corpus."""
    corpus, findings = home / name / "corpus", home / name / "findings"
    for directory in (corpus, findings):
        directory.mkdir(parents=True, exist_ok=True)
    known = [path.read_bytes() for path in sorted((REGRESSIONS / name).glob("*.bin"))]
    for seed in [*TARGETS[name].seeds(), *known]:
        (corpus / sha256(seed).hexdigest()[:40]).write_bytes(seed)
    return corpus, findings


AFRESH = ("/bin/sh", "-c", '"$@"; exit $?', "sh")
"""Begins a process by a small one. Its peak of memory (getrusage(2)), which the search and the growth of
an input are judged by, would otherwise begin at the size of the process of tests that started it."""


def explore(name: str, corpus: Path, findings: Path, seconds: int) -> dict[str, Any]:
    """Fuzz one target; returns how many inputs ran, and what libFuzzer itself stopped at."""
    command = [sys.executable, "-m", "tests.fuzz.explore", name, str(corpus), str(findings), str(seconds)]  # fmt: skip
    done = subprocess.run(
        [*AFRESH, *command], cwd=ROOT, env=_environment(PLAIN), capture_output=True, text=True, check=False,
        timeout=seconds + LATE_S,
    )  # fmt: skip
    runs = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    covered = re.findall(r"cov: (\d+)", done.stderr)
    stopped = "" if runs and done.returncode == 0 else _last_words(done.stderr)
    return {
        "executions": int(runs.group(1)) if runs else 0,
        "covered": int(covered[-1]) if covered else 0,
        "stopped": stopped,
    }


def _answer_of(command: list[str], extra: dict[str, str]) -> Any:
    """Run a module in a child process, where a crash is one finding and not the end."""
    done = subprocess.run(
        [*AFRESH, sys.executable, "-m", *command], cwd=ROOT, env=_environment(extra), capture_output=True,
        text=True, check=False, timeout=CONFIRM_S,
    )  # fmt: skip
    if done.returncode != 0:
        return {"problems": {"the process": f"ended with {done.returncode}: {_last_words(done.stderr)}"}}  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def outcomes(names: Sequence[str], extra: dict[str, str], home: Path) -> dict[str, dict[str, Any]]:
    """Run the corpora of some targets in one process; returns what `tests.fuzz.outcomes` prints of each."""
    places = [f"{name}={home / name / 'corpus'}" for name in names]
    answer = _answer_of(["tests.fuzz.outcomes", "some", *places], extra)
    return dict(
        zip(names, answer if isinstance(answer, list) else [answer] * len(names), strict=True)
    )


def regressions(extra: dict[str, str]) -> list[dict[str, Any]]:
    """Run the regressions of all targets in one process."""
    answer = _answer_of(["tests.fuzz.outcomes", "all", str(REGRESSIONS)], extra)
    return answer if isinstance(answer, list) else [answer]


def confirm(names: Sequence[str], home: Path) -> dict[str, dict[str, Any]]:
    """Run the corpora as shipped and, where the loop is in it, with bounds checks and uncompiled.

    All three must do the same: the loop that is shipped reads with loads of the processor, the
    others octet by octet (`collector.meter.octets`). Each way is one process for all targets, because
    loading the compiled loop takes longer than a small corpus.
    """
    shipped = outcomes(names, {}, home)
    found = {name: dict(shipped[name]["problems"]) for name in names}
    looped = [name for name in names if TARGETS[name].in_loop]
    for how, extra in {"with bounds checks": CHECKED, "uncompiled": PLAIN}.items():
        twins = outcomes(looped, extra, home) if looped else {}
        for name, twin in twins.items():
            found[name] |= {f"{file}, {how}": why for file, why in twin["problems"].items()}
            for file, digest in shipped[name].get("digests", {}).items():
                if digest != twin.get("digests", {}).get(file):
                    found[name].setdefault(f"{file}, {how}", "does something else than as shipped")
    figures = ("inputs", "slowest_s", "growth_mib")
    return {
        name: {**{key: shipped[name].get(key) for key in figures}, "problems": found[name]}
        for name in names
    }


def fuzz(name: str, seconds: int, home: Path = HOME) -> dict[str, Any]:
    """Fuzz one target and confirm its corpus. Returns figures and problems."""
    (result,) = fuzz_all([name], seconds, home)
    return result


def fuzz_all(names: Sequence[str], seconds: int, home: Path = HOME) -> list[dict[str, Any]]:
    """Fuzz some targets, each for so long, then confirm their corpora together."""
    results = []
    for name in names:
        corpus, findings = prepare(name, home)
        started = time.monotonic()
        explored = explore(name, corpus, findings, seconds)
        explored["seconds"] = round(time.monotonic() - started)
        results.append({"target": name, **explored})
    confirmed = confirm(names, home)
    return [_joined(one, confirmed[one["target"]], home) for one in results]


def _joined(explored: dict[str, Any], confirmed: dict[str, Any], home: Path) -> dict[str, Any]:
    findings = home / explored["target"] / "findings"
    found = {path.name: path.read_text().strip() for path in sorted(findings.glob("*.txt"))}
    problems = {**found, **confirmed["problems"]}
    if explored["stopped"]:
        problems["libFuzzer"] = explored["stopped"]
    return {**explored, **confirmed, "problems": problems}


def halves() -> list[tuple[str, ...]]:
    """Return all targets in two halves, one for each core."""
    names = tuple(TARGETS)
    return [names[::2], names[1::2]]


def hammer(seconds: int) -> dict[str, Any] | None:
    """Meter malformed captures, whole, cut and mutated, for so long; None where there are none.

    One round at least; each has another seed.
    """
    folders = [path for path in (MALFORMED / "tcpdump", MALFORMED / "ndpi_reader") if path.is_dir()]
    if not folders:
        return None
    started, seed = time.monotonic(), 0
    inputs, slowest, growth = 0, 0.0, 0.0
    problems: dict[str, str] = {}
    while seed == 0 or time.monotonic() - started < seconds:
        seed += 1
        scratch = HOME / "malformed-input"
        command = ["tests.collector.hammer", str(seed), str(scratch)]
        report = _answer_of([*command, *map(str, folders)], CHECKED)
        if "inputs" not in report:
            problems[f"round {seed}"] = report["problems"]["the process"]
            continue
        inputs += report["inputs"]
        slowest = max(slowest, report["slowest_s_per_mb"])
        growth = max(growth, report["growth_mib"])
        problems |= {f"round {seed}: {found}": "" for found in report["problems"]}
    return {
        "target": "malformed", "seconds": round(time.monotonic() - started), "inputs": inputs,
        "slowest_s": slowest, "growth_mib": growth, "problems": problems,
    }  # fmt: skip


_COLUMNS = ("target", "seconds", "executions", "covered", "inputs", "slowest_s", "growth_mib")


def main() -> int:
    """Print a table, one line per target, then the problems."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--seconds", type=int, default=300, help="search for so long per target")
    parser.add_argument(
        "--target", action="append", choices=[*TARGETS, "malformed"], help="only this one"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    results = []
    if not given.json:
        print("".join(f"{column:>12}" for column in (*_COLUMNS, "problems")), flush=True)
    for name in given.target or (*TARGETS, "malformed"):
        result = hammer(given.seconds) if name == "malformed" else fuzz(name, given.seconds)
        if result is None:
            print("malformed: no collection beside the repository (JAUGE_SHARED)", file=sys.stderr)
            continue
        results.append(result)
        if not given.json:
            _show(result)
    if given.json:
        print(json.dumps(results))
    return int(any(result["problems"] for result in results))


def _show(result: dict[str, Any]) -> None:
    cells = (*(result.get(column, "") for column in _COLUMNS), len(result["problems"]))
    print("".join(f"{cell!s:>12}" for cell in cells), flush=True)
    for where, why in result["problems"].items():
        print(f"  {where}: {why}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
