"""The served bytes: figures with twins, withheld cells as words, nothing from elsewhere."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboards import charts, figures, pages
from dashboards.charts_plotly import columns_plotly, rows_plotly
from dashboards.charts_svg import columns_svg, rows_svg
from dashboards.reading import CHARTER_USES, Snapshot
from dashboards.texts import LANGUAGES, Texts
from privacy.release import Withheld

FR = Texts("fr")
STATIC = Path(pages.STATIC)


@pytest.fixture(scope="session")
def served(snapshot: Snapshot) -> dict[str, str]:
    makers = {
        "overview": pages.overview_page,
        "load": pages.load_page,
        "saturation": pages.saturation_page,
        "services": pages.services_page,
        "uses": pages.usages_page,
        "before_after": pages.before_after_page,
        "park": pages.park_page,
        "accessibility": pages.accessibility_page,
    }
    return {
        f"{name}-{lang}": make(snapshot, Texts(lang), {"lang": lang})
        for name, make in makers.items()
        for lang in LANGUAGES
    }


FIGURES = {
    "overview": 1, "load": 3, "saturation": 1, "services": 2, "uses": 5, "before_after": 1,
    "park": 1, "accessibility": 0,
}  # fmt: skip
FIRST_PAINT = 150_000
"""Octets of HTML, SVG and style sheet, before any script."""


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def test_nothing_is_fetched_from_elsewhere(served: dict[str, str]):
    for text in served.values():
        for _, attrs in Page(text).tags:
            for name in ("src", "href", "action", "data", "poster", "srcset"):
                value = attrs.get(name)
                assert value is None or value.startswith(("/", "#", "?")), value
                assert value is None or not value.startswith("//")


def test_the_first_paint_needs_no_script_and_little_room(served: dict[str, str]):
    style = (STATIC / "jauge.css").stat().st_size
    for name, text in served.items():
        painted = re.sub(r'<script type="application/json".*?</script>', "", text, flags=re.S)
        assert len(text.encode()) + style < FIRST_PAINT, name
        assert painted.count('<svg class="chart') == FIGURES[name.rsplit("-", 1)[0]]


def test_no_inline_style_or_script(served: dict[str, str]):
    for text in served.values():
        page = Page(text)
        assert page.of("style") == []
        for _, attrs in page.tags:
            assert "style" not in attrs
            assert not [name for name in attrs if name.startswith("on")]
        for script in page.of("script"):
            assert "src" in script or script["type"] == "application/json"


def test_own_static_files_name_no_other_machine():
    allowed = "http://www.w3.org/2000/svg"
    for path in (STATIC / "jauge.css", STATIC / "charts.js", STATIC / "icon.svg"):
        text = path.read_text(encoding="utf-8").replace(allowed, "")
        assert not re.search(r"https?://|//[a-z]+\.|@import|url\(", text), path


def test_plotly_may_not_upload_a_chart():
    script = (STATIC / "charts.js").read_text(encoding="utf-8")
    for setting in ("showSendToCloud: false", 'plotlyServerURL: ""', "displayModeBar: false"):
        assert setting in script


def test_vendored_files_are_the_ones_that_were_reviewed():
    import hashlib

    listed = dict(
        reversed(line.split("  "))
        for line in (STATIC / "vendor/SHA256SUMS").read_text().splitlines()
    )
    present = {path.name for path in (STATIC / "vendor").iterdir()} - {"SHA256SUMS"}
    assert set(listed) == present
    for name, digest in listed.items():
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest


def test_plotly_of_the_bundle_is_the_one_that_python_writes_for():
    from plotly.offline import get_plotlyjs_version

    head = (STATIC / "vendor/plotly-basic.min.js").read_text(encoding="utf-8")[:200]
    assert f"v{get_plotlyjs_version()}" in head


def test_every_figure_has_a_title_unit_table_csv_and_method(served: dict[str, str]):
    for name, text in served.items():
        blocks = re.findall(r"<figure.*?</figure>", text, re.S)
        assert len(blocks) == FIGURES[name.split("-")[0]]
        for block in blocks:
            assert re.search(r"<h3 id=[^>]+>[^<]{20,}</h3>", block)
            assert 'class="unit"' in block
            assert "<table" in block
            assert "?format=csv" in block
            assert block.count("<summary>") == 2
            assert "<svg" in block


def twin_values(table: figures.Table) -> list[list[float]]:
    return [[float(cell.raw) for cell in line.cells if cell.raw] for line in table.lines]


@pytest.mark.parametrize("use", CHARTER_USES)
def test_the_table_twin_holds_what_is_drawn(snapshot: Snapshot, use: str):
    figure = figures.use_figure(use, snapshot, FR)
    drawn = json.loads(figure.plotly)["data"][0]
    shown = [row for row in twin_values(figure.table) if row]
    assert [row[0] for row in shown] == drawn["y"]
    assert [row[1] for row in shown] == drawn["error_y"]["array"]


@pytest.mark.parametrize("side", ["down", "up"])
def test_the_table_twin_of_a_day_holds_what_is_drawn(snapshot: Snapshot, side: str):
    figure = figures.day_figure(snapshot.link[10], side, FR)
    p95, mean, peak = (trace["x"] for trace in json.loads(figure.plotly)["data"])
    rows = twin_values(figure.table)
    assert [row[:3] for row in rows] == [list(each) for each in zip(mean, p95, peak, strict=True)]


def test_withheld_cells_are_words_and_hatching_never_numbers(snapshot: Snapshot):
    figure = figures.use_figure("abusive", snapshot, FR)
    data = json.loads(figure.plotly)["data"]
    assert data[0]["y"] == []
    assert data[1]["marker"]["pattern"]["shape"] == "/"
    assert set(data[1]["y"]) == {199}
    assert twin_values(figure.table) == [[] for _ in figure.table.lines]
    texts = [cell.text for line in figure.table.lines for cell in line.cells]
    assert any(text.startswith("masqué (moins de 199)") for text in texts)
    assert '<rect class="bar' not in figure.svg
    assert 'class="withheld"' in figure.svg
    assert ">&lt;199<" in figure.svg


def test_no_noisy_value_of_a_withheld_cell_is_in_any_page(snapshot: Snapshot, served):
    hidden = {
        cell.noisy
        for release in snapshot.weeks
        for cell in release.cells
        if isinstance(cell.display, Withheld)
    }
    assert hidden
    for text in served.values():
        withheld = re.findall(r'<td class="withheld[^"]*">(.*?)</td>', text, re.S)
        assert not any("<data" in cell for cell in withheld)
    text = served["uses-fr"]
    text = re.search(r'<section aria-labelledby="zones">.*?</section>', text, re.S)[0]
    tables = re.findall(r'<table class="shaded">.*?</table>', text, re.S)
    values = {int(v) for table in tables for v in re.findall(r'<data value="(\d+)"', table)}
    assert min(values) >= 82


def test_holidays_are_a_word_not_a_zero(snapshot: Snapshot):
    figure = figures.use_figure("pedagogical", snapshot, FR)
    by_name = {line.head: line.cells[0].text for line in figure.table.lines}
    assert by_name["semaine du 19 oct. 2026"] == "vacances"
    assert by_name["semaine du 26 oct. 2026"] == "vacances"


def test_the_banner_says_which_dates_are_simulated(served: dict[str, str]):
    for name, text in served.items():
        banner = re.search(r'<section class="banner".*?</section>', text, re.S)
        assert banner, name
        assert ("15 nov. 2026" if name.endswith("fr") else "Nov 15, 2026") in banner[0]


def test_no_banner_without_simulated_data(snapshot: Snapshot):
    from dataclasses import replace

    status = replace(snapshot.status, origins=())
    link = tuple(replace(day, origin="measured") for day in snapshot.link)
    weeks = tuple(replace(week, origin="measured") for week in snapshot.weeks)
    days = tuple(replace(day, origin="measured") for day in snapshot.days)
    real = replace(snapshot, status=status, link=link, weeks=weeks, days=days)
    assert 'class="banner"' not in pages.overview_page(real, FR, {})
    mixed = replace(real, weeks=snapshot.weeks)
    assert 'class="banner"' in pages.overview_page(mixed, FR, {})


def test_structure_for_keyboard_and_screen_reader(served: dict[str, str]):
    for name, text in served.items():
        page = Page(text)
        assert page.of("html")[0]["lang"] == name.rsplit("-", 1)[1]
        assert len(page.of("main")) == len(page.of("h1")) == 1
        assert page.of("a")[0]["href"] == "#main"
        assert len(page.of("nav")) >= 1
        identifiers = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(identifiers) == len(set(identifiers))
        for _, attrs in page.tags:
            for name_of in (attrs.get("aria-labelledby") or "").split():
                assert name_of in identifiers
        assert all("scope" in attrs for attrs in page.of("th"))


def test_figure_json_cannot_leave_its_script_element():
    bar = charts.Bar(tick=("1", "x"), name="</script><script>alert(1)</script>", value=1.0)
    text = columns_plotly(charts.Columns("load", (bar,)), texts=FR)
    assert "<" not in text
    assert json.loads(text)["data"][0]["hovertext"][0].startswith("</script>")


def test_declared_names_are_escaped_in_drawings():
    row = charts.Row("<b>M1", "8–9", 1.0, 2.0, 3.0)
    drawing = rows_svg(charts.Rows((row,), 10.0), ident="x", texts=FR)
    assert "<b>" not in drawing
    bar = charts.Bar(tick=("<b>", ""), name="n", note="<i>")
    assert "<i>" not in columns_svg(charts.Columns("load", (bar,)), ident="y", texts=FR)


def test_an_unmeasured_slot_is_a_word_in_both_drawings():
    row = charts.Row("M1", "8–9", None, None, None, note="non mesuré")
    chart = charts.Rows((row,), 10.0)
    assert "non mesuré" in rows_svg(chart, ident="x", texts=FR)
    assert '<rect class="bar' not in rows_svg(chart, ident="x", texts=FR)
    figure = json.loads(rows_plotly(chart, texts=FR))
    assert all(trace.get("x") in ([], None) for trace in figure["data"])


@pytest.mark.parametrize(
    ("high", "last", "step"), [(0.13, 0.15, 0.05), (3303, 4000, 1000), (21, 25, 5), (1, 1, 0.2)]
)
def test_axes_have_round_values(high: float, last: float, step: float):
    found = charts.ticks(high)
    assert found[0] == 0
    assert found[-1] == pytest.approx(last)
    assert found[1] == pytest.approx(step)


def test_a_zone_value_with_a_wide_margin_is_marked_indicative(snapshot: Snapshot):
    from dashboards.tables import zone_weeks_table

    table = zone_weeks_table(snapshot, "resource_inappropriate", FR)
    offices = next(line for line in table.lines if line.head == "Bureaux")
    shown = [cell for cell in offices.cells if cell.raw]
    assert shown
    assert all(cell.sub.endswith("*") == (float(cell.raw) < 203) for cell in shown)
    assert all(cell.level <= 2 for cell in shown if cell.sub.endswith("*"))
