"""Numbers that say the target outright: copies, linear functions, and two that together make it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from lockgate.features.feature import Array
from lockgate.tables import Columns

FEWEST_ROWS = 30
_SCREENED_ROWS = 256
_EXACT = 1e-9
_MOST_DECIMALS = 4
# Rounding is forgiven where it is small beside the target's range.
_ROUNDING_SHARE = 0.005


class _Operation(NamedTuple):
    """What the first of two columns does with the second, and what the second with the first."""

    does: str
    is_done: str
    of: Callable[[Array, Array], Array]
    scaled: bool = False


_OPERATIONS = (
    _Operation("plus", "plus", np.add),
    _Operation("minus", "subtracted from", np.subtract),
    _Operation("subtracted from", "minus", lambda left, right: right - left),
    _Operation("times", "times", np.multiply, scaled=True),
    _Operation("divided by", "dividing", np.divide, scaled=True),
    _Operation("dividing", "divided by", lambda left, right: right / left, scaled=True),
)


def exact_functions(features: Columns, target: Array) -> Iterator[tuple[str, str]]:
    """Yield each number that gives the target, alone or with another, with the finding in words.

    Two give it by their sum, their difference, or, but for a constant factor, their product or
    quotient; each of the two is named. The target may be rounded, to four decimals or fewer.

    Parameters
    ----------
    features : Columns
        Of shape (rows,); categories are passed over.
    target : array of float, shape (rows,)
        Equality is judged where the features have a value, in 30 rows at least, to a relative
        precision of 1e-9.
    """
    numbers = {name: values for name, values in features.items() if values.dtype.kind == "f"}
    found = {name: _alone(values, target) for name, values in numbers.items()}
    yield from ((name, evidence) for name, evidence in found.items() if evidence)
    rest = {name: values for name, values in numbers.items() if not found[name]}
    told: set[str] = set()
    for left, does, right in _pairs(rest, target):
        if left not in told:
            told.add(left)
            yield left, f"{does} '{right}' is the target"


def varied(x: Array, y: Array) -> bool:
    """Tell whether two arrays of shape (rows,) are long and varied enough to be compared."""
    return len(x) >= FEWEST_ROWS and bool(np.ptp(x) > 0) and bool(np.ptp(y) > 0)


def rounding(target: Array) -> float:
    """Return half of the last decimal place of numbers, shape (rows,), where that is little.

    Where they have more than four decimals, or half of the last is much beside their range, 0.
    """
    for decimals in range(_MOST_DECIMALS + 1):
        half = 0.5 * 10.0**-decimals
        if np.array_equal(np.round(target, decimals), target):
            return half * (1 + _EXACT) if half <= _ROUNDING_SHARE * np.ptp(target) else 0.0
    return 0.0


def _alone(values: Array, target: Array) -> str:
    there = ~np.isnan(values)
    x, y = values[there], target[there]
    if not varied(x, y):
        return ""
    if np.array_equal(x, y):
        return "is the target itself"
    slope, offset = np.polyfit(y, x, 1)
    close = np.abs(x - (offset + slope * y)).max() <= _EXACT * np.ptp(x)
    return "is an exact linear function of the target" if close else ""


def _pairs(numbers: Columns, target: Array) -> Iterator[tuple[str, str, str]]:
    """Yield two columns and what the first does with the second, both ways round."""
    unsure = rounding(target)
    filled = {name: np.flatnonzero(~np.isnan(values)) for name, values in numbers.items()}
    # Of two columns the sparser says in which rows both may have a value.
    names = sorted(numbers, key=lambda name: len(filled[name]))
    names = [name for name in names if len(filled[name]) >= FEWEST_ROWS]
    for place, left in enumerate(names[:-1], start=1):
        rows = _some(filled[left])
        rest = np.column_stack([numbers[name][rows] for name in names[place:]])
        some, known = numbers[left][rows, np.newaxis], target[rows, np.newaxis]
        for operation in _OPERATIONS:
            likely = _same(operation, some, rest, known, unsure)
            for other in np.flatnonzero(likely):
                right = names[place + other]
                x, y = numbers[left][:, np.newaxis], numbers[right][:, np.newaxis]
                if _same(operation, x, y, target[:, np.newaxis], unsure).all():
                    yield left, operation.does, right
                    yield right, operation.is_done, left


def _some(rows: Array) -> Array:
    """Return a few of the rows, from all over the table, and always the same."""
    return np.random.default_rng(0).choice(rows, min(len(rows), _SCREENED_ROWS), replace=False)


def _same(operation: _Operation, left: Array, right: Array, target: Array, unsure: float) -> Array:
    """Tell for each column of `right`, shape (rows, columns), whether the target comes out."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values = operation.of(left, right)
    there = np.isfinite(values)
    x, y = np.where(there, values, 0.0), np.where(there, target, 0.0)
    if operation.scaled:
        # The factor has an error of its own, where the target is rounded.
        unsure *= 2
        squares = (x * x).sum(axis=0)
        x = x * np.divide((x * y).sum(axis=0), squares, where=squares > 0, out=squares * 0.0)
    close = np.abs(x - y).max(axis=0) <= np.maximum(_EXACT * np.abs(y).max(axis=0), unsure)
    close &= there.sum(axis=0) >= FEWEST_ROWS
    if not close.any():
        return np.asarray(close)
    wide = [np.nanmax(v, axis=0) > np.nanmin(v, axis=0) for v in _known(there, values, target)]
    return np.asarray(close & wide[0] & wide[1])


def _known(there: Array, *all_values: Array) -> Iterator[Array]:
    """Yield values where they are known; a column without any is one zero."""
    none = ~there.any(axis=0)
    for values in all_values:
        known = np.where(there, values, np.nan)
        known[0, none] = 0.0
        yield known
