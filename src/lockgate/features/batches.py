"""Choosing and joining rows of a record batch."""

from collections.abc import Iterable

import numpy as np

from lockgate.features.feature import Array
from lockgate.tables import Columns


def rows_of(columns: Columns) -> int:
    """Return the number of rows, which is the length of each column."""
    return len(next(iter(columns.values())))


def missing(values: Array) -> Array:
    """Tell where a column, shape (rows,), has no value: NaN, NaT or the empty text."""
    if values.dtype.kind == "M":
        return np.isnat(values)
    return values == "" if values.dtype.kind == "O" else np.isnan(values)


def select(columns: Columns, chosen: Array) -> Columns:
    """Return the rows that a mask of shape (rows,) or an array of positions chooses."""
    return {name: values[chosen] for name, values in columns.items()}


def concatenate(batches: Iterable[Columns]) -> Columns:
    """Join batches of the same columns, at least one."""
    parts = list(batches)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
