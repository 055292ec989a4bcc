"""One row on its way to the models, without arrays where a Python number says the same sooner."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lockgate.artifact import Bundle
from lockgate.contract import Column
from lockgate.features.inputs import Inputs
from lockgate.features.plan import Plan
from lockgate.predict.remarks import Remark, Remarks, last_dates
from lockgate.tables import Columns

Row = Mapping[str, Any]


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
        asked = {name for f in bundle.features if f.source_hash for name in f.columns}
        self._numbers = [name for name, each in reads.items() if each.numeric]
        self._texts = [n for n, each in reads.items() if not (each.numeric or each.temporal)]
        self._number_arrays = [name for name in self._numbers if name in asked]
        self._text_arrays = [name for name in self._texts if name in asked]
        lasts = last_dates(bundle)
        self._times = {
            name: lasts.get(name, np.datetime64("NaT"))
            for name, each in reads.items()
            if each.temporal
        }

    def __call__(self, row: Row) -> tuple[Inputs, tuple[Remark, ...]]:
        """Return the features of a row that was checked, and the remarks on it."""
        values: dict[str, Any] = {
            name: float("nan") if (value := row[name]) is None else float(value)
            for name in self._numbers
        }
        for name in self._texts:
            values[name] = row[name] or ""
        numbers, texts = self._plan.one(values, self._arrays(row, values))
        return self._plan.together(numbers, texts), self._remarks.of_one(row, numbers, texts)

    def _arrays(self, row: Row, values: dict[str, Any]) -> Columns:
        columns = {name: np.array([values[name]]) for name in self._number_arrays}
        for name in self._text_arrays:
            columns[name] = np.array([values[name]], dtype=object)
        for name, last in self._times.items():
            when = row[name]
            columns[name] = np.array([last if when is None else when], dtype="datetime64[s]")
        return columns
