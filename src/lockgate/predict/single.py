"""One row on its way to the models, without arrays where a Python number says the same sooner."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from lockgate.artifact import Bundle
from lockgate.contract import Column
from lockgate.features.inputs import Alone
from lockgate.features.plan import Plan, picker
from lockgate.predict.remarks import Remark, Remarks
from lockgate.predict.remembering import SECONDS, Remembered, Row
from lockgate.tables import Columns


class Single:
    """What `Plan` and `Remarks` say of a batch, said of one row, bit for bit.

    Parameters
    ----------
    bundle : Bundle
        Whose features are computed.
    reads : sequence of Column
        The columns that features read.
    remarks : Remarks
        On rows of the bundle.
    known : Remembered
        Features that need not be computed.
    """

    def __init__(
        self, bundle: Bundle, reads: Sequence[Column], remarks: Remarks, known: Remembered
    ) -> None:
        self._plan, self._remarks, self._known = Plan(bundle.features), remarks, known
        # Only what is computed with needs to be an array.
        computed = [f for f in bundle.features if f.source_hash and f.name not in known.names]
        asked = {name for feature in computed for name in feature.columns}
        self._numbers = [each.name for each in reads if each.numeric]
        self._texts = [each.name for each in reads if not (each.numeric or each.temporal)]
        self._number_arrays = [name for name in self._numbers if name in asked]
        self._text_arrays = [name for name in self._texts if name in asked]
        self._time_arrays = sorted(asked.intersection(known.lasts))
        self._cells = Cells(self._number_arrays)

    def __call__(self, row: Row) -> tuple[Alone, tuple[Remark, ...]]:
        """Return the features of a row that was checked, and the remarks on it."""
        values: dict[str, Any] = {
            name: float("nan") if (value := row[name]) is None else float(value)
            for name in self._numbers
        }
        for name in self._texts:
            values[name] = row[name] or ""
        features = self._plan.one(values, self._arrays(row, values), self._known.of_one(row))
        return features, self._remarks.of_one(row, features)

    def _arrays(self, row: Row, values: dict[str, Any]) -> Columns:
        columns = self._cells.filled(values)
        for name in self._text_arrays:
            columns[name] = np.array([values[name]], dtype=object)
        for name in self._time_arrays:
            when = row[name]
            columns[name] = np.array([self._known.lasts[name] if when is None else when], SECONDS)
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
