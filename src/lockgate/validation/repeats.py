"""Repeated values over any number of batches, in eight bytes a row."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.tables import Columns
from lockgate.validation.parse import Mask, Values, is_missing

Hashes = npt.NDArray[np.uint64]


def repeated_values(
    scan: Callable[[], Iterator[Columns]], names: Collection[str]
) -> dict[str, Values]:
    """Return, for each of the columns `names`, the values that stand in more than one row.

    A first scan keeps a 64-bit hash for each row; a second one, made only where hashes repeat,
    looks at the values themselves, so that two values with one hash are not taken for repeats.
    Missing values do not count.

    Parameters
    ----------
    scan : callable
        Starts over and yields all batches, with at least these columns.
    """
    suspects = _repeated_hashes(scan(), names)
    if not any(len(found) for found in suspects.values()):
        return {name: np.array([], dtype=object) for name in names}
    counts: dict[str, Counter[Any]] = {name: Counter() for name in names}
    for columns in scan():
        for name in names:
            values = columns[name]
            likely = np.isin(hashes(values), suspects[name]) & ~is_missing(values)
            counts[name].update(values[likely].tolist())
    return {
        name: np.array([value for value, count in counts[name].items() if count > 1], object)
        for name in names
    }


def among(values: Values, repeated: Values) -> Mask:
    """Tell which of the values, shape (rows,), are among the `repeated` ones."""
    if not len(repeated):
        return np.zeros(len(values), dtype=bool)
    if values.dtype.kind != "O":
        return np.isin(values, repeated.astype(values.dtype))
    found = pc.is_in(pa.array(values, pa.string()), value_set=pa.array(repeated, pa.string()))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


class RepeatCounter:
    """Counts rows whose value stood in an earlier row, by 64-bit hashes of the values."""

    def __init__(self) -> None:
        # Grows in place, where joining arrays at the end would take twice the memory.
        self._hashes = bytearray()

    def add(self, values: Values) -> None:
        """Take the values of one batch, shape (rows,); missing ones do not count."""
        self._hashes += hashes(values[~is_missing(values)]).tobytes()

    @property
    def repeats(self) -> int:
        """Rows beyond the first of each value."""
        seen = np.frombuffer(self._hashes, np.uint64)
        seen.sort()
        return int(np.sum(seen[1:] == seen[:-1]))


def hashes(values: Values) -> Hashes:
    """Return a 64-bit hash for each value; numbers and moments are their own."""
    if values.dtype.kind == "O":
        from pandas.util import hash_array

        return np.asarray(hash_array(values, categorize=False), dtype=np.uint64)
    if values.dtype.kind == "f":
        values = values + 0.0  # which makes -0.0 the same as 0.0
    return values.view(np.uint64)


def _repeated_hashes(batches: Iterator[Columns], names: Collection[str]) -> dict[str, Hashes]:
    seen: dict[str, list[Hashes]] = {name: [np.empty(0, np.uint64)] for name in names}
    for columns in batches:
        for name in names:
            values = columns[name]
            seen[name].append(hashes(values[~is_missing(values)]))
    return {name: _twice(np.concatenate(parts)) for name, parts in seen.items()}


def _twice(values: Hashes) -> Hashes:
    values.sort()
    return np.unique(values[1:][values[1:] == values[:-1]])
