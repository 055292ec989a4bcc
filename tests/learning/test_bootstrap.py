"""Confidence intervals by resampling, and the metrics of many resamples at once."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lockgate.learning.bootstrap import bootstrap, paired_bootstrap
from lockgate.learning.metrics import classification_metrics, regression_metrics, set_metrics
from lockgate.learning.resampled import (
    Statistic,
    classification_statistic,
    mean_statistic,
    regression_statistic,
    set_statistic,
)

Case = tuple[Callable[..., dict[str, float]], Callable[..., Statistic], tuple[np.ndarray, ...]]


def numbers(rows: int, least: float = 1.0) -> Case:
    """Return the two implementations for regression, with data from `least` upwards."""
    random = np.random.default_rng(2)
    y = least + random.gamma(3.0, 10.0, rows).round()
    y[0] = least
    prediction = y + random.normal(0, 3, rows)
    arrays = (y, prediction, prediction - 4, prediction + 4)
    return regression_metrics, regression_statistic, arrays


def classes(rows: int, count: int, decimals: int) -> Case:
    """Return the two implementations for classification, with tied data."""
    random = np.random.default_rng(3)
    y = random.integers(0, count, rows)
    weights = random.gamma(1.0, 1.0, (rows, count)).round(decimals) + 0.1
    weights[np.arange(rows), y] += 0.5
    arrays = (y, weights / weights.sum(axis=1, keepdims=True))
    return classification_metrics, classification_statistic, arrays


def sets(rows: int, count: int) -> Case:
    """Return the two implementations for prediction sets."""
    random = np.random.default_rng(5)
    arrays = (random.integers(0, count, rows), random.random((rows, count)) < 0.4)
    return set_metrics, set_statistic, arrays


CASES = [
    numbers(80),
    numbers(81, least=0.0),
    numbers(60, least=-40.0),
    classes(80, 2, 1),
    classes(90, 4, 1),
    sets(70, 3),
]


@pytest.mark.parametrize(("measure", "statistic", "arrays"), CASES)
def test_a_resample_has_the_metrics_of_its_rows(
    measure: Any, statistic: Any, arrays: tuple[np.ndarray, ...]
) -> None:
    """Counting rows gives what the metrics give for the rows written out, ties included."""
    random = np.random.default_rng(4)
    rows = len(arrays[0])
    drawn = random.integers(0, rows, (20, rows))
    weights = np.array([np.bincount(each, minlength=rows) for each in drawn], dtype=float)
    found = statistic(*arrays)(np.vstack([np.ones(rows), weights]))
    for place, each in enumerate([np.arange(rows), *drawn]):
        expected = measure(*(array[each] for array in arrays))
        assert place > 0 or set(found) == set(expected)
        for name in set(found) & set(expected):
            assert found[name][place] == pytest.approx(expected[name], rel=1e-9, abs=1e-12), name


@pytest.mark.filterwarnings("error")
def test_a_resample_of_one_class_cannot_be_ranked() -> None:
    """Ranking is NaN for such a resample, without a warning, and the rest is measured."""
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]])
    statistic = classification_statistic(np.array([0, 1]), probabilities)
    found = statistic(np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]]))
    for name in ("roc_auc", "average_precision"):
        assert np.isnan(found[name]).tolist() == [True, True, False]
    assert np.isfinite(found["log_loss"]).all()
    ranges = bootstrap(statistic, 2, resamples=200, seed=1)
    assert ranges["roc_auc"].low == ranges["roc_auc"].high == 1


def test_what_no_resample_defines_is_left_out() -> None:
    """A test part of one class has no interval for ranking."""
    statistic = classification_statistic(np.ones(9, dtype=int), np.tile([0.3, 0.7], (9, 1)))
    found = bootstrap(statistic, 9, resamples=50, seed=1)
    assert "roc_auc" not in found
    assert "accuracy" in found


@pytest.mark.filterwarnings("error")
def test_constant_targets_have_no_r2() -> None:
    """Where nothing varies, no share of the variation is explained."""
    y = np.full(5, 3.0)
    found = bootstrap(regression_statistic(y, y + 1, y, y + 2), 5, resamples=20, seed=0)
    assert "r2" not in found
    assert found["mae"].low == found["mae"].high == 1


def test_the_interval_covers_the_truth_at_its_level() -> None:
    """Over many samples, the 90 % interval of a mean contains the true mean about so often."""
    random = np.random.default_rng(6)
    hits = []
    for seed in range(300):
        found = bootstrap(
            mean_statistic(random.gamma(2.0, 1.0, 60)), 60, resamples=200, seed=seed, level=0.9
        )["mean"]
        hits.append(found.low <= 2 <= found.high)
    assert np.mean(hits) == pytest.approx(0.9, abs=0.05)


def test_the_seed_decides() -> None:
    """Equal seeds give equal intervals, and another seed gives another."""
    statistic = mean_statistic(np.random.default_rng(0).normal(size=50))
    first, again, other = (bootstrap(statistic, 50, resamples=100, seed=s) for s in (1, 1, 2))
    assert first == again != other


def test_a_large_test_part_is_drawn_in_pieces() -> None:
    """More rows than are held at once give an interval as they should."""
    losses = np.random.default_rng(0).normal(5, 1, 700_000)
    found = bootstrap(mean_statistic(losses), len(losses), resamples=7, seed=0)["mean"]
    assert found.low < losses.mean() < found.high
    assert found.high - found.low < 0.02


def test_a_better_model_is_told_from_an_equal_one() -> None:
    """The change is relative, its interval excludes 0 for a real gain and includes it for none."""
    random = np.random.default_rng(7)
    losses = random.gamma(2.0, 1.0, 500)
    better = paired_bootstrap(losses * 0.9, losses, resamples=300, seed=1)
    assert better.change == pytest.approx(-0.1)
    assert better.low <= better.high < 0
    equal = paired_bootstrap(random.permutation(losses), losses, resamples=300, seed=1)
    assert equal.low < 0 < equal.high


def test_pairing_sees_what_separate_intervals_do_not() -> None:
    """A small gain in every row is certain, however much the rows differ among themselves."""
    losses = np.random.default_rng(8).gamma(0.3, 10.0, 200)
    found = paired_bootstrap(losses * 0.99, losses, resamples=300, seed=1)
    assert found.low == pytest.approx(-0.01)
    assert found.high == pytest.approx(-0.01)


@pytest.mark.filterwarnings("error")
def test_a_perfect_opponent_cannot_be_compared_with() -> None:
    """A loss of 0 leaves nothing to be relative to: the change is no finite number."""
    found = paired_bootstrap(np.ones(10), np.zeros(10), resamples=20, seed=1)
    assert not np.isfinite(found.change)
