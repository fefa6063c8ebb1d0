"""Runs the tests that pass over a changed line, one process for each change. Does I/O.

1. The tests of a group run once, under coverage: which test passes over which line, how long each is.
2. A server process loads the heavy libraries and nothing of Jauge. For each change it forks: the
   child imports the changed module in the place of the real one and runs those tests, shortest
   first, until one fails.

A change is killed when a test fails, when the module cannot be imported, or when the tests take
more than `MOST_S`.
"""

import contextlib
import gc
import importlib.abc
import importlib.metadata
import importlib.util
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

from tests.mutation.operators import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
MOST_S = 60
"""CPU seconds of one child; the whole of a group's tests takes less."""
MOST_TESTS_S = 20.0
"""Tests tried against one change, shortest first, by what they took under coverage: beyond, it counts
as not noticed."""

UNUSED = (
    *("randomly", "cacheprovider", "schemathesis", "xdist", "xdist.looponfail", "anyio"),
    *("platformdirs", "unraisableexception"),
)
"""Plug-ins that these tests do without; the last one collects garbage of a whole server at each end."""
LOADED = (
    *("opendp.prelude", "pydantic.main", "pydantic.json_schema", "pydantic.plugin._loader"),
    *("cryptography.hazmat.primitives.asymmetric.ed25519", "pyarrow.parquet", "yaml", "numpy"),
    *("_pytest.unittest", "_pytest.skipping", "_pytest.faulthandler", "_pytest.warnings", "pdb"),
)
"""What a child would import each time."""

GROUPS = {
    "gate": (
        [
            "privacy/gate/bounded.py",
            "privacy/gate/door.py",
            "privacy/gate/noise.py",
            "privacy/gate/periods.py",
            "privacy/gate/tables.py",
        ],
        ["tests/privacy"],
    ),
    "ledger": (["privacy/gate/ledger.py"], ["tests/privacy"]),
    "checks": (["privacy/release.py", "privacy/settings.py"], ["tests/privacy"]),
    "minimise": (
        ["privacy/pseudonym.py", "collector/reduce.py"],
        ["tests/privacy/test_pseudonym.py", "tests/collector/test_reduce.py"],
    ),
    "derived": (
        [
            "privacy/derived/linear.py",
            "privacy/derived/totals.py",
            "privacy/derived/shares.py",
            "privacy/derived/squares.py",
            "privacy/derived/compare.py",
            "privacy/derived/breakdown.py",
            "privacy/derived/rounding.py",
        ],
        ["tests/privacy"],
    ),
}
"""What is changed, and which tests have to notice."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one change."""

    module: str
    line: int
    what: str
    killed: bool
    how: str


Name = tuple[int, str, int]
"""Line, what it is, and which of the equal ones on that line."""
Change = TypeVar("Change", Mutant, Result)


@dataclass(frozen=True, slots=True)
class Passing:
    """Which tests pass over which lines."""

    by_line: dict[str, dict[int, set[str]]]
    seconds: dict[str, float]

    def tests(self, module: str, first: int, last: int) -> list[str]:
        """Return the tests that pass over some lines, shortest first."""
        lines = self.by_line.get(module, {})
        return self._sorted({test for n in range(first, last + 1) for test in lines.get(n, ())})

    def others(self, module: str, first: int, last: int) -> list[str]:
        """Return more tests for lines that run at import, too: what came of it is used by any test.

        Constants, and what test files make for all of their tests. All tests of the files that come by.
        """
        lines = self.by_line.get(module, {})
        if not any("" in lines.get(n, {""}) for n in range(first, last + 1)):
            return []
        files = {_file(test) for tests in lines.values() for test in tests}
        found = {test for test in self.seconds if _file(test) in files}
        return self._sorted(found.difference(self.tests(module, first, last)))

    def _sorted(self, tests: set[str]) -> list[str]:
        each = sorted((self.seconds.get(test, 0.0), test) for test in tests if test)
        within = accumulate(seconds for seconds, _ in each)
        return [
            test for (_, test), sum_s in zip(each, within, strict=True) if sum_s <= MOST_TESTS_S
        ]


def _file(test: str) -> str:
    return test.partition("::")[0]


PLUGIN = """
import json, os
times = {}
def pytest_runtest_logreport(report):
    times[report.nodeid] = times.get(report.nodeid, 0.0) + report.duration
def pytest_runtest_setup(item):
    import coverage
    coverage.Coverage.current().switch_context(item.nodeid)
def pytest_sessionfinish(session):
    with open(os.environ["JAUGE_TIMES"], "w") as file:
        json.dump(times, file)
"""


def passing(tests: list[str], scratch: Path) -> Passing:
    """Run the tests once under coverage.

    Raises:
        SystemExit: they fail as they are.
    """
    scratch = scratch / "-".join(tests).replace("/", ".")
    scratch.mkdir(exist_ok=True)
    (scratch / "watched.py").write_text(PLUGIN, "utf-8")
    data, times = scratch / "coverage", scratch / "times.json"
    if times.exists():
        return Passing(_lines(data), json.loads(times.read_text("utf-8")))
    environment = os.environ | {
        "JAUGE_TIMES": str(times),
        "PYTHONPATH": f"{scratch}:{ROOT}",
        "COVERAGE_FILE": str(data),
    }
    command = [sys.executable, "-m", "coverage", "run", "--source", "privacy,collector", "-m"]
    options = ["-q", "-x", "-p", "no:randomly", "-p", "watched"]
    done = subprocess.run(
        [*command, "pytest", *tests, *options], cwd=ROOT, env=environment, check=False,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the tests fail without any change:\n{done.stdout[-2000:]}")
    return Passing(_lines(data), json.loads(times.read_text("utf-8")))


def _lines(data: Path) -> dict[str, dict[int, set[str]]]:
    from coverage import CoverageData

    read = CoverageData(str(data))
    with contextlib.suppress(sqlite3.Error):
        read.read()
    found: dict[str, dict[int, set[str]]] = {}
    for path in read.measured_files():
        module = str(Path(path).relative_to(ROOT))
        by_line = defaultdict(set)
        for line, contexts in read.contexts_by_lineno(path).items():
            by_line[line].update(contexts)
        found[module] = dict(by_line)
    return found


def load_libraries(scratch: Path) -> None:
    """Import what every child needs, and nothing of Jauge.

    Compiled modules, rewritten tests among them, are kept in `scratch`; a changed module never is.
    """
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(scratch.resolve() / "compiled")
    for entry in importlib.metadata.entry_points(group="pytest11"):
        with contextlib.suppress(ImportError):
            entry.load()
    for name in LOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    from hypothesis import Phase, settings

    settings.register_profile(
        "mutation", database=None, deadline=None, derandomize=True,
        phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    ours = [name for name in sys.modules if name.split(".")[0] in {"privacy", "collector"}]
    if ours:
        raise SystemExit(f"the server already holds {ours}")
    gc.collect()
    gc.freeze()


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed module in the place of the real one."""

    def __init__(self, module: str, mutant: Mutant) -> None:
        self._name = module.removesuffix(".py").replace("/", ".")
        self._path, self._mutant = ROOT / module, mutant

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def exec_module(self, module):
        import ast

        tree = ast.fix_missing_locations(self._mutant.tree)
        exec(compile(tree, str(self._path), "exec"), module.__dict__)  # noqa: S102 - our own source


def try_one(module: str, mutant: Mutant, tests: list[str]) -> tuple[bool, str]:
    """Return whether some test notices, and how."""
    if not tests:
        return False, "no test passes over it"
    child = os.fork()
    if child == 0:
        _run_child(module, mutant, tests)
    started = time.monotonic()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True, f"took over {MOST_S} s" if time.monotonic() - started > MOST_S else "crashed"
    code = os.waitstatus_to_exitcode(status)
    return code != 0, {0: "passed", 1: "a test failed"}.get(code, "not imported")


def _run_child(module: str, mutant: Mutant, tests: list[str]) -> None:
    import pytest

    code = 3
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_S, MOST_S + 5))
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        signal.alarm(10 * MOST_S)
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        os.chdir(ROOT)
        sys.meta_path.insert(0, _Changed(module, mutant))
        options = ["-x", "-q", "--no-header"]
        options += [word for name in UNUSED for word in ("-p", f"no:{name}")]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # loaded by the server
        code = int(pytest.main([*tests, *options, "--hypothesis-profile=mutation"]))
    finally:
        os._exit(code)


def _control(module: str, source: str, over: Passing) -> None:
    """Raise unless the tests pass when the module is put in its own place unchanged."""
    import ast

    unchanged = Mutant(0, "nothing", ast.parse(source))
    killed, how = try_one(module, unchanged, over.others(module, 0, 0))
    if killed:
        raise SystemExit(f"{module}: the tests fail without any change ({how})")


def _statements(source: str) -> dict[int, tuple[int, int]]:
    """Return for each line the first and last line of the smallest statement around it."""
    import ast

    around: dict[int, tuple[int, int]] = {}
    for node in ast.walk(ast.parse(source)):  # outer statements come before inner ones
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if isinstance(body, list) else node.end_lineno
            for line in range(node.lineno, max(last, node.lineno) + 1):
                around[line] = (node.lineno, max(last, node.lineno))
    return around


def _numbered(found: Iterable[Change]) -> Iterator[tuple[Name, Change]]:
    """Give each change of a module a name: its line, what it is, and which of the equal ones on that line."""
    seen: Counter[tuple[int, str]] = Counter()
    for mutant in found:
        same = (mutant.line, mutant.what)
        yield (*same, seen[same]), mutant
        seen[same] += 1


def killed_before(results: list[Result]) -> dict[str, dict[Name, Result]]:
    """Return the changes of each module that an earlier run, whose results these are, killed."""
    of_module: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        of_module[result.module].append(result)
    return {
        module: {name: result for name, result in _numbered(found) if result.killed}
        for module, found in of_module.items()
    }


def run(
    groups: list[str],
    only: list[str],
    scratch: Path,
    before: dict[str, dict[Name, Result]],
) -> Iterator[Result]:
    """Try every change of some groups, save those that were killed `before`."""
    load_libraries(scratch)
    known: dict[tuple[str, ...], Passing] = {}
    for group in groups:
        modules, tests = GROUPS[group]
        if tuple(tests) not in known:
            known[tuple(tests)] = passing(tests, scratch)
        over = known[tuple(tests)]
        for module in modules:
            if only and module not in only:
                continue
            source = (ROOT / module).read_text("utf-8")
            around = _statements(source)
            _control(module, source, over)
            for name, mutant in _numbered(mutants(source)):
                if known := before.get(module, {}).get(name):
                    yield known
                    continue
                first, last = around.get(mutant.line, (mutant.line, mutant.line))
                killed, how = try_one(module, mutant, over.tests(module, first, last))
                if not killed and (others := over.others(module, first, last)):
                    killed, how = try_one(module, mutant, others)
                yield Result(module, mutant.line, mutant.what, killed, how)
