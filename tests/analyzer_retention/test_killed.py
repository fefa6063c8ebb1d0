"""A purge that is killed anywhere leaves nothing older readable, nothing younger gone, and its proofs."""

import pytest

from tests.analyzer_retention.killed import trial
from tests.support.needs import need

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def test_a_killed_purge_is_ended_by_the_next_one():
    need("strace", "strace")
    outcome = trial(4, seed_number=20_261_116)
    assert outcome.killed_in_time >= 3, "the kills came too late to show anything"
    assert vars(outcome) | {"killed_in_time": 0} == {
        "kills": 4, "killed_in_time": 0, "older_readable": 0, "younger_gone": 0, "leftovers": 0,
        "key_octets": 0, "proofs_wrong": 0, "notes": [],
    }  # fmt: skip
