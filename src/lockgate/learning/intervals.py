"""Prediction intervals from the sizes of past errors."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.errors import TrainingError
from lockgate.learning.links import Link

Array = npt.NDArray[Any]


def conformal_quantile(residuals: npt.NDArray[Any], level: float) -> float:
    """Return the half-width that covers a new row with probability `level`.

    This is the ceil((n + 1) * level)-th smallest of the n absolute residuals: split conformal
    prediction (Lei, G'Sell, Rinaldo, Tibshirani and Wasserman 2018, "Distribution-Free
    Predictive Inference for Regression") where the residuals come from rows of their own, and
    cross-conformal prediction (Vovk 2015, "Cross-conformal predictors") where they come from
    the folds of a cross-validation. Both assume that new rows are drawn as the old ones were.

    Parameters
    ----------
    residuals : array of float, shape (rows,)
        Errors on the scale of the link; their sign is ignored.
    level : float
        Between 0 and 1.

    Raises
    ------
    TrainingError
        When there are too few residuals for the level.
    """
    sizes = np.sort(np.abs(residuals))
    rank = math.ceil((len(sizes) + 1) * level - 1e-9)
    if rank > len(sizes):
        raise TrainingError(
            f"an interval at level {level:g} needs at least {_rows_needed(level)} rows, "
            f"and there are {len(sizes)}",
            hint="lower train.interval_level or give more rows",
        )
    return float(sizes[max(rank, 1) - 1])


class Interval:
    """Turns scores into predictions with their intervals.

    The half-width is taken on the link's scale, so that on a log scale the interval is wide
    where the prediction is high.

    Parameters
    ----------
    quantile : float
        The half-width, as `conformal_quantile` returns it.
    link : Link
        The scale of the scores.
    """

    def __init__(self, quantile: float, link: Link) -> None:
        self._link = link
        self._low, self._high = link.scores
        self._ends = self._low.item(), self._high.item()
        self._quantile = quantile
        self._steps = np.array([[-quantile], [0.0], [quantile]])

    def __call__(self, scores: Array) -> tuple[Array, Array, Array]:
        """Return the lower end, the prediction and the upper end, each of shape (rows,).

        All are in the target's unit and in the link's bounds, and in this order.
        """
        # All three at once, because for few rows each call costs as much as its arithmetic.
        held = np.minimum(np.maximum(scores, self._low), self._high)
        lower, value, upper = self._link.inverse(held + self._steps)
        return np.minimum(lower, value), value, np.maximum(upper, value)

    def one(self, score: float) -> tuple[float, float, float]:
        """Return for a single score what it gets among others, sooner."""
        low, high = self._ends
        # Of two zeros numpy takes the second, and so does this, in less time than min and max.
        held = low if score <= low else high if score >= high else score
        around = held - self._quantile, held + 0.0, held + self._quantile
        lower, value, upper = self._link.inverse_few(around)
        return lower if lower < value else value, value, upper if upper > value else value


def _rows_needed(level: float) -> int:
    return math.ceil(level / (1 - level) - 1e-9)
