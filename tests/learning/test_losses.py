"""The loss by which models of a task are compared."""

import numpy as np
import pytest

from lockgate.learning.losses import MAIN_METRIC, row_losses
from lockgate.learning.metrics import classification_metrics, point_metrics


def test_the_mean_of_the_rows_is_the_main_metric_of_a_regression() -> None:
    """Absolute errors, row by row."""
    y, value = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 1.0])
    losses = row_losses(y, {"value": value})
    assert losses.tolist() == [0.5, 0.0, 3.0]
    assert losses.mean() == point_metrics(y, value)[MAIN_METRIC["regression"]]


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_the_mean_of_the_rows_is_the_main_metric_of_a_classification(task: str) -> None:
    """Log losses, row by row."""
    classes = 2 if task == "binary" else 3
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(classes), 50)
    y = random.integers(0, classes, 50)
    mean = row_losses(y, {"probabilities": probabilities}).mean()
    assert mean == pytest.approx(classification_metrics(y, probabilities)["log_loss"])
