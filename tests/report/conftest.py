from datetime import date
from pathlib import Path

import pytest

from api.library import Library
from dashboards.report import document
from dashboards.report.material import Material
from dashboards.report.pdf import Paper, make_pdf
from dashboards.texts import Texts
from privacy.published import Published
from tests.report.school_with_volumes import publish_all

PRINTED = date(2026, 11, 27)


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_all(tmp_path_factory.mktemp("report") / "public")


@pytest.fixture(scope="session")
def material(public: Path) -> Material:
    return Library(Published(public)).material("2026-T1", lambda _: PRINTED)


@pytest.fixture(scope="session")
def printed(material: Material) -> Paper:
    return make_pdf(*document.sheets(material, Texts("fr")))
