"""The example alert rules speak of what `/metrics` says, and of nothing else."""

import re
from pathlib import Path

import pytest
import yaml

from api.app import create_app
from api.exposition import FAMILIES
from privacy.published import Published
from tests.pages.published_school import publish

RULES = Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "jauge.rules.yml"
SERIES = re.compile(r"\bjauge_\w+(?:\{[^}]*\})?")
UNWATCHED = {
    *("jauge_http_response_start_seconds_total", "jauge_releases", "jauge_capture_rejected_ratio"),
    *("jauge_spool_files", "jauge_spool_bytes"),
}
ALERTS = [
    rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `/metrics` answers over a published school."""
    public = publish(tmp_path_factory.mktemp("store") / "public")
    return create_app(Published(public), metrics_port=9_000).text()


@pytest.mark.parametrize("rule", ALERTS, ids=[rule["alert"] for rule in ALERTS])
def test_an_alert_names_only_what_is_measured(rule, said):
    series = SERIES.findall(rule["expr"])
    assert series or rule["expr"].startswith("up{")
    for one in series:
        whole = re.escape(one) if "{" in one else rf"{one}(?:{{[^}}]*}})?"
        assert re.search(rf"(?m)^{whole} ", said), one


def test_every_figure_of_the_capture_has_an_alert():
    """What nobody is told of by itself is not watched; counts that only describe are a visible list."""
    watched = {one.partition("{")[0] for rule in ALERTS for one in SERIES.findall(rule["expr"])}
    assert {family.name for family in FAMILIES} - watched == UNWATCHED


def test_every_alert_says_in_both_languages_what_is_wrong_and_what_to_type():
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)
    for rule in ALERTS:
        assert " · " in rule["annotations"]["summary"]
        assert rule["annotations"]["description"]
        assert rule["labels"]["severity"] == "warning"
