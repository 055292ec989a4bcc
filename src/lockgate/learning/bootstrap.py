"""Confidence intervals by resampling the test rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.learning.resampled import Statistic

Array = npt.NDArray[Any]

_CELLS = 2_000_000


@dataclass(frozen=True)
class Range:
    """A confidence interval."""

    low: float
    high: float


@dataclass(frozen=True)
class Change:
    """A mean loss relative to another on the same rows, less 1: below 0 is better.

    Attributes
    ----------
    change : float
        On the rows as they are.
    low, high : float
        Its confidence interval.
    """

    change: float
    low: float
    high: float


def bootstrap(
    statistic: Statistic, rows: int, *, resamples: int, seed: int, level: float = 0.95
) -> dict[str, Range]:
    """Return the percentile interval of each metric (Efron and Tibshirani 1993, chapter 13).

    Parameters
    ----------
    statistic : callable
        From weights, shape (resamples, rows), to a dict of arrays of shape (resamples,).
    rows : int
        How many rows are drawn, with replacement, from as many.
    resamples : int
        How often.
    seed : int
        Equal seeds give equal intervals.
    level : float
        Between 0 and 1.

    Returns
    -------
    dict
        A metric that no resample defines is left out.
    """
    parts = [statistic(weights) for weights in _draws(rows, resamples, seed)]
    values = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {
        name: Range(*_percentiles(each[~np.isnan(each)], level))
        for name, each in values.items()
        if not np.isnan(each).all()
    }


def paired_bootstrap(
    losses: Array, against: Array, *, resamples: int, seed: int, level: float = 0.95
) -> Change:
    """Compare two models by their losses on the same rows, each row drawn for both at once.

    Parameters
    ----------
    losses, against : array of float, shape (rows,)
        The loss of each row under the one and under the other model.
    resamples, seed, level
        As of `bootstrap`.

    Returns
    -------
    Change
        Not finite where the other model never errs.
    """
    table = np.column_stack([losses, against])
    sums = np.concatenate([draw @ table for draw in _draws(len(losses), resamples, seed)])
    with np.errstate(divide="ignore", invalid="ignore"):
        changes = sums[:, 0] / sums[:, 1] - 1
        change = np.mean(losses) / np.mean(against) - 1
        return Change(float(change), *_percentiles(changes, level))


def _draws(rows: int, resamples: int, seed: int) -> Iterator[Array]:
    """Yield how often each row was drawn, a limited number of resamples at a time."""
    random = np.random.default_rng(seed)
    at_once = max(1, _CELLS // rows)
    for start in range(0, resamples, at_once):
        count = min(at_once, resamples - start)
        drawn = random.integers(0, rows, (count, rows)) + rows * np.arange(count)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=count * rows)
        yield counts.reshape(count, rows).astype(np.float64)


def _percentiles(values: Array, level: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
