"""Columns whose sum is the target."""

import numpy as np

from lockgate.features.exact import FEWEST_ROWS, rounding
from lockgate.features.feature import Array
from lockgate.tables import Columns

MOST_SUMMANDS = 30
FEWEST_SUMMANDS = 3
MISSING_SHARE = 0.05
SEARCHED_ROWS = 5_000
_EXACT = 1e-9


def summands(numbers: Columns, target: Array) -> tuple[dict[str, str], bool]:
    """Find three columns or more whose sum, each with a weight, is the target.

    The next one is always that which explains most of what is left (orthogonal matching pursuit,
    Pati, Rezaiifar and Krishnaprasad 1993), so that columns that depend on each other do no harm.

    Parameters
    ----------
    numbers : Columns
        Of shape (rows,); categories are passed over, as is what often lacks a value.
    target : array of float, shape (rows,)

    Returns
    -------
    dict of str to str, bool
        The finding by column, and whether the weights are all the same, but for the sign.
    """
    names = [
        name
        for name, values in numbers.items()
        if values.dtype.kind == "f" and np.isnan(values).mean() <= MISSING_SHARE
    ]
    if len(names) < FEWEST_SUMMANDS:
        return {}, True
    table = np.column_stack([numbers[name] for name in names])
    whole = ~np.isnan(table).any(axis=1)
    if whole.sum() < FEWEST_ROWS:
        return {}, True
    x, y = table[whole], target[whole]
    chosen, weights = _pursued(x[:SEARCHED_ROWS], y[:SEARCHED_ROWS])
    tolerance = max(_EXACT * np.abs(y).max(), rounding(y))
    kept = np.abs(weights) > 1e-6 * np.abs(weights).max(initial=0.0)
    exact = np.abs(x[:, chosen] @ weights - y).max() <= tolerance
    if not exact or kept.sum() < FEWEST_SUMMANDS:
        return {}, True
    parts = [names[place] for place, keep in zip(chosen, kept, strict=True) if keep]
    sizes = np.abs(weights[kept])
    plain = bool(np.ptp(sizes) <= 1e-3 * sizes.max())
    kind = "sum" if plain else "weighted sum"
    listed = ", ".join(sorted(parts, key=names.index))
    words = f"is one of {listed}, whose {kind} is the target"
    return dict.fromkeys(parts, words), plain


def _pursued(x: Array, y: Array) -> tuple[list[int], Array]:
    """Return the columns of `x`, shape (rows, columns), that explain `y`, and their weights."""
    norms = np.sqrt((x * x).sum(axis=0))
    tolerance = max(_EXACT * np.abs(y).max(), rounding(y))
    most = min(MOST_SUMMANDS, x.shape[1], len(y) // 3)
    chosen: list[int] = []
    weights, rest = np.zeros(0), y
    while len(chosen) < most and np.abs(rest).max() > tolerance:
        told = np.abs(x.T @ rest) / np.where(norms > 0, norms, np.inf)
        told[chosen] = 0.0
        chosen.append(int(np.argmax(told)))
        weights = np.linalg.lstsq(x[:, chosen], y, rcond=None)[0]
        rest = y - x[:, chosen] @ weights
    return chosen, weights
