"""What is unusual about a row: an answer is given all the same, with a remark."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lockgate.artifact import Bundle
from lockgate.artifact.manifest import FeatureEntry
from lockgate.contract import Column
from lockgate.features.plan import picker
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
        The warning to whoever asked; "" where there is nothing to warn of: a value that rows may
        lack, or a time, which a request need not name.
    """

    kind: Literal["missing", "unseen", "outside", "late"]
    field: str
    sentence: str


class Remarks:
    """Compares rows with what the bundle was trained on.

    Columns are compared as they stand; of computed features, those that read another column.

    Parameters
    ----------
    bundle : Bundle
        Its training rows are the measure.
    reads : mapping of str to Column
        The columns that features read.
    """

    def __init__(self, bundle: Bundle, reads: Mapping[str, Column]) -> None:
        entries = bundle.manifest.features
        columns = {each.name for each in entries if each.source_hash is None}
        columns |= bundle.manifest.periods.keys()
        watched = [each for each in entries if _tells_more(each, columns)]
        ranges = {name: (-math.inf, math.inf) for name, each in reads.items() if each.numeric}
        ranges |= {
            each.name: (each.low, each.high)
            for each in watched
            if each.low is not None and each.high is not None
        }
        self._ranges = [(name, *ends) for name, ends in ranges.items()]
        self._numbers = picker(ranges)
        self._levels = {e.name: bundle.levels[e.name] for e in watched if e.kind == "category"}
        self._others = [name for name, each in reads.items() if not each.numeric]
        self._missing = {name: (_absent(each),) for name, each in reads.items()}
        self._late = {}
        for name, last in last_dates(bundle).items():
            if name in reads:
                self._late[name] = last.astype("datetime64[s]"), (_late(name, last),)

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
        # Python's numbers, because for one row numpy takes longer.
        for (name, low, high), values in zip(
            self._ranges, self._numbers(columns | features), strict=True
        ):
            for row, value in enumerate(values.tolist()):
                # NaN is not within anything.
                if not low <= value <= high:
                    remarks[row] += self._on_number(name, value, low, high)
        for name, levels in self._levels.items():
            for row, level in enumerate(features[name].tolist()):
                if level and level not in levels:
                    remarks[row] += (_unseen(name, level),)
        for name in self._others:
            for row, value in enumerate(columns[name].tolist()):
                if not value:
                    remarks[row] += self._missing[name]
        for name, (last, late) in self._late.items():
            for row, after in enumerate((columns[name] > last).tolist()):
                if after:
                    remarks[row] += late
        return remarks

    def _on_number(self, name: str, value: float, low: float, high: float) -> tuple[Remark, ...]:
        if math.isnan(value):
            return self._missing.get(name, ())
        sentence = f"{name} {value:g} is outside the training range {low:g} to {high:g}"
        return (Remark("outside", name, sentence),)


def last_dates(bundle: Bundle) -> dict[str, np.datetime64]:
    """Return the last training date of each time column."""
    return {name: np.datetime64(each.last) for name, each in bundle.manifest.periods.items()}


def _absent(column: Column) -> Remark:
    """Return the remark on a column without a value; the last training date stands for a time."""
    strange = not column.nullable and column.role != "time"
    sentence = f"{column.name} is missing, as in no training row" if strange else ""
    return Remark("missing", column.name, sentence)


def _late(name: str, last: np.datetime64) -> Remark:
    return Remark("late", name, f"{name} is after {last}, the last training date")


def _unseen(name: str, level: str) -> Remark:
    return Remark("unseen", name, f"{name} {level[:LONGEST]!r} was never seen in training")


def _tells_more(each: FeatureEntry, columns: set[str]) -> bool:
    return each.source_hash is None or not columns.issuperset(each.columns)
