import os

import pytest

from analyzer.engines import EMBEDDED, EngineSettings, opened

CLIENTS_OF_SPARK = [
    "ignore:fetch_arrow_table:DeprecationWarning",
    # pyspark 4.0 and its protocol's generated code; remove when pyspark-client 4.1 is supported by Ibis.
    "ignore::DeprecationWarning:pyspark.*",
    "ignore::FutureWarning:pyspark.*",
    "ignore:.*SelectableGroups.*:DeprecationWarning",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/engines" in item.path.as_posix():
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.timeout(600))
            for warning in CLIENTS_OF_SPARK:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(name="secret", scope="session")
def _secret(tmp_path_factory):
    path = tmp_path_factory.mktemp("secret") / "secret"
    path.touch(0o600)
    path.write_bytes(os.urandom(32))
    return path


@pytest.fixture(name="sail_settings", scope="session")
def _sail_settings(secret):
    """Sail in this process, listening on loopback; it may write no file."""
    from pytest_socket import enable_socket

    enable_socket()
    os.environ |= {"SAIL_RUNTIME__TEMPORARY_FILES__MAX_SIZE": "0", "RUST_LOG": "error"}
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    _, port = server.listening_address
    yield EngineSettings(engine="spark", endpoint=f"sc://127.0.0.1:{port}", secret=str(secret))
    server.stop()


@pytest.fixture(name="sail", scope="session")
def _sail(sail_settings):
    with opened(sail_settings) as engine:
        yield engine


@pytest.fixture(name="duckdb", scope="session")
def _duckdb():
    with opened(EMBEDDED) as engine:
        yield engine
