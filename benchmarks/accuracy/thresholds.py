"""Verdicts around the thresholds of the line: one octet below, at, and above. Pure."""

from dataclasses import dataclass

import numpy as np

from analyzer.classify import classify
from analyzer.facts import Facts
from analyzer.link_state import (
    BUSY_PERCENT,
    MINUTE_S,
    SATURATED_PERCENT,
    STATES,
    states_of,
)
from school.load import School

CAPACITY_BIT_S = 200_000_000
SITUATIONS = (
    ("office", "lesson", "web_radio"),
    ("classroom", "lesson", "video_streaming"),
    ("wifi", "break", "video_streaming"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One minute of one load."""

    percent: int
    octets_beside: int
    """Octets beside the threshold."""
    state: str
    radio: str
    """Verdict on web radio in an office during a lesson."""
    video: str
    """Verdict on video in a classroom during a lesson."""
    leisure: str
    """Verdict on video over Wi-Fi in a break."""


def _state(octets: int) -> str:
    one = np.array([0], np.int64)
    return STATES[states_of(one, one + octets, one + MINUTE_S, CAPACITY_BIT_S)[0]]


def _use(school: School, state: str, zone: str, period: str, category: str) -> str:
    facts = Facts(
        zone_kind=zone, period=period, category=category, evidence="strong", link_state=state
    )
    return classify(facts, school.charter).use


def ladder(school: School) -> list[Step]:
    """Return the steps around both thresholds."""
    steps = []
    for percent in (BUSY_PERCENT, SATURATED_PERCENT):
        exact = CAPACITY_BIT_S // 8 * MINUTE_S * percent // 100
        for beside in (-1, 0, 1):
            state = _state(exact + beside)

            uses = [_use(school, state, *situation) for situation in SITUATIONS]
            steps.append(Step(percent, beside, state, *uses))
    return steps
