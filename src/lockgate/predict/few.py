"""A few rows on their way to the models, in as few arrays as will do."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lockgate.artifact import Bundle
from lockgate.contract import Column
from lockgate.features.inputs import Inputs
from lockgate.features.plan import picker, values
from lockgate.predict.columns import MISSING
from lockgate.predict.remarks import Remark, Remarks
from lockgate.predict.remembering import SECONDS, Remembered
from lockgate.tables import Columns

Rows = Sequence[dict[str, Any]]


class Few:
    """What `Plan` and `Remarks` say of a batch, said sooner of a few rows, bit for bit.

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
        self._remarks, self._known = remarks, known
        self._names = tuple(each.name for each in bundle.features if each.kind == "number")
        self._categories = [each.name for each in bundle.features if each.kind != "number"]
        derived = [each for each in bundle.features if each.source_hash]
        self._computed = [(f, picker(f.columns)) for f in derived if f.name not in known.names]
        numbers = [each.name for each in reads if each.numeric]
        # A column that is a feature as it stands is written where the models read it.
        others = [name for name in numbers if name not in self._names]
        self._places = {name: place for place, name in enumerate([*self._names, *others])}
        self._pick = picker(numbers)
        self._picked = np.array([self._places[name] for name in numbers], dtype=np.intp)
        self._derived = [(f.name, self._places[f.name]) for f in derived if f.kind == "number"]
        asked = {name for feature, _ in self._computed for name in feature.columns}
        self._numbers = [name for name in numbers if name in asked or name in others]
        self._texts = [each.name for each in reads if not (each.numeric or each.temporal)]
        self._times = [each.name for each in reads if each.temporal]
        self._dated = sorted(asked.intersection(self._times))

    def __call__(self, rows: Rows) -> tuple[Inputs, list[tuple[Remark, ...]]]:
        """Return the features of rows that were checked, and the remarks on each."""
        numbers = np.empty((len(self._places), len(rows)))
        numbers[self._picked] = np.array(list(map(self._pick, rows)), dtype=np.float64).T
        columns = {name: numbers[self._places[name]] for name in self._numbers}
        for name in self._texts:
            columns[name] = np.array([row[name] or MISSING for row in rows], dtype=object)
        for name in self._times:
            columns[name] = np.array([row[name] for row in rows], SECONDS)
        features = self._features(self._found(rows, columns), columns, numbers)
        return features, self._remarks.of(columns, features)

    def _found(self, rows: Rows, columns: Columns) -> dict[str, Any]:
        """Return the features that are not columns as they stand, each of shape (rows,)."""
        found: dict[str, Any] = self._known.of(rows)
        read = columns | {name: self._known.dated(name, columns[name]) for name in self._dated}
        for feature, arguments in self._computed:
            found[feature.name] = values(feature, arguments(read))
        return found

    def _features(self, found: dict[str, Any], columns: Columns, numbers: np.ndarray) -> Inputs:
        for name, place in self._derived:
            numbers[place] = found[name]
        numbers = numbers[: len(self._names)]
        infinite = np.isinf(numbers)
        if np.count_nonzero(infinite):
            numbers[infinite] = np.nan
        texts = columns | found
        categories = {name: np.asarray(texts[name], dtype=object) for name in self._categories}
        return Inputs(self._names, numbers, categories)
