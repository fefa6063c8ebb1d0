"""What every test gets: no network, and fixed seeds for generated cases in CI."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Only `live` and `browser` tests may open sockets, and those reach loopback or namespaces."""
    from pytest_socket import disable_socket, enable_socket

    if item.get_closest_marker("live") or item.get_closest_marker("browser"):
        enable_socket()
    elif not item.get_closest_marker("enable_socket"):
        disable_socket(allow_unix_socket=True)
