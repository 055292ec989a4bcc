"""Prediction intervals."""

import numpy as np
import pytest

from lockgate.errors import TrainingError
from lockgate.learning.intervals import Interval, conformal_quantile
from lockgate.learning.links import Link


def test_the_quantile_is_an_order_statistic() -> None:
    """Of 9 residuals, level 0.9 takes the largest and level 0.5 the fifth, whatever their signs."""
    residuals = np.array([3.0, -1.0, 2.0, 9.0, -4.0, 5.0, -6.0, 8.0, 7.0])
    assert conformal_quantile(residuals, 0.9) == 9
    assert conformal_quantile(residuals, 0.5) == 5
    assert conformal_quantile(residuals, 0.01) == 1


@pytest.mark.parametrize(("level", "needed"), [(0.9, 9), (0.95, 19), (0.99, 99), (0.8, 4)])
def test_too_few_residuals_are_refused(level: float, needed: int) -> None:
    """No finite interval can promise the level then; the message says how many rows it takes."""
    conformal_quantile(np.ones(needed), level)
    with pytest.raises(TrainingError, match=f"needs at least {needed} rows, and there are"):
        conformal_quantile(np.ones(needed - 1), level)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_new_rows_are_covered_at_the_level(level: float) -> None:
    """Over many draws, the share of new residuals below the quantile is the level."""
    random = np.random.default_rng(1)
    covered = [
        abs(random.normal()) <= conformal_quantile(random.normal(size=39), level)
        for _ in range(3000)
    ]
    assert np.mean(covered) == pytest.approx(level, abs=0.025)


def test_ends_that_are_open_stay_open() -> None:
    """Without bounds an identity interval reaches as far on both sides of any score."""
    lower, value, upper = Interval(2.0, Link("identity", None, None))(np.array([-1e9, 0.0]))
    np.testing.assert_array_equal(upper - value, [2.0, 2.0])
    np.testing.assert_array_equal(value - lower, [2.0, 2.0])


def test_a_score_beyond_the_bounds_has_the_interval_of_the_bound() -> None:
    """However far a model extrapolates, the interval is that of the prediction that is given."""
    intervals = Interval(0.5, Link("log", 10.0, 100.0))
    far, bound = intervals(np.array([9.0])), intervals(np.log1p([100.0]))
    np.testing.assert_array_equal(far, bound)
    assert far[0] < far[1] == far[2]


def test_a_log_interval_grows_with_the_prediction() -> None:
    """On a log scale the interval is a factor, on the plain scale a distance."""
    predictions = np.array([100.0, 1000.0])
    for kind, ratio in (("identity", 1.0), ("log", 1001 / 101)):
        link = Link(kind, None, None)
        lower, _, upper = Interval(0.1, link)(link.forward(predictions))
        widths = upper - lower
        assert widths[1] / widths[0] == pytest.approx(ratio)


def test_an_interval_stays_in_the_bounds() -> None:
    """No interval reaches below 0 for a target that cannot."""
    lower, _, upper = Interval(5.0, Link("identity", 0.0, 100.0))(np.array([1.0, 99.0]))
    assert (lower[0], upper[1]) == (0, 100)
