"""The committed contract, and what answers keep of it."""

import json

import pytest
from jsonschema import Draft202012Validator

from api.openapi import COMMITTED, text
from tests.api.client import Client


@pytest.fixture(scope="module")
def contract() -> dict:
    return json.loads(COMMITTED.read_text(encoding="utf-8"))


def test_the_committed_contract_is_what_is_served(client: Client, contract: dict):
    served = client.get("/api/v1/openapi.json").json()
    assert contract["openapi"].startswith("3.1")
    assert text(served) == COMMITTED.read_text(encoding="utf-8"), "python -m api.openapi --write"


def test_every_operation_names_its_problems_and_who_may_ask(contract: dict):
    for path, operations in contract["paths"].items():
        for operation in operations.values():
            assert ("security" in operation) == path.startswith("/api/")
            codes = set(operation["responses"])
            wanted = (
                {"401", "403", "404", "406", "422", "429", "503"}
                if "security" in operation
                else {"503"}
            )
            assert wanted <= codes
            for code in wanted:
                assert "application/problem+json" in operation["responses"][code]["content"]


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/api/v1/releases", "ListAnswer"),
        ("/api/v1/releases/T1", "TableAnswer"),
        ("/api/v1/releases/T1/2026-W41", "ReleaseAnswer"),
        ("/api/v1/releases/link/2026-11-12", "ReleaseAnswer"),
        ("/api/v1/documents/charter", "DocumentAnswer"),
        ("/livez", "Health"),
        ("/api/v1/releases/T1/2031-W01", "ProblemBody"),
        ("/api/v1/releases/T1?format=xml", "ProblemBody"),
    ],
)
def test_answers_have_the_shape_of_the_contract(
    client: Client, contract: dict, path: str, shape: str
):
    schema = {"$ref": f"#/components/schemas/{shape}", "components": contract["components"]}
    body = client.get(path).json()
    assert list(Draft202012Validator(schema).iter_errors(body)) == []
    broken = body | {"status": [], "meta": None}
    assert list(Draft202012Validator(schema).iter_errors(broken))


def test_the_meta_block_stands_on_every_answer(client: Client):
    for path in ("releases", "releases/T1", "releases/T1/2026-W41", "documents/school"):
        meta = client.get(f"/api/v1/{path}").json()["meta"]
        assert set(meta) == {
            "range", "timezone", "last_updated", "confidence", "withheld_cells", "origin",
            "charter_digest", "privacy_digest", "policy",
        }  # fmt: skip
        assert 1 <= meta["confidence"]["level"] <= 5
        assert 5 - meta["confidence"]["level"] <= max(4, len(meta["confidence"]["reasons"]))


def test_the_manual_is_ours_and_names_every_operation(client: Client, contract: dict):
    for lang in ("fr", "en"):
        page = client.get(f"/api/v1/docs?lang={lang}")
        assert "<script" not in page.text
        for path in contract["paths"]:
            assert f"GET {path}<" in page.text
