"""How good predictions are: the metrics of each task, each a flat dict of floats."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.learning.calibration import SMALLEST

Array = npt.NDArray[Any]

BINS = 10


def point_metrics(y: Array, prediction: Array) -> dict[str, float]:
    """Measure predicted numbers.

    Parameters
    ----------
    y, prediction : array of float, shape (rows,)
        In the target's unit.

    Returns
    -------
    dict
        ``mae``, ``rmse``, ``median_absolute_error`` in the target's unit; ``r2``; ``mape`` as a
        share; ``rmsle``. ``rmsle`` is left out when a value is negative, ``mape`` when an actual
        value is 0, ``r2`` when all actual values are equal: they are not defined then.
    """
    # scikit-learn has all of these, and takes a second to import.
    error = np.abs(prediction - y)
    found = {
        "mae": np.mean(error),
        "rmse": np.sqrt(np.mean(error**2)),
        "median_absolute_error": np.median(error),
    }
    if np.ptp(y) > 0:
        found["r2"] = 1 - np.sum(error**2) / np.sum((y - np.mean(y)) ** 2)
    if (y != 0).all():
        found["mape"] = np.mean(error / np.abs(y))
    if (y >= 0).all() and (prediction >= 0).all():
        found["rmsle"] = np.sqrt(np.mean((np.log1p(prediction) - np.log1p(y)) ** 2))
    return {name: float(value) for name, value in found.items()}


def regression_metrics(y: Array, prediction: Array, lower: Array, upper: Array) -> dict[str, float]:
    """Measure predicted numbers and their intervals.

    Parameters
    ----------
    y, prediction, lower, upper : array of float, shape (rows,)
        In the target's unit.

    Returns
    -------
    dict
        As of `point_metrics`, and ``interval_coverage``, the share of actual values inside their
        interval, and ``interval_width``, the mean width.
    """
    return point_metrics(y, prediction) | {
        "interval_coverage": float(np.mean(inside(y, lower, upper))),
        "interval_width": float(np.mean(upper - lower)),
    }


def classification_metrics(y: Array, probabilities: Array) -> dict[str, float]:
    """Measure predicted probabilities.

    Parameters
    ----------
    y : array of int, shape (rows,)
        The index of the true class.
    probabilities : array of float, shape (rows, classes)
        Each row sums to 1. Of two classes, the second is the positive one.

    Returns
    -------
    dict
        ``roc_auc`` and ``average_precision`` (of more than two classes: the mean over the
        classes against the rest; left out when `y` has one class only), ``log_loss``, ``brier``
        (of more than two classes: the sum over the classes, Brier 1950), ``accuracy``,
        ``balanced_accuracy``, ``f1`` (of more than two classes: the mean over the classes) and
        ``calibration_error`` (see `calibration_gap`).
    """
    from sklearn import metrics

    classes = probabilities.shape[1]
    guess = probabilities.argmax(axis=1)
    found = {
        "log_loss": np.mean(class_losses(y, probabilities)),
        "brier": np.mean(brier_losses(y, probabilities)),
        "accuracy": metrics.accuracy_score(y, guess),
        "balanced_accuracy": metrics.recall_score(
            y, guess, labels=np.unique(y), average="macro", zero_division=0
        ),
        "f1": metrics.f1_score(
            y,
            guess,
            labels=list(range(classes)),
            average="binary" if classes == 2 else "macro",
            zero_division=0,
        ),
        "calibration_error": calibration_gap(y, probabilities),
    }
    against_rest = [code for code in positives(classes) if 0 < np.sum(y == code) < len(y)]
    for name, score in (
        ("roc_auc", metrics.roc_auc_score),
        ("average_precision", metrics.average_precision_score),
    ):
        if against_rest:
            each = [score(y == code, probabilities[:, code]) for code in against_rest]
            found[name] = np.mean(each)
    return {name: float(value) for name, value in found.items()}


def set_metrics(y: Array, held: Array) -> dict[str, float]:
    """Measure prediction sets.

    Parameters
    ----------
    y : array of int, shape (rows,)
        The index of the true class.
    held : array of bool, shape (rows, classes)
        Which classes are in the set.

    Returns
    -------
    dict
        ``set_coverage``, the share of sets with the true class, and ``set_size``, the mean number
        of classes in a set.
    """
    return {
        "set_coverage": float(np.mean(held[np.arange(len(y)), y])),
        "set_size": float(np.mean(held.sum(axis=1))),
    }


def positives(classes: int) -> list[int]:
    """Return the classes whose ranking is measured: of two the second, else all."""
    return [1] if classes == 2 else list(range(classes))


def inside(y: Array, lower: Array, upper: Array) -> Array:
    """Tell which values, of shape (rows,), lie in their closed interval."""
    return (lower <= y) & (y <= upper)


def class_losses(y: Array, probabilities: Array) -> Array:
    """Return the log loss of each row, shape (rows,)."""
    return -np.log(np.maximum(probabilities[np.arange(len(y)), y], SMALLEST))


def brier_losses(y: Array, probabilities: Array) -> Array:
    """Return the Brier loss of each row, shape (rows,): of two classes, that of the second."""
    squares = (probabilities - np.eye(probabilities.shape[1])[y]) ** 2
    binary = squares.shape[1] == 2
    return np.asarray(squares[:, 1] if binary else squares.sum(axis=1))


def confidence(y: Array, probabilities: Array) -> tuple[Array, Array]:
    """Return what is said and what came of it, each of shape (rows,).

    Of two classes, the probability of the second and whether it was the second; of more, the
    largest probability and whether that class was right.
    """
    if probabilities.shape[1] == 2:
        return probabilities[:, 1], (y == 1).astype(float)
    guess = probabilities.argmax(axis=1)
    return probabilities.max(axis=1), (y == guess).astype(float)


def bin_of(said: Array) -> Array:
    """Return which of ten bins of equal width each probability, shape (rows,), falls into."""
    return np.asarray(np.minimum((said * BINS).astype(int), BINS - 1))


def calibration_gap(y: Array, probabilities: Array) -> float:
    """Return the expected calibration error.

    The mean over ten bins of equal width, weighted by rows, of the distance between what was
    said and how often it came true (Naeini, Cooper and Hauskrecht 2015, "Obtaining Well
    Calibrated Probabilities Using Bayesian Binning"; for more than two classes with the largest
    probability, as Guo et al. 2017 do).
    """
    said, came = confidence(y, probabilities)
    gaps = np.bincount(bin_of(said), weights=said - came, minlength=BINS)
    return float(np.abs(gaps).sum() / len(y))
