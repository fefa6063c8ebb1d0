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


@pytest.fixture(autouse=True)
def always_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are looked at for every request: a test that alters one waits for no second."""
    monkeypatch.setattr("api.quick.LOOK_EVERY_S", 0.0)
    monkeypatch.setattr("api.library.LOOK_EVERY_S", 0.0)


@pytest.fixture
def own_public(tmp_path: Path) -> Path:
    """A directory that the test may damage."""
    return publish(tmp_path / "public")
