"""The laws that the attacks judge by, against published values."""

import math

import numpy as np
import pytest

from audit import statistics as law
from audit.attacks import canary
from audit.sizes import LONG, SHORT
from privacy.settings import MOST, PrivacySettings


@pytest.mark.parametrize(
    ("x", "freedom", "p"),
    [(3.841, 1, 0.05), (18.307, 10, 0.05), (2.558, 10, 0.99), (124.342, 100, 0.05), (0, 5, 1.0)],
)
def test_chi_squared_is_that_of_the_tables(x, freedom, p):
    assert law.chi2_sf(x, freedom) == pytest.approx(p, abs=1e-4)


def test_the_normal_law_is_that_of_the_tables():
    assert law.normal_cdf(1.959964) == pytest.approx(0.975, abs=1e-6)
    assert law.normal_cdf(0.11) == pytest.approx(0.5438, abs=1e-4)


@pytest.mark.parametrize(("scale", "fits"), [(1.0, True), (0.9, False), (1.1, False)])
def test_a_sample_fits_its_own_law_and_no_other(scale, fits):
    drawn = np.random.default_rng(3).normal(0, 20.3 * scale, 20_000).round().astype(int)
    assert (law.gaussian_fit(drawn.tolist(), 20.3) > 0.001) is fits


def test_a_stream_that_does_not_vary_counts_as_wholly_correlated():
    assert law.correlation(np.ones(9), np.arange(9.0)) == 1.0


@pytest.mark.parametrize(("sizes", "tables"), [(SHORT, canary.CHEAP), (LONG, tuple(MOST))])
def test_an_honest_gate_is_resolved_in_all_but_one_of_a_thousand_audits(sizes, tables):
    allowed, error = canary.claim(PrivacySettings(), tables), math.sqrt(2 / sizes.runs)
    farthest = allowed * canary.RESOLVED - law.Z99 * error
    assert law.normal_cdf((farthest - allowed) / error) > 0.999
