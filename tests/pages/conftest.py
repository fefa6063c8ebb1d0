from pathlib import Path

import pytest

from api.library import Library
from dashboards.reading import Snapshot
from privacy.published import Published
from tests.pages.published_school import publish


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("store") / "public")


@pytest.fixture(scope="session")
def snapshot(public: Path) -> Snapshot:
    return Library(Published(public)).snapshot()
