"""Prediction sets."""

import numpy as np
import pytest

from lockgate.errors import TrainingError
from lockgate.learning.sets import fit_thresholds, lowered, members


def draw(rows: int, seed: int = 0, drift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Draw classes, the third of them rare, and probabilities that know something of them."""
    random = np.random.default_rng(seed)
    y = random.choice(3, rows, p=[0.6, 0.35, 0.05])
    signal = (1.5 - drift) * np.eye(3)[y] + random.normal(0, 0.5, (rows, 3)) + [1.0, 0.5, 0.0]
    weights = np.exp(2 * signal)
    return weights / weights.sum(axis=1, keepdims=True), y


def coverage(
    thresholds: tuple[float, ...], probabilities: np.ndarray, y: np.ndarray
) -> list[float]:
    """Return for each class how often its rows' sets have it."""
    held = members(probabilities, thresholds)
    return [float(np.mean(held[y == place, place])) for place in range(3)]


def test_a_rare_class_is_covered_as_a_common_one_is() -> None:
    """The level holds in each class, where one threshold for all would fail the rare one."""
    probabilities, y = draw(20_000)
    new = draw(50_000, seed=1)
    one = -np.sort(-probabilities[np.arange(len(y)), y])[int(0.9 * len(y))]
    assert coverage((one,) * 3, *new)[2] < 0.8
    assert min(coverage(fit_thresholds(probabilities, y, 0.9), *new)) > 0.88


def test_a_threshold_is_an_order_statistic() -> None:
    """Of 9 rows of a class, level 0.9 takes the least probability, level 0.5 the fifth."""
    own = np.array([0.3, 0.9, 0.5, 0.6, 0.7, 0.8, 0.4, 0.95, 0.99])
    probabilities = np.column_stack([1 - own, own])
    y = np.ones(9, dtype=int)
    assert fit_thresholds(probabilities, y, 0.9)[1] == 0.3
    assert fit_thresholds(probabilities, y, 0.5)[1] == 0.7


def test_a_class_of_few_rows_has_the_threshold_of_all() -> None:
    """One of none too; and too few rows altogether are refused."""
    probabilities, y = draw(400)
    seen = np.flatnonzero((y != 2) | (np.cumsum(y == 2) <= 8))
    found = fit_thresholds(probabilities[seen], y[seen], 0.9)
    own = probabilities[seen, y[seen]]
    assert found[2] == -np.sort(-own)[int(np.ceil((len(own) + 1) * 0.9)) - 1]
    common = np.flatnonzero(y != 2)
    assert fit_thresholds(probabilities[common], y[common], 0.9)[2] > 0
    with pytest.raises(TrainingError, match="the level 0.9 needs at least 9 rows, and there are 8"):
        fit_thresholds(probabilities[:8], y[:8], 0.9)


def test_the_likeliest_class_is_always_in() -> None:
    """So no set is empty, and none rules out the answer that is given."""
    probabilities, _ = draw(200)
    held = members(probabilities, (2.0, 2.0, 2.0))
    np.testing.assert_array_equal(held.argmax(axis=1), probabilities.argmax(axis=1))
    assert (held.sum(axis=1) == 1).all()
    assert members(probabilities, (0.0, 0.0, 0.0)).all()


def test_later_rows_lower_the_thresholds() -> None:
    """As far as it takes to hold them at the level; rows that are held already change nothing."""
    probabilities, y = draw(4000)
    thresholds = fit_thresholds(probabilities, y, 0.9)
    later, known = draw(4000, seed=1, drift=0.8)
    held = members(later, lowered(thresholds, later, known, 0.9))[np.arange(4000), known]
    assert np.mean(held) == pytest.approx(0.9, abs=0.002)
    assert lowered(thresholds, later[:8], known[:8], 0.9) == thresholds
    easy, sure = draw(4000, seed=2, drift=-1.0)
    assert lowered(thresholds, easy, sure, 0.9) == thresholds
