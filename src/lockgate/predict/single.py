"""One row on its way to the models, without arrays where a Python number says the same sooner."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from lockgate.artifact import Bundle
from lockgate.contract import Column
from lockgate.features.feature import Feature
from lockgate.features.inputs import Alone
from lockgate.features.plan import Plan, picker, value
from lockgate.predict.remarks import Remark, Remarks, last_dates
from lockgate.tables import Columns

Row = Mapping[str, Any]
SECONDS = np.dtype("datetime64[s]")
REMEMBERED = 4096


class Single:
    """What `Plan` and `Remarks` say of a batch, said of one row, bit for bit.

    Parameters
    ----------
    bundle : Bundle
        Whose features are computed.
    reads : mapping of str to Column
        The columns that features read.
    """

    def __init__(self, bundle: Bundle, reads: Mapping[str, Column]) -> None:
        self._plan = Plan(bundle.features)
        self._remarks = Remarks(bundle, reads)
        # Only what is computed with needs to be an array.
        computed = [each for each in bundle.features if each.source_hash]
        times = {name for name, each in reads.items() if each.temporal}
        self._of_time = {
            each.name: (each.columns[0], _remembering(each))
            for each in computed
            if len(each.columns) == 1 and times.issuperset(each.columns)
        }
        asked = {name for f in computed if f.name not in self._of_time for name in f.columns}
        self._numbers = [name for name, each in reads.items() if each.numeric]
        self._texts = [n for n, each in reads.items() if not (each.numeric or each.temporal)]
        self._number_arrays = [name for name in self._numbers if name in asked]
        self._text_arrays = [name for name in self._texts if name in asked]
        self._time_arrays = sorted(times & asked)
        self._cells = Cells(self._number_arrays)
        lasts = last_dates(bundle)
        self._lasts = {name: lasts.get(name, np.datetime64("NaT")) for name in times}

    def __call__(self, row: Row) -> tuple[Alone, tuple[Remark, ...]]:
        """Return the features of a row that was checked, and the remarks on it."""
        values: dict[str, Any] = {
            name: float("nan") if (value := row[name]) is None else float(value)
            for name in self._numbers
        }
        for name in self._texts:
            values[name] = row[name] or ""
        features = self._plan.one(values, self._arrays(row, values), self._known(row))
        return features, self._remarks.of_one(row, features)

    def _known(self, row: Row) -> dict[str, Any]:
        known = {}
        for name, (time, remembered) in self._of_time.items():
            when = row[time]
            known[name] = remembered(self._lasts[time] if when is None else when)
        return known

    def _arrays(self, row: Row, values: dict[str, Any]) -> Columns:
        columns = self._cells.filled(values)
        for name in self._text_arrays:
            columns[name] = np.array([values[name]], dtype=object)
        for name in self._time_arrays:
            when = row[name]
            columns[name] = np.array([self._lasts[name] if when is None else when], SECONDS)
        return columns


class Cells(threading.local):
    """Arrays of one number each, which a thread fills row after row.

    To make them anew takes as long as many a feature. Whoever reads them is done before the next
    row comes.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._pick = picker(names)
        self._numbers = np.empty(len(names))
        self._columns = dict(zip(names, self._numbers.reshape(-1, 1), strict=True))

    def filled(self, values: dict[str, Any]) -> Columns:
        """Return an array of shape (1,) for each name."""
        self._numbers[:] = self._pick(values)
        return dict(self._columns)


def _remembering(feature: Feature) -> Callable[[Any], Any]:
    """Return what computes a feature of a time: the same days are asked about again and again."""

    @lru_cache(REMEMBERED)
    def remembered(when: Any) -> Any:
        return value(feature, [np.array([when], SECONDS)])

    return remembered
