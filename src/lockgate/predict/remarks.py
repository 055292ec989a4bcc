"""What is unusual about a row: an answer is given all the same, with a remark."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import le
from typing import Any, Literal

import numpy as np

from lockgate.artifact import Bundle
from lockgate.artifact.manifest import FeatureEntry
from lockgate.contract import Column
from lockgate.features.inputs import Alone, Inputs
from lockgate.tables import Columns

LONGEST = 60
NOTHING = (None, "")


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
        ranges = {
            each.name: (each.low, each.high)
            for each in watched
            if each.low is not None and each.high is not None
        }
        self._names = tuple(each.name for each in entries if each.kind == "number")
        everything = -np.inf, np.inf
        self._lows, self._highs = (
            np.array([ranges.get(name, everything)[end] for name in self._names]).reshape(-1, 1)
            for end in (0, 1)
        )
        self._low_list, self._high_list = self._lows.ravel().tolist(), self._highs.ravel().tolist()
        unlisted = [name for name, each in reads.items() if each.numeric]
        self._unlisted = [name for name in unlisted if name not in self._names]
        self._levels = {e.name: bundle.levels[e.name] for e in watched if e.kind == "category"}
        self._others = [name for name, each in reads.items() if not each.numeric]
        self._missing = {name: (_absent(each),) for name, each in reads.items()}
        self._late = {}
        for name, last in last_dates(bundle).items():
            if name in reads:
                self._late[name] = np.array(last, "datetime64[s]"), (_late(name, last),)
        self._late_seconds = {
            name: (last.astype(np.int64).item(), late) for name, (last, late) in self._late.items()
        }

    def of(self, columns: Columns, features: Inputs) -> list[tuple[Remark, ...]]:
        """Return the remarks on each row.

        Parameters
        ----------
        columns : Columns
            Each array of shape (rows,), before absent times are replaced.
        features : Inputs
            Of the same rows.
        """
        remarks: list[tuple[Remark, ...]] = [()] * features.rows
        for place, row in self._unusual(features.numbers):
            remarks[row] += self._on_number(place, features.numbers.item(place, row))
        for name in self._unlisted:
            for row in np.flatnonzero(np.isnan(columns[name])).tolist():
                remarks[row] += self._missing[name]
        for name in self._levels:
            for row, remark in self._unseen(name, features.texts[name].tolist()):
                remarks[row] += (remark,)
        for name in self._others:
            there = _there(columns[name])
            if not all(there):
                for row, value in enumerate(there):
                    if not value:
                        remarks[row] += self._missing[name]
        for name, (last, late) in self._late.items():
            for row, after in enumerate((columns[name] > last).tolist()):
                if after:
                    remarks[row] += late
        return remarks

    def of_one(self, row: Mapping[str, Any], features: Alone) -> tuple[Remark, ...]:
        """Return the remarks on one row, as `of` has them.

        Parameters
        ----------
        row : mapping of str to object
            As it was checked, None where there is no value.
        features : Alone
            Of the same row.
        """
        texts, numbers = features.texts, features.numbers
        found: tuple[Remark, ...] = ()
        if not self._usual(numbers):
            for place, value in enumerate(numbers):
                if not self._low_list[place] <= value <= self._high_list[place]:
                    found += self._on_number(place, value)
        for name in self._unlisted:
            if row[name] is None:
                found += self._missing[name]
        for name, levels in self._levels.items():
            level = texts[name]
            if level and level not in levels:
                found += (_unseen(name, level),)
        for name in self._others:
            if row[name] in NOTHING:
                found += self._missing[name]
        for name, (last, late) in self._late_seconds.items():
            when = row[name]
            if when is not None and when > last:
                found += late
        return found

    def _usual(self, numbers: Sequence[float]) -> bool:
        """Tell whether each number is within its range, which most are."""
        above, below = map(le, self._low_list, numbers), map(le, numbers, self._high_list)
        return all(above) and all(below)

    def _unusual(self, numbers: np.ndarray) -> list[tuple[int, int]]:
        """Return place and row of the numbers that are outside their range."""
        # NaN is not within anything.
        usual = (numbers >= self._lows) & (numbers <= self._highs)
        if np.count_nonzero(usual) == usual.size:
            return []
        places, rows = np.nonzero(~usual)
        return list(zip(places.tolist(), rows.tolist(), strict=True))

    def _unseen(self, name: str, texts: list[str]) -> Iterator[tuple[int, Remark]]:
        """Yield row and remark of each category that no training row had."""
        unseen = set(texts) - self._levels[name] - {""}
        if unseen:
            for row, level in enumerate(texts):
                if level in unseen:
                    yield row, _unseen(name, level)

    def _on_number(self, place: int, value: float) -> tuple[Remark, ...]:
        name = self._names[place]
        if math.isnan(value):
            return self._missing.get(name, ())
        low, high = self._lows.item(place), self._highs.item(place)
        span = f"{_told(low)} to {_told(high)}"
        sentence = f"{name} {_told(value)} is outside the training range {span}"
        return (Remark("outside", name, sentence),)


def _there(values: np.ndarray) -> list[Any]:
    """Return what is true where texts or times, shape (rows,), have a value."""
    there: list[Any] = (values if values.dtype.kind == "O" else ~np.isnat(values)).tolist()
    return there


def last_dates(bundle: Bundle) -> dict[str, np.datetime64]:
    """Return the last training date of each time column."""
    return {name: np.datetime64(each.last) for name, each in bundle.manifest.periods.items()}


def _told(number: float) -> str:
    """Write a number in 6 digits, but no whole number in fewer than it has."""
    return f"{number:.{6 if abs(number) < 1e6 else 15}g}"


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
