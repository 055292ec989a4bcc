"""Hat functions: a number as weights of the two knots that it lies between (numpy only).

A linear model of the weights is a piecewise linear function of the number, continuous, and
constant beyond the outermost knots: a B-spline of degree 1 (de Boor 1978, "A Practical Guide to
Splines").
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def quantile_knots(values: Array, count: int) -> tuple[float, ...]:
    """Return the different ones among `count` evenly spaced quantiles of values, ascending."""
    return tuple(np.unique(np.quantile(values, np.linspace(0, 1, count))).tolist())


def hats(values: Array, knots: Sequence[float]) -> Array:
    """Return the weights of the knots.

    Parameters
    ----------
    values : array of float, shape (rows,)
        None missing.
    knots : sequence of float
        Ascending, all different, at least one.

    Returns
    -------
    array of float, shape (rows, knots)
        At most two in a row are not 0, and each row sums to 1.
    """
    weights = np.zeros((len(values), len(knots)))
    if len(knots) == 1:
        return weights + 1.0
    places = np.asarray(knots)
    held = np.minimum(np.maximum(values, places[0]), places[-1])
    at = np.minimum(np.searchsorted(places, held, side="right") - 1, len(knots) - 2)
    share = (held - places[at]) / (places[at + 1] - places[at])
    rows = np.arange(len(values))
    weights[rows, at] = 1.0 - share
    weights[rows, at + 1] = share
    return weights


def hats_of(value: float, knots: Sequence[float]) -> list[float]:
    """Return what `hats` returns for a single value, sooner."""
    weights = [0.0] * len(knots)
    if len(knots) == 1:
        return [1.0]
    held = min(max(value, knots[0]), knots[-1])
    at = min(bisect_right(knots, held) - 1, len(knots) - 2)
    share = (held - knots[at]) / (knots[at + 1] - knots[at])
    weights[at] = 1.0 - share
    weights[at + 1] = share
    return weights
