"""What every test gets: no network, and fixed seeds for generated cases in CI."""

import atexit
import os
import shutil
import tempfile

import pytest
from hypothesis import HealthCheck, settings

from tests.costs import costly, function_of

if "JAUGE_MACHINE_DIR" not in os.environ:
    # Tests leave no secret in this machine's own place; commands that they start inherit it.
    os.environ["JAUGE_MACHINE_DIR"] = tempfile.mkdtemp(prefix="jauge-machine-")
    atexit.register(shutil.rmtree, os.environ["JAUGE_MACHINE_DIR"], ignore_errors=True)

settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")


SLOW_MODULES = {
    "tests/analyzer_classify/test_own_traffic_only.py": "the same day is classified with and without others",
    "tests/analyzer_release": "each test analyses days of slices",
    "tests/simulator/test_packets.py": "a whole day of packets is made",
    "tests/simulator/test_planted.py": "eight weeks are made",
    "tests/simulator/test_weeks.py": "days of slices are made",
}
"""Left out of `make check`, with the reason."""

BEGUN_FIRST = (
    "tests/audit/test_short_form.py",
    "tests/fuzz/test_fuzz.py",
    "tests/store/test_what_it_withstands.py",
    "tests/api/test_schemathesis.py",
    "tests/collector/test_hostile_captures.py",
)
"""Modules of minutes: begun last, one would keep one core busy while the other waits for it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--quick`: what `make check` runs."""
    parser.addoption("--quick", action="store_true", help="leave out what tests/costly.txt names")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what takes long as a whole folder or module; leave out what costs too much for a check."""
    if config.getoption("--quick"):
        left_out = costly()
        dear = [item for item in items if function_of(item.nodeid) in left_out]
        config.hook.pytest_deselected(items=dear)
        items[:] = [item for item in items if function_of(item.nodeid) not in left_out]
    for item in items:
        place = item.path.relative_to(config.rootpath).as_posix()
        if any(place.startswith(slow) for slow in SLOW_MODULES):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: _turn(item.path.relative_to(config.rootpath).as_posix()))


def _turn(module: str) -> int:
    """Return where a module stands in line; the order of the others (a random one) stays."""
    return BEGUN_FIRST.index(module) if module in BEGUN_FIRST else len(BEGUN_FIRST)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Only `live` and `browser` tests may open sockets, and those reach loopback or namespaces."""
    from pytest_socket import disable_socket, enable_socket

    if item.get_closest_marker("live") or item.get_closest_marker("browser"):
        enable_socket()
    elif not item.get_closest_marker("enable_socket"):
        disable_socket(allow_unix_socket=True)
