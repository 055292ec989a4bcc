"""The predictor: rows in, answers with intervals, warnings and lineage out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from lockgate.artifact import Bundle, load
from lockgate.errors import RequestError
from lockgate.features import compute
from lockgate.predict.answers import Answer, Lineage, answers
from lockgate.predict.remarks import Remarks, last_dates
from lockgate.predict.rows import Reader, missing
from lockgate.tables import Columns


def load_predictor(path: str | Path) -> "Predictor":
    """Load and verify a bundle.

    Raises
    ------
    BundleError
        When the bundle is damaged, foreign, or does not fit the installed code.
    """
    return Predictor(load(path))


class Predictor:
    """Predicts with one bundle; it never changes, so threads may share it.

    Parameters
    ----------
    bundle : Bundle
        As `lockgate.artifact.load` returns it.

    Attributes
    ----------
    lineage : Lineage
        Model and data hash.
    row_model : type of pydantic.BaseModel
        What a row must look like.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.lineage = Lineage(bundle.hash, bundle.manifest.data_hash)
        names = sorted({name for each in bundle.features for name in each.columns})
        self._reads = {name: bundle.schema.column(name) for name in names}
        self._reader = Reader(bundle.schema, list(self._reads.values()))
        self.row_model = self._reader.model
        self._remarks = Remarks(bundle)
        self._last_dates = last_dates(bundle)
        self._classes = np.array(bundle.manifest.classes, dtype=object)

    def predict(self, rows: Any) -> Any:
        """Predict.

        Parameters
        ----------
        rows : dict, list of dict, or pandas.DataFrame
            Column names to values. Absent is the same as None. Instead of a dict, an instance
            of `row_model`, which is not checked again.

        Returns
        -------
        Answer, list of Answer, or pandas.DataFrame
            One answer for a dict; one for each row, in order, for a list; for a DataFrame a
            DataFrame with its index. One row has exactly the answer that it has in a batch.

        Raises
        ------
        RequestError
            Naming rows and fields that do not fit the schema.
        """
        if isinstance(rows, dict | BaseModel):
            return self._answers([rows])[0]
        if isinstance(rows, list | tuple):
            return self._answers(rows)
        if hasattr(rows, "iloc") and hasattr(rows, "columns"):
            return self._frame(rows)
        raise RequestError(
            f"cannot predict from a {type(rows).__name__}",
            hint="give a dict, a list of dicts or a DataFrame",
        )

    def predict_columns(self, columns: Columns) -> Columns:
        """Predict rows that were checked before.

        Parameters
        ----------
        columns : Columns
            The contract's columns, arrays of shape (rows,): numbers float64 with NaN, text
            object with "", dates datetime64[s] with NaT. An absent column is all missing.

        Returns
        -------
        Columns
            Regression: ``value``, ``lower`` and ``upper``, each of shape (rows,).
            Classification: ``label`` and ``probability``, of shape (rows,), and
            ``probabilities``, of shape (rows, classes).
            Both: ``warnings``, an object array of tuples of str, of shape (rows,).
        """
        rows = len(next(iter(columns.values())))
        read = {
            name: columns[name] if name in columns else missing(column, rows)
            for name, column in self._reads.items()
        }
        features = compute(self.bundle.features, self._dated(read))
        predicted = self.bundle.primary.answer(features)
        if "probabilities" in predicted:
            predicted |= self._labels(predicted["probabilities"])
        predicted["warnings"] = np.empty(rows, dtype=object)
        predicted["warnings"][:] = self._remarks.of(read, features, rows)
        return predicted

    def _dated(self, columns: Columns) -> Columns:
        """Put the last training date where a time is absent: never the clock."""
        dated = {
            name: np.where(np.isnat(columns[name]), last, columns[name])
            for name, last in self._last_dates.items()
            if name in columns
        }
        return columns | dated

    def _labels(self, probabilities: np.ndarray) -> Columns:
        best = probabilities.argmax(axis=1)
        rows = np.arange(len(best))
        return {"label": self._classes[best], "probability": probabilities[rows, best]}

    def _answers(self, rows: Sequence[Any]) -> list[Answer]:
        predicted = self.predict_columns(self._reader.read(rows))
        return answers(predicted, self.bundle.manifest, self.lineage)

    def _frame(self, frame: Any) -> Any:
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        predicted = self.predict_columns(self._reader.read(rows))
        shares = predicted.pop("probabilities", np.empty((len(rows), 0))).T
        named = {f"probability_{each}": s for each, s in zip(self._classes, shares, strict=True)}
        return type(frame)(predicted | named, index=frame.index)
