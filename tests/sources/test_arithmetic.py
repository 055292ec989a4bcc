"""Chance and elementary functions of the simulator."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lockgate.sources.market.arithmetic import bits, exp, log, normal, uniform

BITS = [434371797541652723, 3309697774824990854, 14270582388017572427]
COUNTERS = np.arange(200_000, dtype=np.uint64)


@given(st.floats(-20, 20))
def test_exp_is_the_exponential(x):
    """Prices follow the formula as written, to the last digits of a float64."""
    assert math.isclose(float(exp(x)), math.exp(x), rel_tol=1e-14)


@given(st.floats(1e-300, 1e300))
def test_log_is_the_logarithm(x):
    """Sizes and lots enter the formula as written."""
    assert math.isclose(float(log(x)), math.log(x), rel_tol=1e-14, abs_tol=1e-15)


def test_random_bits_are_fixed_for_ever():
    """No library version and no machine changes what a seed gives."""
    assert bits(1, "a", COUNTERS[:3]).tolist() == BITS
    assert not np.any(bits(1, "b", COUNTERS) == bits(1, "a", COUNTERS))
    assert not np.any(bits(2, "a", COUNTERS) == bits(1, "a", COUNTERS))


def test_a_counter_gives_the_same_number_alone_and_among_others():
    """A house or a sale does not depend on which others are simulated with it."""
    np.testing.assert_array_equal(normal(1, "a", COUNTERS)[70:75], normal(1, "a", COUNTERS[70:75]))


def test_uniform_numbers_fill_the_unit_interval():
    """Shares come out as stated: every tenth of the interval has a tenth of the numbers."""
    numbers = uniform(3, "shares", COUNTERS)
    counts, _ = np.histogram(numbers, bins=10, range=(0, 1))
    assert counts.sum() == COUNTERS.size
    assert abs(counts / COUNTERS.size - 0.1).max() < 0.003


def test_normal_numbers_have_mean_zero_and_variance_one():
    """The noise has the size that the description states."""
    numbers = normal(3, "noise", COUNTERS)
    assert abs(numbers.mean()) < 0.01
    assert abs(numbers.std() - 1) < 0.01
    assert abs(np.quantile(numbers, [0.05, 0.5, 0.95]) - [-1.645, 0, 1.645]).max() < 0.02
    assert abs(numbers).max() < 6
