"""Probabilities that mean what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.learning.calibration import apply_temperature, fit_temperature
from lockgate.learning.metrics import calibration_gap, class_losses


def sampled(rows: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities and classes drawn by them."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(classes), rows)
    y = (random.random((rows, 1)) > np.cumsum(probabilities, axis=1)).sum(axis=1)
    return probabilities, np.minimum(y, classes - 1)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 9), st.floats(0.05, 20), st.integers(0, 99))
def test_rows_sum_to_one_and_keep_their_order(classes: int, beta: float, seed: int) -> None:
    """Calibrating never changes which class is likelier than which."""
    probabilities, _ = sampled(50, classes, seed)
    calibrated = apply_temperature(probabilities, beta)
    np.testing.assert_allclose(calibrated.sum(axis=1), 1)
    assert (calibrated.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    order = np.take_along_axis(calibrated, probabilities.argsort(axis=1), axis=1)
    assert (np.diff(order, axis=1) >= 0).all()


def test_beta_one_leaves_probabilities_alone() -> None:
    """An inverse temperature of 1 is no calibration."""
    probabilities, _ = sampled(50, 3)
    np.testing.assert_allclose(apply_temperature(probabilities, 1.0), probabilities)


def test_above_one_sharpens_and_below_one_flattens() -> None:
    """The likeliest class gains with beta above 1 and loses with beta below 1."""
    row = np.array([[0.6, 0.3, 0.1]])
    assert apply_temperature(row, 2.0)[0, 0] > 0.6 > apply_temperature(row, 0.5)[0, 0]


def test_a_probability_of_zero_is_not_final() -> None:
    """A class that a forest has never met in a leaf stays possible."""
    calibrated = apply_temperature(np.array([[1.0, 0.0]]), 1.0)
    assert 0 < calibrated[0, 1] < 1e-5


def test_one_row_is_calibrated_as_in_a_batch() -> None:
    """A row alone gives exactly the probabilities that it gives among others."""
    probabilities, _ = sampled(64, 11)
    alone = [apply_temperature(probabilities[i : i + 1], 1.7) for i in range(64)]
    np.testing.assert_array_equal(apply_temperature(probabilities, 1.7), np.concatenate(alone))


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("distortion", [0.4, 1.0, 2.5])
def test_a_known_distortion_is_undone(classes: int, distortion: float) -> None:
    """Probabilities that were sharpened or flattened on purpose are brought back."""
    true, y = sampled(4000, classes)
    beta = fit_temperature(apply_temperature(true, distortion), y)
    assert beta * distortion == pytest.approx(1, abs=0.1)


def test_calibration_lowers_loss_and_error() -> None:
    """Overconfident probabilities get better on rows that the temperature was not fitted on."""
    true, y = sampled(4000, 2)
    loud = apply_temperature(true, 3.0)
    calm = apply_temperature(loud[2000:], fit_temperature(loud[:2000], y[:2000]))
    assert class_losses(y[2000:], calm).mean() < class_losses(y[2000:], loud[2000:]).mean()
    assert calibration_gap(y[2000:], calm) < calibration_gap(y[2000:], loud[2000:]) / 2


def test_the_temperature_is_bounded() -> None:
    """A model that is always right, or always wrong, does not drive beta to infinity."""
    right = np.tile([0.9, 0.1], (50, 1))
    assert 10 < fit_temperature(right, np.zeros(50, dtype=int)) <= 20
    assert 1 / 20 <= fit_temperature(right, np.ones(50, dtype=int)) < 1 / 10
