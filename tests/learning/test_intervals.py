"""Prediction intervals."""

import numpy as np
import pytest

from lockgate.errors import TrainingError
from lockgate.learning.intervals import HalfWidth, Interval, conformal_quantile, fit_half_width
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


def errors_that_grow(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw scores from 0 to 100, and errors of which the spread rises with them."""
    random = np.random.default_rng(seed)
    scores = random.uniform(0, 100, rows)
    return scores, random.normal(0, 1 + scores / 10)


def covered_by_fifth(half_width: HalfWidth, scores: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return the share of the errors within the half-width, by fifth of the score."""
    within = np.abs(errors) <= half_width.at(scores)
    return np.array([np.mean(part) for part in np.array_split(within[np.argsort(scores)], 5)])


@pytest.mark.parametrize("rows", [1000, 20_000])
def test_high_predictions_are_covered_as_low_ones_are(rows: int) -> None:
    """The level holds in each fifth of the prediction, where one half-width would not hold it."""
    seen, new = errors_that_grow(rows), errors_that_grow(50_000, seed=1)
    one = covered_by_fifth(HalfWidth.even(conformal_quantile(seen[1], 0.9)), *new)
    assert one[0] > 0.99
    assert one[-1] < 0.8
    assert np.abs(covered_by_fifth(fit_half_width(*seen, 0.9), *new) - 0.9).max() < 0.04


def test_few_rows_have_one_half_width() -> None:
    """It takes 40 rows at the level 0.9 to tell low predictions from high."""
    scores, errors = errors_that_grow(40)
    assert len(fit_half_width(scores, errors, 0.9).sizes) == 2
    few = fit_half_width(scores[:39], errors[:39], 0.9)
    assert few == HalfWidth.even(conformal_quantile(errors[:39], 0.9))
    with pytest.raises(TrainingError, match="needs at least 9 rows"):
        fit_half_width(scores[:8], errors[:8], 0.9)


@pytest.mark.parametrize("level", [0.05, 0.5, 0.8, 0.9, 0.95, 0.99])
def test_no_number_of_rows_is_too_few_for_its_bands(level: float) -> None:
    """Rows that are enough for one half-width are never divided into too small bands."""
    for rows in (100, 101, 137, 200, 399, 1000, 3333, 30_000):
        half_width = fit_half_width(*errors_that_grow(rows), level)
        assert len(half_width.sizes) <= 20


def test_equal_predictions_have_one_half_width() -> None:
    """A model that knows one answer only, or two, has as many half-widths."""
    errors = np.random.default_rng(0).normal(size=1000)
    assert len(fit_half_width(np.full(1000, 3.0), errors, 0.9).sizes) == 1
    assert len(fit_half_width(np.repeat([3.0, 4.0], 500), errors, 0.9).sizes) == 2


def test_an_answer_without_error_needs_no_width() -> None:
    """A model that is never wrong says so; other rows can then widen nothing."""
    exact = fit_half_width(np.arange(100.0), np.zeros(100), 0.9)
    assert set(exact.sizes) == {0.0}
    assert exact.widened(np.arange(100.0), np.ones(100), 0.9) == exact


def test_later_rows_widen_the_interval() -> None:
    """Half of the way to holding them at the level; rows that it holds already change nothing."""
    scores, errors = errors_that_grow(2000)
    half_width = fit_half_width(scores, errors, 0.9)
    scores, later = errors_that_grow(2000, seed=1)
    wider = half_width.widened(scores, 1.5 * later, 0.9)
    factors = np.array(wider.sizes) / half_width.sizes
    assert factors == pytest.approx(1.5**0.5, rel=0.05)
    whole = half_width.at(scores) * factors[0] ** 2
    assert np.mean(np.abs(1.5 * later) <= whole) == pytest.approx(0.9, abs=0.002)
    assert half_width.widened(scores, later / 2, 0.9) == half_width
    assert half_width.widened(scores[:8], later[:8] * 99, 0.9) == half_width


def test_ends_that_are_open_stay_open() -> None:
    """Without bounds an identity interval reaches as far on both sides of any score."""
    lower, value, upper = Interval(HalfWidth.even(2.0), Link("identity", None, None))(
        np.array([-1e9, 0.0])
    )
    np.testing.assert_array_equal(upper - value, [2.0, 2.0])
    np.testing.assert_array_equal(value - lower, [2.0, 2.0])


def test_a_score_beyond_the_bounds_has_the_interval_of_the_bound() -> None:
    """However far a model extrapolates, the interval is that of the prediction that is given."""
    intervals = Interval(HalfWidth.even(0.5), Link("log", 10.0, 100.0))
    far, bound = intervals(np.array([9.0])), intervals(np.log1p([100.0]))
    np.testing.assert_array_equal(far, bound)
    assert far[0] < far[1] == far[2]


def test_a_log_interval_grows_with_the_prediction() -> None:
    """On a log scale the interval is a factor, on the plain scale a distance."""
    predictions = np.array([100.0, 1000.0])
    for kind, ratio in (("identity", 1.0), ("log", 1001 / 101)):
        link = Link(kind, None, None)
        lower, _, upper = Interval(HalfWidth.even(0.1), link)(link.forward(predictions))
        widths = upper - lower
        assert widths[1] / widths[0] == pytest.approx(ratio)


def test_an_interval_stays_in_the_bounds() -> None:
    """No interval reaches below 0 for a target that cannot."""
    lower, _, upper = Interval(HalfWidth.even(5.0), Link("identity", 0.0, 100.0))(
        np.array([1.0, 99.0])
    )
    assert (lower[0], upper[1]) == (0, 100)


def test_the_half_width_goes_in_straight_lines() -> None:
    """Between two known heights it is interpolated, beyond them it stays."""
    intervals = Interval(HalfWidth((10.0, 20.0), (1.0, 3.0)), Link("identity", None, None))
    scores = np.array([-np.inf, 0.0, 10.0, 15.0, 20.0, 99.0])
    lower, value, upper = intervals(scores)
    np.testing.assert_array_equal(upper[1:] - value[1:], [1.0, 1.0, 2.0, 3.0, 3.0])
    np.testing.assert_array_equal(value[1:] - lower[1:], [1.0, 1.0, 2.0, 3.0, 3.0])
