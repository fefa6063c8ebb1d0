"""Addresses that were given out: this table only grows."""

import pytest

from api.permalinks import VERSION
from tests.api.client import Client

OLD = {
    "/en-bref": "/",
    "/en-bref?lang=en": "/?lang=en",
    "/debit/": "/debit",
    "/debit?v=1&jour=2026-09-29": "/debit?jour=2026-09-29",
    "/debit?day=2026-09-29&line=principale": "/debit?jour=2026-09-29&ligne=principale",
    "/login": "/connexion",
    "/docs": "/api/v1/docs",
    "/openapi.json": "/api/v1/openapi.json",
    "/api/v1": "/api/v1/docs",
    "/api/v1/releases/T1/2026-W41?v=1&format=csv": "/api/v1/releases/T1/2026-W41?format=csv",
}
PRESENT = (
    "/",
    "/debit",
    "/debit?jour=2026-09-29&lang=en",
    "/charte",
    "/api/v1/releases/T1",
    "/api/v1/releases/T1/2026-W41?format=csv-fr",
    "/api/v1/releases/link/2026-10-06",
    "/api/v1/documents/charter",
    "/static/jauge.css?v=0123",
    "/problemes#not-found",
)


@pytest.mark.parametrize("old", OLD)
def test_an_old_address_leads_to_the_present_one(client: Client, old: str):
    answer = client.get(old)
    assert (answer.status_code, answer.headers["location"]) == (308, OLD[old])


@pytest.mark.parametrize("path", PRESENT)
def test_a_present_address_stays_where_it_is(client: Client, path: str):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/debit?v=2", f"/?v={VERSION + 1}", "/api/v1/releases?v=x"])
def test_an_address_of_a_later_version_is_not_guessed(client: Client, path: str):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
