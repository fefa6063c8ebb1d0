"""The example alert rules speak of what `/metrics` says, and of nothing else."""

import re
from pathlib import Path

import pytest
import yaml

from api.app import create_app
from privacy.published import Published
from tests.pages.published_school import publish

RULES = Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "jauge.rules.yml"
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
    series = re.findall(r"\bjauge_\w+(?:\{[^}]*\})?", rule["expr"])
    assert series or rule["expr"].startswith("up{")
    for one in series:
        assert re.search(rf"(?m)^{re.escape(one)} ", said), one


def test_every_alert_says_in_both_languages_what_is_wrong_and_what_to_type():
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)
    for rule in ALERTS:
        assert " · " in rule["annotations"]["summary"]
        assert rule["annotations"]["description"]
        assert rule["labels"]["severity"] == "warning"
