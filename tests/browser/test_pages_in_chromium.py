"""What only a browser can tell: no violation, no other origin, readable on a telephone and dark."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

PAGES = {"en-bref": "/", "debit": "/debit?jour=2026-09-29", "usages": "/usages"}
FIGURES = {"en-bref": 1, "debit": 3, "usages": 5}
ARTEFACTS = Path(__file__).parents[2] / "artefacts"
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', e =>
  window.violations.push(e.violatedDirective + ' ' + e.blockedURI));
"""


@contextmanager
def opened(browser, address: str, path: str, **options) -> Iterator[tuple]:
    """Yield (page, other origins asked for, console errors)."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.add_init_script(WATCH)
    page = context.new_page()
    elsewhere: list[str] = []
    errors: list[str] = []
    page.on("request", lambda r: r.url.startswith(address + "/") or elsewhere.append(r.url))
    page.on("console", lambda m: m.type in {"error", "warning"} and errors.append(m.text))
    page.on("pageerror", lambda e: errors.append(str(e)))
    try:
        page.goto(address + path)
        yield page, elsewhere, errors
    finally:
        context.close()


def draw_all(page) -> None:
    """Scroll through the page so that every figure is drawn."""
    for place in page.query_selector_all("figure .drawing"):
        place.scroll_into_view_if_needed()
        page.wait_for_function(
            "e => e.dataset.drawn === 'yes' && e.querySelector('.main-svg')", arg=place
        )


def test_figures_are_drawn_by_plotly_without_its_buttons(browser, address):
    with opened(browser, address, PAGES["debit"]) as (page, elsewhere, errors):
        draw_all(page)
        assert page.locator("figure .live:visible .main-svg").count() >= FIGURES["debit"]
        assert page.locator(".modebar").count() == 0
        assert page.evaluate("window.violations") == errors == elsewhere == []


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_complete_without_javascript(browser, address, name):
    with opened(browser, address, PAGES[name], java_script_enabled=False) as (page, elsewhere, _):
        assert page.locator("figure svg.chart:visible").count() == FIGURES[name]
        page.locator("figure summary").first.click()
        assert page.locator("figure table").first.is_visible()
        assert elsewhere == []
        page.screenshot(path=_artefact(f"{name}-without-javascript.png"), full_page=True)


def _artefact(name: str) -> Path:
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS / name


@pytest.mark.parametrize("name", PAGES)
def test_at_200_percent_text_needs_one_way_of_scrolling(browser, address, name):
    width = 640
    options = {"viewport": {"width": width, "height": 450}, "device_scale_factor": 2}
    with opened(browser, address, PAGES[name], **options) as (page, _, _errors):
        draw_all(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_skip_link_comes_first_and_leads_to_the_content(browser, address):
    with opened(browser, address, "/") as (page, _, _errors):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_a_day_is_chosen_with_plain_links_and_a_form(browser, address):
    with opened(browser, address, "/debit", java_script_enabled=False) as (page, _, _errors):
        page.select_option("#jour", "2026-10-06")
        page.click("form button")
        assert page.inner_text("h2#day") == "Le mardi 6 octobre 2026"
        page.click("a[rel=prev]")
        assert "28 septembre" in page.inner_text("h2#day")


def test_the_language_switch_keeps_page_and_day(browser, address):
    with opened(browser, address, "/debit?jour=2026-09-29") as (page, _, _errors):
        page.click("a[hreflang=en]")
        assert page.inner_text("h1") == "Is the line enough?"
        assert page.inner_text("h2#day") == "Tuesday, September 29, 2026"
        page.click("nav a[href^='/usages']")
        assert page.evaluate("document.documentElement.lang") == "en"


def test_the_drawing_follows_a_change_to_dark(browser, address):
    ink = "getComputedStyle(document.querySelector('figure .live .xtick text')).fill"
    with opened(browser, address, "/", color_scheme="light") as (page, _, errors):
        draw_all(page)
        light = page.evaluate(ink)
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(f"() => {ink} !== '{light}'")
        assert errors == []


def test_a_popup_to_another_origin_is_severed(browser, address):
    """plotly.js could hand a figure to such a window, which no content policy prevents."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>elsewhere</title>")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        with opened(browser, address, "/") as (page, _, _errors):
            target = f"http://localhost:{other.server_address[1]}/"
            with page.context.expect_page() as popup:
                page.evaluate("address => { window.popup = window.open(address); }", target)
            popup.value.wait_for_load_state()
            page.wait_for_function("() => window.popup.closed")
            assert popup.value.evaluate("window.opener") is None
        other.shutdown()
