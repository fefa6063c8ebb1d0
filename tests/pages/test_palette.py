"""Colours: at least 3:1 for marks and 4.5:1 for words, on both grounds, computed from the CSS."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from dashboards.charts import COLOURS

CSS = (Path(__file__).parents[2] / "dashboards/static/jauge.css").read_text(encoding="utf-8")


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9_-]+):\s*(#[0-9A-Fa-f]{6})", block))


LIGHT = variables(CSS[: CSS.index("@media (prefers-color-scheme: dark)")])
DARK = LIGHT | variables(
    CSS[CSS.index("@media (prefers-color-scheme: dark)") : CSS.index("*, *::before")]
)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", sorted(COLOURS))
def test_chart_colours_stand_out_from_the_card(scheme, role):
    assert contrast(COLOURS[role], scheme["card"]) >= 3


def test_style_sheet_and_figures_use_the_same_colours():
    for role, colour in COLOURS.items():
        name = "hatch" if role == "withheld" else role
        assert LIGHT[name].lower() == DARK[name].lower() == colour.lower()


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "soft", "link", "good", "watch", "bad", "info"])
@pytest.mark.parametrize("ground", ["card", "paper"])
def test_words_are_readable(scheme, ink, ground):
    assert contrast(scheme[ink], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_numbers_are_readable_on_every_shade(scheme):
    for level in ("h1", "h2", "h3"):
        assert contrast(scheme["ink"], scheme[level]) >= 4.5, level
    for level in ("h4", "h5"):
        assert contrast(scheme["h-strong"], scheme[level]) >= 4.5, level
    assert contrast(scheme["ink"], scheme["banner"]) >= 4.5
    assert contrast(scheme["card"], scheme["accent"]) >= 4.5
    assert contrast(scheme["edge"], scheme["card"]) >= 3


def lab(colour: str) -> tuple[float, float, float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )
    x, y, z = (c ** (1 / 3) if c > 0.008856 else 7.787 * c + 16 / 116 for c in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def test_the_four_uses_differ():
    uses = [
        COLOURS[u] for u in ("pedagogical", "residual_private", "abusive", "resource_inappropriate")
    ]
    for one, other in combinations(uses, 2):
        difference = sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True)) ** 0.5
        assert difference >= 25, (one, other)
