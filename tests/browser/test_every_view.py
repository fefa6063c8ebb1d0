"""Must show 1 of the dashboard: every view × light/dark × French/English × 1280/320 px.

One browser, one page per view: 0 axe violations (WCAG 2.2 AA), 0 CSP reports, 0 requests to another
host, nothing that scrolls two ways, every control reached by keyboard. Screenshots are artefacts.
"""

from itertools import product
from pathlib import Path

import axe_playwright_python
import pytest

from tests.browser.test_pages_in_chromium import ARTEFACTS, draw_all, opened

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.enable_socket,
    pytest.mark.timeout(400),  # the page of uses, eight times, on a busy machine
]

VIEWS = {
    "en-bref": "/",
    "debit": "/debit",
    "saturation": "/saturation",
    "services": "/services",
    "usages": "/usages",
    "avant-apres": "/avant-apres",
    "parc": "/parc",
    "rapport": "/rapport",
    "accessibilite": "/accessibilite",
}
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async drawn => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const where = drawn ? document : {exclude: [['.live']]};
  const found = await axe.run(where, {runOnly: tags, resultTypes: ['violations']});
  return found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 4).join(' | '));
}"""
CONTROLS = """() => {
  const all = document.querySelectorAll('a[href], summary, select, button, [tabindex="0"]');
  const seen = [...all].filter(e => e.checkVisibility());
  seen.forEach((e, i) => e.dataset.stop = i);
  return seen.length;
}"""

FIGURES_WITHOUT_TABLE = """() => [...document.querySelectorAll('figure')].filter(figure => {
  if (figure.querySelector('table')) return false;
  const link = figure.querySelector('figcaption a[href^="#"]');  // the report has its tables in an annex
  return !(link && document.querySelector(`table[id="${link.hash.slice(1)}"]`));
}).map(figure => figure.id || figure.innerText.slice(0, 60))"""


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_accessible_and_talks_to_nobody(browser, address, name):
    look(browser, address, name, VIEWS[name])


def look(browser, address: str, name: str, path: str, **options) -> None:
    """Look at a page in both languages, light and dark, wide and narrow."""
    with opened(browser, address, path, **options) as (page, elsewhere, errors):
        for lang in ("fr", "en"):
            page.goto(f"{address}{path}?lang={lang}")
            page.evaluate(AXE)
            draw_all(page)
            for width, scheme in product((1280, 320), ("light", "dark")):
                case = f"{name}-{lang}-{scheme}-{width}"
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                # Plotly's drawings (hidden from screen readers) are looked at once: they are slow.
                drawn = case.endswith("fr-light-1280")
                assert page.evaluate(RUN_AXE, drawn) == [], case
                assert page.evaluate("document.documentElement.scrollWidth") <= width, case
                if lang == "fr":
                    shoot(page, case)
            assert page.evaluate("window.violations") == [], lang
        assert_keyboard_reaches_all(page)
        assert page.evaluate(FIGURES_WITHOUT_TABLE) == []
        assert errors == []
        assert elsewhere == []


def shoot(page, case: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=ARTEFACTS / f"{case}.png", full_page=True)


def assert_keyboard_reaches_all(page) -> None:
    """Walk with the Tab key: every control is reached, visibly, and the walk leaves the page."""
    page.evaluate("window.scrollTo(0, 0); document.activeElement.blur()")
    wanted, reached = page.evaluate(CONTROLS), set()
    for _ in range(wanted + 8):
        page.keyboard.press("Tab")
        stop = page.evaluate("document.activeElement.dataset.stop")
        if stop is not None:
            reached.add(stop)
            if len(reached) == 1:
                focus = "getComputedStyle(document.activeElement).outlineStyle"
                assert page.evaluate(focus) != "none"
    assert len(reached) == wanted
