"""Every answer of every route carries the strict headers (after OWASP ASVS 5 chapter 3)."""

import pytest

from api.routes import PREFIX
from tests.api.client import HTML, Client

PAGES = ("/", "/debit", "/usages", "/?lang=en", "/debit?jour=2026-09-29", "/problemes")
API = (
    f"{PREFIX}/releases",
    f"{PREFIX}/releases/T1",
    f"{PREFIX}/releases/T6?format=csv",
    f"{PREFIX}/releases/T1/2026-W41",
    f"{PREFIX}/releases/link/2026-10-06?format=csv-fr",
    *(f"{PREFIX}/documents/{name}" for name in ("school", "charter", "privacy", "status")),
    f"{PREFIX}/openapi.json",
    "/livez",
    "/readyz",
)
STATIC = ("/static/jauge.css", "/static/charts.js", "/static/vendor/plotly-basic.min.js")
ERRORS = (
    "/nowhere",
    "/docs/x",
    "/redoc",
    f"{PREFIX}/releases/T9",
    f"{PREFIX}/releases/T1?format=x",
)


def check_headers(headers) -> None:
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"].startswith("private")
    assert "set-cookie" not in headers
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", [*PAGES, *API, *STATIC])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_route_answers_with_strict_headers(client: Client, path: str, method: str):
    response = client.request(method, path)
    assert response.status_code == 200
    check_headers(response.headers)
    assert bool(response.content) == (method == "GET")


@pytest.mark.parametrize("path", ERRORS)
def test_errors_carry_the_same_headers(client: Client, path: str):
    response = client.get(path)
    assert 400 <= response.status_code < 500
    check_headers(response.headers)


def test_every_declared_route_is_in_the_lists_above(client: Client):
    declared = client.get(f"{PREFIX}/openapi.json").json()["paths"]
    tried = {path.split("?")[0] for path in API}
    for template in declared:
        parts = template.split("/")
        assert any(
            len(path.split("/")) == len(parts)
            and all(
                a == b or b.startswith("{") for a, b in zip(path.split("/"), parts, strict=True)
            )
            for path in tried
        ), template


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/", f"{PREFIX}/releases", "/livez"])
def test_only_reading_is_admitted(client: Client, path: str, method: str):
    response = client.request(method, path)
    assert response.status_code == 405
    assert response.headers["content-type"] == "application/problem+json"
    check_headers(response.headers)


def test_an_unexpected_error_is_a_problem_without_detail(client, monkeypatch, caplog):
    def fail(_self):
        raise RuntimeError("10.1.2.3 must not leak")

    monkeypatch.setattr("api.library.Library.snapshot", fail)
    response = client.get("/", accept="application/json")
    assert response.status_code == 500
    check_headers(response.headers)
    assert response.json()["type"] == "/problemes#internal"
    assert "10.1.2.3" not in response.text
    assert "10.1.2.3" not in caplog.text
    assert "RuntimeError" in caplog.text


def test_a_static_file_is_kept_only_under_its_digest(client: Client):
    plain = client.get("/static/jauge.css").headers["cache-control"]
    named = client.get("/static/jauge.css?v=0").headers["cache-control"]
    assert "immutable" in named
    assert "immutable" not in plain


def test_telemetry_of_the_framework_is_off(client: Client):
    framework = client.application
    assert not framework._native_telemetry.enabled()


def test_browsers_get_pages_for_errors_and_programs_get_problems(client: Client):
    page = client.get("/nowhere", accept=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert "introuvable" in page.text
    program = client.get("/nowhere", accept="application/json")
    assert program.headers["content-type"] == "application/problem+json"
