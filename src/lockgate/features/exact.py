"""Numbers that say the target outright: copies, linear functions, sums and differences of two."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from lockgate.features.feature import Array
from lockgate.tables import Columns

FEWEST_ROWS = 30
_SCREENED_ROWS = 256
_EXACT = 1e-9
_SIGNS = {"plus": (1, 1), "minus": (1, -1), "subtracted from": (-1, 1)}


def exact_functions(features: Columns, target: Array) -> Iterator[tuple[str, str]]:
    """Yield each number that gives the target exactly, with the finding in words.

    Parameters
    ----------
    features : Columns
        Of shape (rows,); categories are passed over.
    target : array of float, shape (rows,)
        Equality is judged where the feature has a value, in 30 rows at least, to a relative
        precision of 1e-9.
    """
    numbers = {name: values for name, values in features.items() if values.dtype.kind == "f"}
    found = {name: _alone(values, target) for name, values in numbers.items()}
    yield from ((name, evidence) for name, evidence in found.items() if evidence)
    rest = {name: values for name, values in numbers.items() if not found[name]}
    for left, right, sign in _pairs(rest, target):
        yield left, f"{sign} '{right}' is the target"


def varied(x: Array, y: Array) -> bool:
    """Tell whether two arrays of shape (rows,) are long and varied enough to be compared."""
    return len(x) >= FEWEST_ROWS and bool(np.ptp(x) > 0) and bool(np.ptp(y) > 0)


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
    first = slice(0, _SCREENED_ROWS)
    for left, right in combinations(numbers, 2):
        for sign, (of_left, of_right) in _SIGNS.items():
            a, b = of_left * numbers[left][first], of_right * numbers[right][first]
            if not _same(a + b, target[first]):
                continue
            if _same(of_left * numbers[left] + of_right * numbers[right], target):
                yield left, right, sign


def _same(values: Array, target: Array) -> bool:
    there = ~np.isnan(values)
    x, y = values[there], target[there]
    return varied(x, y) and bool(np.abs(x - y).max() <= _EXACT * np.abs(y).max())
