from pathlib import Path

import pytest

from tests.api.client import Client
from tests.pages.published_school import publish


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("store") / "public")


@pytest.fixture
def client(public: Path) -> Client:
    return Client(public)


@pytest.fixture
def own_public(tmp_path: Path) -> Path:
    """A directory that the test may damage."""
    return publish(tmp_path / "public")
