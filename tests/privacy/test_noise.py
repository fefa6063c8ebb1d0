import math
import os
import statistics
from dataclasses import replace
from itertools import pairwise

import pytest

from privacy.gate import noise
from privacy.gate.noise import draw, epsilon
from privacy.gate.refused import ReleaseRefused
from tests.privacy.examples import SETTINGS

DRAWS = 20_000
"""Standard error of sigma: 0.5 %. Three per cent is six of them; noise 10 % too small is twenty."""


@pytest.fixture(scope="module", params=["T1", "T6"])
def sample(request):
    method = SETTINGS.method(request.param)
    return method, draw([1000] * DRAWS, method)


def test_drawn_noise_has_the_declared_sigma(sample):
    method, values = sample
    assert statistics.pstdev(values) / method.sigma == pytest.approx(1, abs=0.03)


def test_drawn_noise_is_centred_on_the_exact_count(sample):
    method, values = sample
    error = method.sigma / DRAWS**0.5
    assert abs(statistics.fmean(values) - 1000) < 6 * error


def test_drawn_noise_has_normal_tails_and_no_serial_correlation(sample):
    method, values = sample
    z = [(value - 1000) / method.sigma for value in values]
    assert sum(abs(v) > 1.96 for v in z) / DRAWS == pytest.approx(0.05, abs=0.01)
    assert abs(statistics.fmean(a * b for a, b in pairwise(z))) < 0.045


def test_noise_is_whole_numbers_and_may_be_negative():
    values = draw([0] * 200, SETTINGS.method("T1"))
    assert all(type(value) is int for value in values)
    assert min(values) < 0


def test_a_cell_that_nobody_filled_is_drawn_too():
    assert any(draw([0] * 50, SETTINGS.method("T1")))


def test_two_processes_never_share_a_stream():
    draw([0], SETTINGS.method("T1"))
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, repr(draw([0] * 40, SETTINGS.method("T1"))).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as pipe:
        theirs = pipe.read()
    assert theirs.startswith("[")
    assert theirs != repr(draw([0] * 40, SETTINGS.method("T1")))


def test_noise_smaller_than_its_charge_is_refused():
    method = SETTINGS.method("T1")
    with pytest.raises(ReleaseRefused, match="too small"):
        draw([1], replace(method, sigma=method.sigma * 0.999))
    with pytest.raises(ReleaseRefused, match="too small"):
        draw([1], replace(method, cap=6))


def test_another_mechanism_is_refused():
    with pytest.raises(ReleaseRefused, match="mechanism"):
        draw([1], replace(SETTINGS.method("T1"), mechanism="none"))


def test_noise_that_costs_exactly_its_charge_is_drawn():
    method = SETTINGS.method("T1")
    cost = noise._gaussian(method.sigma).map(math.nextafter(method.sensitivity, math.inf))
    assert len(draw([1, 2], replace(method, rho=cost))) == 2
    with pytest.raises(ReleaseRefused, match="too small"):
        draw([1, 2], replace(method, rho=math.nextafter(cost, 0)))


def test_the_largest_count_is_drawn():
    assert len(draw([2**53, 0], SETTINGS.method("T1"))) == 2


def test_an_epsilon_is_quoted_with_four_decimals():
    quoted = [epsilon(rho) for rho in (0.0243, 0.0111, 0.0057)]
    assert quoted == [round(each, 4) for each in quoted]
    assert any(each != round(each, 3) for each in quoted)


@pytest.mark.parametrize(
    "counts", [[-1], [1.0], [True], [2**60], [2**53 + 1], ["1"], [5, -1], [2.0, 7]]
)
def test_what_is_no_count_is_refused(counts):
    with pytest.raises(ReleaseRefused, match="counts"):
        draw(counts, SETTINGS.method("T1"))
