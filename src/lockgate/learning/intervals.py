"""Prediction intervals from the sizes of past errors."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.errors import TrainingError
from lockgate.learning.links import Link


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


def interval(
    prediction: npt.NDArray[Any], quantile: float, link: Link
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the lower and the upper end, each of the shape of `prediction`.

    The half-width `quantile` is taken on the link's scale, so that on a log scale the interval
    is wide where the prediction is high. Both ends lie in the link's bounds and the prediction
    lies between them.
    """
    centre = link.forward(prediction)
    lower = link.inverse(centre - quantile)
    upper = link.inverse(centre + quantile)
    return np.minimum(lower, prediction), np.maximum(upper, prediction)


def _rows_needed(level: float) -> int:
    return math.ceil(level / (1 - level) - 1e-9)
