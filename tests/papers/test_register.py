"""The register's entry, and its sheet in LibreOffice."""

import csv
import os
import shutil
import subprocess

import pytest

from dashboards.sheet import HEADINGS, register_ods
from privacy.records import SLICE_COLUMNS

ARTICLE_30 = {
    "Nom du traitement", "Responsable de traitement", "Délégué à la protection des données",
    "Finalité principale", "Catégories de personnes", "Tranches de flux pseudonymisées",
    "Internes", "Externes", "Pays tiers", "Délai d’effacement des tranches", "Chiffrement",
}  # fmt: skip


def test_every_heading_of_article_30_has_a_value_and_its_policy(papers):
    document = papers("register")
    fields = document["content"]["fields"]
    assert {field["label"] for field in fields} >= ARTICLE_30
    assert all(field["value"].strip() for field in fields)
    assert {field["policy"] for field in fields} == {document["policy"]}


def test_each_category_of_data_has_its_time_limit(papers):
    labels = [
        f["label"] for f in papers("register")["content"]["fields"] if f["group"] == "Données"
    ]
    assert sum(label.startswith("Délai d’effacement") for label in labels) == 5
    assert "Empreintes des appareils qui s’opposent" in labels  # its limit stands in the value


def test_the_columns_come_from_the_schema(papers):
    fields = {f["label"]: f["value"] for f in papers("register")["content"]["fields"]}
    lines = fields["Tranches de flux pseudonymisées"].splitlines()[1:]
    assert [line[2:].split("\u00a0")[0] for line in lines] == [c.name for c in SLICE_COLUMNS]


@pytest.mark.slow
def test_the_sheet_opens_in_libreoffice_with_the_same_content(papers, tmp_path):
    if shutil.which("soffice") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("soffice is missing: apt-get install libreoffice-calc-nogui")
        pytest.skip("soffice is missing: apt-get install libreoffice-calc-nogui to run this test")
    (tmp_path / "register.ods").write_bytes(register_ods(papers("register")))
    subprocess.run(
        [
            "soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
            "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1",
            "--outdir", tmp_path, tmp_path / "register.ods",
        ],
        check=True, capture_output=True, timeout=100,
    )  # fmt: skip
    with (tmp_path / "register.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.reader(file))
    fields = papers("register")["content"]["fields"]
    expected = [[f["group"], f["label"], f["value"], f["policy"][:16]] for f in fields]
    assert read == [list(HEADINGS), *expected]
