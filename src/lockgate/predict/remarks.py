"""What is unusual about a row: an answer is given all the same, with a remark."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np

from lockgate.artifact import Bundle
from lockgate.artifact.manifest import FeatureEntry
from lockgate.features.batches import missing
from lockgate.tables import Columns

LONGEST = 60


@dataclass(frozen=True, slots=True)
class Remark:
    """One unusual thing about a row.

    Attributes
    ----------
    kind : {"missing", "unseen", "outside", "late"}
        No value; a category that no training row had; a number outside the training range; a
        time after the last training date.
    field : str
        The column, or the computed feature that the number or category is of.
    sentence : str
        The warning to whoever asked; "" where there is nothing to warn of, as for a missing
        value that the contract lets be missing.
    """

    kind: Literal["missing", "unseen", "outside", "late"]
    field: str
    sentence: str


Found = Iterator[tuple[int, Remark]]


class Remarks:
    """Compares rows with what the bundle was trained on.

    Columns are compared as they stand; of computed features, those that read another column.

    Parameters
    ----------
    bundle : Bundle
        Its training rows are the measure.
    reads : iterable of str
        The columns that features read.
    """

    def __init__(self, bundle: Bundle, reads: Iterable[str]) -> None:
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
        self._missing = {name: Remark("missing", name, "") for name in reads}
        self._late = {}
        for name, last in last_dates(bundle).items():
            if name in self._missing:
                after, assumed = _of_time(name, last)
                self._missing[name] = assumed
                self._late[name] = last, after

    def of(self, columns: Columns, features: Columns, rows: int) -> list[tuple[Remark, ...]]:
        """Return the remarks on each row.

        Parameters
        ----------
        columns, features : Columns
            Of the same rows, each array of shape (rows,); `columns` before absent times are
            replaced.
        rows : int
            How many.
        """
        remarks: list[tuple[Remark, ...]] = [()] * rows
        for row, remark in chain(
            self._absent(columns),
            self._after(columns),
            self._outside(features),
            self._new(features),
        ):
            remarks[row] += (remark,)
        return remarks

    def _absent(self, columns: Columns) -> Found:
        for name, remark in self._missing.items():
            for row in _places(missing(columns[name])):
                yield row, remark

    def _after(self, columns: Columns) -> Found:
        for name, (last, remark) in self._late.items():
            # NaT is neither before nor after
            for row in _places(columns[name] > last):
                yield row, remark

    def _outside(self, features: Columns) -> Found:
        if not self._numbers:
            return
        values = np.array([features[each.name] for each in self._numbers])
        outside = (values < self._low) | (values > self._high)
        if not outside.any():
            return
        for at, row in np.argwhere(outside).tolist():
            each = self._numbers[at]
            sentence = (
                f"{each.name} {values[at, row]:g} is outside the training range "
                f"{each.low:g} to {each.high:g}"
            )
            yield row, Remark("outside", each.name, sentence)

    def _new(self, features: Columns) -> Found:
        for name, levels in self._levels.items():
            for row, level in enumerate(features[name]):
                if level not in levels:
                    sentence = f"{name} {level[:LONGEST]!r} was never seen in training"
                    yield row, Remark("unseen", name, sentence)


def last_dates(bundle: Bundle) -> dict[str, np.datetime64]:
    """Return the last training date of each time column."""
    return {name: np.datetime64(each.last) for name, each in bundle.manifest.periods.items()}


def _of_time(name: str, last: np.datetime64) -> tuple[Remark, Remark]:
    """Return the remarks on a time that is late and on one that is absent."""
    late = f"{name} is after {last}, the last training date"
    absent = f"{name} is absent: {last}, the last training date, is taken"
    return Remark("late", name, late), Remark("missing", name, absent)


def _places(mask: np.ndarray) -> list[int]:
    # counted first: most masks are empty, and counting is the cheapest question
    return mask.nonzero()[0].tolist() if np.count_nonzero(mask) else []


def _tells_more(each: FeatureEntry, columns: set[str]) -> bool:
    return each.source_hash is None or not columns.issuperset(each.columns)
