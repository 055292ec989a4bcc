"""The metrics of many resamples at once, as functions of how often each row was drawn.

A metric that is called anew for each of a thousand resamples takes minutes; as a matrix product
over all of them it takes a moment. For weights of 1 these are the metrics of
`lockgate.learning.metrics`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.learning.metrics import (
    BINS,
    bin_of,
    brier_losses,
    class_losses,
    confidence,
    inside,
    positives,
)

Array = npt.NDArray[Any]
Statistic = Callable[[Array], dict[str, Array]]


def mean_statistic(losses: Array) -> Statistic:
    """Return the statistic ``mean`` of losses, shape (rows,)."""
    return lambda weights: {"mean": weights @ losses / weights.sum(axis=1)}


def regression_statistic(y: Array, prediction: Array, lower: Array, upper: Array) -> Statistic:
    """Return the metrics of `lockgate.learning.metrics.regression_metrics` as a statistic.

    Parameters
    ----------
    y, prediction, lower, upper : array of float, shape (rows,)
        In the target's unit.

    Returns
    -------
    callable
        From weights, shape (resamples, rows), to a dict of arrays of shape (resamples,).
    """
    error = np.abs(prediction - y)
    centred = y - y.mean()
    losses = {
        "mae": error,
        "mse": error**2,
        "centred": centred,
        "variance": centred**2,
        "interval_coverage": inside(y, lower, upper).astype(float),
        "interval_width": upper - lower,
    }
    if (y != 0).all():
        losses["mape"] = error / np.abs(y)
    if (y >= 0).all() and (prediction >= 0).all():
        losses["msle"] = (np.log1p(prediction) - np.log1p(y)) ** 2
    table = np.column_stack(list(losses.values()))
    order = np.argsort(error, kind="stable")

    def statistic(weights: Array) -> dict[str, Array]:
        means = dict(zip(losses, (weights @ table).T / weights.sum(axis=1), strict=True))
        variance = means.pop("variance") - means.pop("centred") ** 2
        squared = means.pop("mse")
        found = means | {"rmse": np.sqrt(squared)}
        if "msle" in found:
            found["rmsle"] = np.sqrt(found.pop("msle"))
        if centred.any():
            found["r2"] = 1 - squared / np.where(variance > 0, variance, np.nan)
        found["median_absolute_error"] = _median(weights[:, order], error[order])
        return found

    return statistic


def classification_statistic(y: Array, probabilities: Array) -> Statistic:
    """Return the metrics of `lockgate.learning.metrics.classification_metrics` as a statistic.

    Parameters
    ----------
    y : array of int, shape (rows,)
        The index of the true class.
    probabilities : array of float, shape (rows, classes)
        Each row sums to 1.

    Returns
    -------
    callable
        From weights, shape (resamples, rows), to a dict of arrays of shape (resamples,); NaN
        where a resample has one class only and ranking it means nothing.
    """
    classes = probabilities.shape[1]
    guess = probabilities.argmax(axis=1)
    actual, guessed = np.eye(classes)[y], np.eye(classes)[guess]
    said, came = confidence(y, probabilities)
    gaps = np.eye(BINS)[bin_of(said)] * (said - came)[:, None]
    losses = np.column_stack(
        [class_losses(y, probabilities), brier_losses(y, probabilities), guess == y]
    )
    rankings = [_Ranking(probabilities[:, code], y == code) for code in positives(classes)]

    def statistic(weights: Array) -> dict[str, Array]:
        rows = weights.sum(axis=1)
        means = (weights @ losses).T / rows
        hits = weights @ (actual * guessed)
        had, told = weights @ actual, weights @ guessed
        with np.errstate(invalid="ignore"):
            recall, f1 = hits / had, np.nan_to_num(2 * hits / (had + told))
            ranked = np.array([ranking.areas(weights) for ranking in rankings])
        found = dict(zip(("log_loss", "brier", "accuracy"), means, strict=True))
        return found | {
            "balanced_accuracy": _mean_of_known(recall.T),
            "f1": f1[:, 1] if classes == 2 else f1.mean(axis=1),
            "calibration_error": np.abs(weights @ gaps).sum(axis=1) / rows,
            "roc_auc": _mean_of_known(ranked[:, 0]),
            "average_precision": _mean_of_known(ranked[:, 1]),
        }

    return statistic


def set_statistic(y: Array, held: Array) -> Statistic:
    """Return the metrics of `lockgate.learning.metrics.set_metrics` as a statistic.

    Parameters
    ----------
    y : array of int, shape (rows,)
        The index of the true class.
    held : array of bool, shape (rows, classes)
        Which classes are in the set.
    """
    table = np.column_stack([held[np.arange(len(y)), y], held.sum(axis=1)]).astype(float)

    def statistic(weights: Array) -> dict[str, Array]:
        coverage, size = (weights @ table).T / weights.sum(axis=1)
        return {"set_coverage": coverage, "set_size": size}

    return statistic


class _Ranking:
    """Rows ordered by one class's probability, with equal probabilities taken together."""

    def __init__(self, score: Array, positive: Array) -> None:
        self._order = np.argsort(score, kind="stable")
        self._positive = positive[self._order].astype(float)
        ordered = score[self._order]
        self._starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))

    def areas(self, weights: Array) -> tuple[Array, Array]:
        """Return area under the ROC curve and average precision, each of shape (resamples,)."""
        drawn = weights[:, self._order]
        tied = np.add.reduceat(drawn, self._starts, axis=1)
        hits = np.add.reduceat(drawn * self._positive, self._starts, axis=1)
        misses = tied - hits
        below = np.cumsum(misses, axis=1) - misses / 2
        total = hits.sum(axis=1)
        area = (hits * below).sum(axis=1) / (total * misses.sum(axis=1))
        above, above_hits = _running(tied), _running(hits)
        precision = above_hits / np.where(above > 0, above, 1)
        return area, np.where(misses.any(axis=1), (hits * precision).sum(axis=1) / total, np.nan)


def _running(parts: Array) -> Array:
    return np.cumsum(parts[:, ::-1], axis=1)[:, ::-1]


def _mean_of_known(values: Array) -> Array:
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    total = np.where(count > 0, np.nansum(values, axis=0), np.nan)
    return np.asarray(total / np.maximum(count, 1))


def _median(weights: Array, ordered: Array) -> Array:
    running = np.cumsum(weights, axis=1)
    half = running[:, -1:] / 2
    lower, upper = (running >= half).argmax(axis=1), (running > half).argmax(axis=1)
    return np.asarray((ordered[lower] + ordered[upper]) / 2)
