"""The arrays that hold a column of a request."""

from typing import Any

import numpy as np

from lockgate.contract import Column

# Of a text; and to numpy it is NaT.
MISSING = ""


def dtype_of(column: Column) -> np.dtype[Any]:
    """Return the type of the array that holds a column's values."""
    if column.temporal:
        return np.dtype("datetime64[s]")
    return np.dtype(np.float64 if column.numeric else object)


def missing(column: Column, rows: int) -> np.ndarray:
    """Return an array of shape (rows,) without any value."""
    return np.full(rows, missing_value(column), dtype=dtype_of(column))


def missing_value(column: Column) -> float | str:
    """Return what stands for a value that is not there."""
    return np.nan if column.numeric else MISSING
