"""What is unusual about a row: an answer is given all the same, with a warning."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from lockgate.artifact import Bundle
from lockgate.artifact.manifest import FeatureEntry
from lockgate.tables import Columns

LONGEST = 60
Remark = tuple[int, str]


class Remarks:
    """Compares rows with what the bundle was trained on.

    Columns are compared as they stand; of computed features, those that read another column.
    """

    def __init__(self, bundle: Bundle) -> None:
        entries = bundle.manifest.features
        columns = {each.name for each in entries if each.source_hash is None}
        columns |= bundle.manifest.periods.keys()
        watched = [each for each in entries if _tells_more(each, columns)]
        self._numbers = [each for each in watched if each.low is not None]
        self._low = np.array([[each.low] for each in self._numbers], dtype=np.float64)
        self._high = np.array([[each.high] for each in self._numbers], dtype=np.float64)
        self._levels = {
            each.name: bundle.levels[each.name] | {""}
            for each in watched
            if each.kind == "category"
        }
        self._last = last_dates(bundle)

    def of(self, columns: Columns, features: Columns, rows: int) -> list[tuple[str, ...]]:
        """Return the warnings of each row.

        Parameters
        ----------
        columns, features : Columns
            Of the same rows, each array of shape (rows,); `columns` before absent times are
            replaced.
        rows : int
            How many.
        """
        remarks: list[tuple[str, ...]] = [()] * rows
        for row, words in chain(self._times(columns), self._outside(features), self._new(features)):
            remarks[row] += (words,)
        return remarks

    def _times(self, columns: Columns) -> Iterator[Remark]:
        for name, last in self._last.items():
            if name not in columns:
                continue
            times = columns[name]
            # NaT is neither before nor after
            known = times <= last
            if known.all():
                continue
            for row in np.flatnonzero(~known).tolist():
                if np.isnat(times[row]):
                    yield row, f"{name} is absent: {last}, the last training date, is taken"
                else:
                    yield row, f"{name} is after {last}, the last training date"

    def _outside(self, features: Columns) -> Iterator[Remark]:
        if not self._numbers:
            return
        values = np.array([features[each.name] for each in self._numbers])
        outside = (values < self._low) | (values > self._high)
        if not outside.any():
            return
        for at, row in np.argwhere(outside).tolist():
            each = self._numbers[at]
            yield (
                row,
                (
                    f"{each.name} {values[at, row]:g} is outside the training range "
                    f"{each.low:g} to {each.high:g}"
                ),
            )

    def _new(self, features: Columns) -> Iterator[Remark]:
        for name, levels in self._levels.items():
            for row, level in enumerate(features[name]):
                if level not in levels:
                    yield row, f"{name} {level[:LONGEST]!r} was never seen in training"


def last_dates(bundle: Bundle) -> dict[str, np.datetime64]:
    """Return the last training date of each time column."""
    return {name: np.datetime64(each.last) for name, each in bundle.manifest.periods.items()}


def _tells_more(each: FeatureEntry, columns: set[str]) -> bool:
    return each.source_hash is None or not columns.issuperset(each.columns)
