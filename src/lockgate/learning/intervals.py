"""Prediction intervals from the sizes of past errors."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.errors import TrainingError
from lockgate.learning.links import Link

Array = npt.NDArray[Any]

MOST_BANDS = 20
_STEPS = np.array([[-1.0], [0.0], [1.0]])


@dataclass(frozen=True)
class HalfWidth:
    """How far an interval reaches to either side, by the height of the prediction.

    Attributes
    ----------
    scores : tuple of float
        Predictions on the scale of the link, ascending.
    sizes : tuple of float
        The half-width at each, on the same scale: between two on the straight line, beyond the
        first and the last as there.
    """

    scores: tuple[float, ...]
    sizes: tuple[float, ...]

    @classmethod
    def even(cls, size: float) -> "HalfWidth":
        """Return one that is the same everywhere."""
        return cls((0.0,), (size,))

    def at(self, scores: Array) -> Array:
        """Return the half-width of each score, both of shape (rows,)."""
        return np.interp(scores, self.scores, self.sizes)

    def widened(self, scores: Array, errors: Array, level: float) -> "HalfWidth":
        """Return it multiplied, if need be, to cover some other rows too, half of the way.

        The multiple is the square root of what it would take to cover them at the level: rows to
        come lie between those that training knows and those that nothing like them was known of,
        and the whole of it would be too much for the former.

        Parameters
        ----------
        scores, errors : array of float, shape (rows,)
            As of `fit_half_width`. Too few for the level widen nothing.
        level : float
            Between 0 and 1.
        """
        sizes = self.at(scores)
        usable = sizes > 0
        if np.sum(usable) < rows_needed(level):
            return self
        factor = max(1.0, conformal_quantile(errors[usable] / sizes[usable], level)) ** 0.5
        return HalfWidth(self.scores, tuple(factor * size for size in self.sizes))


def fit_half_width(scores: Array, errors: Array, level: float) -> HalfWidth:
    """Learn from past errors how far an interval must reach, low predictions apart from high.

    The rows are divided into bands by their prediction, each with a `conformal_quantile` of its
    own: Mondrian conformal prediction (Vovk, Lindsay, Nouretdinov and Gammerman 2003, "Mondrian
    Confidence Machine"; for regression Boström and Johansson 2020, "Mondrian Conformal
    Regressors"). So the level holds where predictions are high and errors large, and is not
    made up for by the others. Between the middles of the bands the half-width is interpolated, so
    that two predictions that are nearly equal have nearly equal intervals.

    With n rows, sqrt(n * (1 - level)) bands, and 20 at most: as many bands as each has rows
    outside its interval. Where that is below 2 there is one half-width for all.

    Parameters
    ----------
    scores : array of float, shape (rows,)
        Predictions of rows that the model was not fitted on, on the scale of the link.
    errors : array of float, shape (rows,)
        How far off they were, on that scale; their sign is ignored.
    level : float
        Between 0 and 1.

    Raises
    ------
    TrainingError
        When there are too few rows for the level.
    """
    bands = min(MOST_BANDS, math.isqrt(int(len(scores) * (1 - level) + 1e-9)))
    if bands < 2:
        return HalfWidth.even(conformal_quantile(errors, level))
    parts = np.array_split(np.argsort(scores, kind="stable"), bands)
    sizes: dict[float, float] = {}
    for rows in parts:
        middle, size = float(np.median(scores[rows])), conformal_quantile(errors[rows], level)
        # Where many predictions are equal, several bands have the same middle.
        sizes[middle] = max(size, sizes.get(middle, 0.0))
    return HalfWidth(tuple(sizes), tuple(sizes.values()))


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
    return order_statistic(np.abs(residuals), level)


def order_statistic(values: Array, level: float) -> float:
    """Return the ceil((n + 1) * level)-th smallest of n values.

    A new value is not above it with probability `level` or more, if it is drawn as they were.

    Raises
    ------
    TrainingError
        When there are too few values for the level.
    """
    rank = math.ceil((len(values) + 1) * level - 1e-9)
    if rank > len(values):
        raise TrainingError(
            f"the level {level:g} needs at least {rows_needed(level)} rows, and there are "
            f"{len(values)}",
            where="params.yaml, train.interval_level",
            hint="lower it or give more rows",
        )
    return float(np.sort(values)[max(rank, 1) - 1])


def rows_needed(level: float) -> int:
    """Return how few values `order_statistic` can do with."""
    return math.ceil(level / (1 - level) - 1e-9)


class Interval:
    """Turns scores into predictions with their intervals.

    The half-width is taken on the link's scale, so that on a log scale the interval is wide
    where the prediction is high.

    Parameters
    ----------
    half_width : HalfWidth
        As `fit_half_width` returns it.
    link : Link
        The scale of the scores.
    """

    def __init__(self, half_width: HalfWidth, link: Link) -> None:
        self._link = link
        self._low, self._high = link.scores
        self._ends = self._low.item(), self._high.item()
        scores, sizes = np.array(half_width.scores), np.array(half_width.sizes)
        slopes = np.append(np.diff(sizes) / np.diff(scores), 0.0)
        self._lines = scores, sizes, slopes
        # The same as lists, for a single score.
        self._starts = half_width.scores
        self._line: list[tuple[float, float]] = list(
            zip(sizes.tolist(), slopes.tolist(), strict=True)
        )

    def __call__(self, scores: Array) -> tuple[Array, Array, Array]:
        """Return the lower end, the prediction and the upper end, each of shape (rows,).

        All are in the target's unit and in the link's bounds, and in this order.
        """
        held = np.minimum(np.maximum(scores, self._low), self._high)
        # All three at once, because for few rows each call costs as much as its arithmetic.
        lower, value, upper = self._link.inverse(held + _STEPS * self._sizes(held))
        return np.minimum(lower, value), value, np.maximum(upper, value)

    def one(self, score: float) -> tuple[float, float, float]:
        """Return for a single score what it gets among others, sooner."""
        lower, value, upper = self._link.inverse_few(self._around(score))
        return lower if lower < value else value, value, upper if upper > value else value

    def few(self, scores: Sequence[float]) -> list[tuple[float, float, float]]:
        """Return for each of a few scores what it gets among many, sooner."""
        around = [end for score in scores for end in self._around(score)]
        ends = iter(self._link.inverse_few(around))
        return [
            (lower if lower < value else value, value, upper if upper > value else value)
            for lower, value, upper in zip(ends, ends, ends, strict=True)
        ]

    def _around(self, score: float) -> tuple[float, float, float]:
        low, high = self._ends
        # Of two zeros numpy takes the second, and so does this, in less time than min and max.
        held = low if score <= low else high if score >= high else score
        size = self._size(held)
        return held - size, held + 0.0, held + size

    def _sizes(self, held: Array) -> Array:
        starts, sizes, slopes = self._lines
        inside = np.minimum(np.maximum(held, starts[0]), starts[-1])
        place = np.searchsorted(starts, inside, side="right") - 1
        return np.asarray(sizes[place] + slopes[place] * (inside - starts[place]))

    def _size(self, held: float) -> float:
        starts = self._starts
        first, last = starts[0], starts[-1]
        inside = first if held <= first else last if held >= last else held
        place = bisect_right(starts, inside) - 1
        size, slope = self._line[place]
        return size + slope * (inside - starts[place])
