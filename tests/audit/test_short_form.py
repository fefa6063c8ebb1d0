"""The short form of the audit on this code: every attack holds, every mutant is caught. Slow."""

import pytest

from audit import suite
from audit.attack import Verdict
from audit.sizes import SHORT
from audit.suite import Order

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    order = Order(SHORT, 20_260_907, tmp_path_factory.mktemp("audit"))
    return suite.run(order, policy="5" * 64, machine="test", progress=lambda *_: None)


def test_every_attack_holds_on_the_pipeline(found):
    broken = [
        one
        for one in found.outcomes
        if not one.mutant and one.verdict not in {Verdict.HELD, Verdict.NOT_RUN}
    ]
    assert broken == []


def test_every_mutant_is_caught(found):
    assert [
        (one.attack, one.subject) for one in found.mutants if one.verdict is not Verdict.CAUGHT
    ] == []
    assert len(found.mutants) >= 25


def test_the_short_form_says_what_it_could_not_resolve(found):
    left = {
        f.name for one in found.outcomes for f in one.figures if f.holds is None and f.criterion
    }
    assert "mu de chaque table seule" in left
