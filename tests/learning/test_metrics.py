"""The metrics of each task."""

import numpy as np
import pytest
from sklearn import metrics

from lockgate.learning.losses import MAIN_METRIC, row_losses
from lockgate.learning.metrics import (
    bin_of,
    calibration_gap,
    classification_metrics,
    confidence,
    point_metrics,
    regression_metrics,
)

Y = np.array([1.0, 2.0, 4.0, 8.0])
P = np.array([2.0, 2.0, 3.0, 6.0])


def test_numbers_by_hand() -> None:
    """The metrics of four rows are those that one computes by hand."""
    found = regression_metrics(Y, P, P - 1, P + 1)
    assert {name: round(value, 4) for name, value in found.items()} == {
        "mae": 1.0,
        "rmse": 1.2247,
        "median_absolute_error": 1.0,
        "r2": 0.7913,
        "mape": 0.375,
        "rmsle": 0.2633,
        "interval_coverage": 0.75,
        "interval_width": 2.0,
    }


def test_numbers_are_measured_as_scikit_learn_does() -> None:
    """Each metric of predicted numbers is that of scikit-learn."""
    random = np.random.default_rng(1)
    y = random.gamma(3.0, 10.0, 101)
    prediction = y * random.uniform(0.5, 1.5, 101)
    assert point_metrics(y, prediction) == pytest.approx(
        {
            "mae": metrics.mean_absolute_error(y, prediction),
            "rmse": metrics.root_mean_squared_error(y, prediction),
            "median_absolute_error": metrics.median_absolute_error(y, prediction),
            "r2": metrics.r2_score(y, prediction),
            "mape": metrics.mean_absolute_percentage_error(y, prediction),
            "rmsle": metrics.root_mean_squared_log_error(y, prediction),
        },
        rel=1e-12,
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("y", "prediction", "absent"),
    [
        (Y - 1, P, {"mape"}),
        (Y - 3, P, {"rmsle"}),
        (Y, P - 3, {"rmsle"}),
        (np.ones(4), P, {"r2"}),
        (Y[:1], P[:1], {"r2"}),
    ],
)
def test_what_is_not_defined_is_left_out(
    y: np.ndarray, prediction: np.ndarray, absent: set[str]
) -> None:
    """A metric that means nothing for the values is absent, never a made-up number."""
    every = {"mae", "rmse", "median_absolute_error", "r2", "mape", "rmsle"}
    found = point_metrics(y, prediction)
    assert set(found) == every - absent
    assert np.isfinite(list(found.values())).all()


def test_two_classes_are_measured_by_the_second() -> None:
    """Of two classes the second is the positive one, for ranking, f1 and Brier score."""
    y = np.array([0, 0, 1, 1])
    score = np.array([0.1, 0.6, 0.4, 0.9])
    found = classification_metrics(y, np.column_stack([1 - score, score]))
    assert found["roc_auc"] == 0.75
    assert found["average_precision"] == pytest.approx(metrics.average_precision_score(y, score))
    assert found["brier"] == pytest.approx(np.mean((score - y) ** 2))
    assert found["f1"] == found["accuracy"] == found["balanced_accuracy"] == 0.5
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, score))


def test_more_classes_are_averaged() -> None:
    """Of more classes, ranking and f1 are means over the classes against the rest."""
    random = np.random.default_rng(0)
    y, probabilities = random.integers(0, 3, 90), random.dirichlet(np.ones(3), 90)
    guess, found = probabilities.argmax(axis=1), classification_metrics(y, probabilities)
    assert found["roc_auc"] == pytest.approx(
        metrics.roc_auc_score(y, probabilities, multi_class="ovr")
    )
    assert found["f1"] == pytest.approx(metrics.f1_score(y, guess, average="macro"))
    assert found["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(y, guess))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, probabilities))
    assert found["brier"] == pytest.approx(
        metrics.brier_score_loss(y, probabilities, scale_by_half=False)
    )


@pytest.mark.filterwarnings("error")
def test_one_class_cannot_be_ranked() -> None:
    """Where all rows are of one class, ranking is left out and the rest is measured."""
    probabilities = np.tile([0.2, 0.8], (5, 1))
    found = classification_metrics(np.ones(5, dtype=int), probabilities)
    assert "roc_auc" not in found
    assert "average_precision" not in found
    assert found["accuracy"] == found["balanced_accuracy"] == 1


@pytest.mark.filterwarnings("error")
def test_a_class_that_is_absent_is_left_out_of_the_mean() -> None:
    """A test part without one of three classes is ranked by the two that it has."""
    y = np.array([0, 0, 2, 2])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.5, 0.2, 0.3], [0.6, 0.2, 0.2], [0.1, 0.1, 0.8]])
    assert classification_metrics(y, probabilities)["roc_auc"] == pytest.approx(0.75)


def test_a_certain_mistake_has_a_finite_loss() -> None:
    """A probability of 0 for what happened costs much, and not infinitely much."""
    found = classification_metrics(np.array([0, 1]), np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert 10 < found["log_loss"] < 40


def test_the_calibration_error_is_the_mean_gap() -> None:
    """Ten rows that were given 0.85 and came true eight times are 0.05 off."""
    y = np.array([1] * 8 + [0] * 2)
    assert calibration_gap(y, np.tile([0.15, 0.85], (10, 1))) == pytest.approx(0.05)


def test_the_largest_probability_is_judged_for_more_classes() -> None:
    """Of three classes, what is held against the truth is the confidence in the guess."""
    said, came = confidence(np.array([1, 2]), np.array([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]]))
    assert said.tolist() == [0.7, 0.5]
    assert came.tolist() == [1.0, 0.0]


def test_bins_have_equal_width() -> None:
    """0 falls into the first bin and 1 into the last."""
    assert bin_of(np.array([0.0, 0.05, 0.1, 0.95, 1.0])).tolist() == [0, 0, 1, 9, 9]


def test_the_loss_of_the_rows_averages_to_the_main_metric() -> None:
    """Rows are compared by the loss whose mean is the headline."""
    assert row_losses(Y, {"value": P}).mean() == point_metrics(Y, P)[MAIN_METRIC["regression"]]
    y, probabilities = np.array([0, 1]), np.array([[0.7, 0.3], [0.4, 0.6]])
    losses = row_losses(y, {"probabilities": probabilities})
    assert losses.mean() == classification_metrics(y, probabilities)[MAIN_METRIC["binary"]]
