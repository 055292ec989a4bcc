"""The predictor: rows in, answers with intervals, warnings and lineage out."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from lockgate.artifact import Bundle, load
from lockgate.artifact.served import Regressor
from lockgate.errors import RequestError
from lockgate.features.plan import Plan
from lockgate.predict.answers import (
    Answer,
    Answers,
    Lineage,
    NumberAnswer,
    answers,
)
from lockgate.predict.columns import missing
from lockgate.predict.explaining import Explanation, explanations
from lockgate.predict.few import Few
from lockgate.predict.frames import explained_frame, predicted_frame, records
from lockgate.predict.remarks import Remarks, last_dates
from lockgate.predict.remembering import Remembered
from lockgate.predict.request import request_model
from lockgate.predict.rows import MANY, Reader, Row, Sifted
from lockgate.predict.single import Single
from lockgate.tables import Columns

# Once for all that is done with a single row, since it takes as long as many a feature.
QUIETLY = np.errstate(divide="ignore", over="ignore", invalid="ignore")


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
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.lineage = Lineage(bundle.hash, bundle.manifest.data_hash)
        names = sorted({name for each in bundle.features for name in each.columns})
        self._reads = {name: bundle.schema.column(name) for name in names}
        reads = list(self._reads.values())
        self._reader = Reader(bundle.schema, reads)
        self._compute = Plan(bundle.features)
        self._remarks = Remarks(bundle, self._reads)
        known = Remembered(bundle, reads)
        self._single = Single(bundle, reads, self._remarks, known)
        self._few = Few(bundle, reads, self._remarks, known)
        self._level = bundle.manifest.level
        dates = last_dates(bundle)
        self._last_dates = {name: last for name, last in dates.items() if name in names}
        self._classes = np.array(bundle.manifest.classes, dtype=object)

    @cached_property
    def row_model(self) -> type[BaseModel]:
        """What a row must look like, for whoever publishes it."""
        return request_model(self.bundle.schema)

    def predict(self, rows: Any, *, baseline: bool = False) -> Any:
        """Predict: `read`, `predict_columns` and `answers` in one.

        Parameters
        ----------
        rows : dict, list of dict, or pandas.DataFrame
            As `read` takes them.
        baseline : bool
            Ask the bundle's baseline, with its own interval or calibration.

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
        if isinstance(rows, dict):
            return self._one(self.read_row(rows), baseline)
        if isinstance(rows, BaseModel):
            return self._one(Row(rows.model_dump(by_alias=True)), baseline)
        predicted = self.predict_columns(self.read(rows), baseline=baseline)
        if isinstance(rows, list | tuple):
            return self.answers(predicted)
        return predicted_frame(predicted, rows, self.bundle.manifest.classes)

    def read(self, rows: Any) -> Columns:
        """Check rows against the schema.

        Parameters
        ----------
        rows : dict, list of dict, or pandas.DataFrame
            Column names to values. Absent is the same as None. Instead of a dict, an instance
            of `row_model`, which is not checked again.

        Returns
        -------
        Columns
            What features read, each array of shape (rows,), as `predict_columns` takes it.

        Raises
        ------
        RequestError
            Naming rows and fields that do not fit the schema; its `problems` name them one by
            one.
        """
        if isinstance(rows, list | tuple):
            return self._reader.read(rows)
        if isinstance(rows, dict):
            return self._reader.read([rows])
        if isinstance(rows, BaseModel):
            return self._reader.columns([rows.model_dump(by_alias=True)])
        if hasattr(rows, "iloc") and hasattr(rows, "columns"):
            return self._reader.read(records(rows))
        raise RequestError(
            f"cannot predict from a {type(rows).__name__}",
            hint="give a dict, a list of dicts or a DataFrame",
        )

    def read_row(self, row: Any) -> Row:
        """Check one row, given as a dict, as `read` does."""
        return Row(self._reader.checked([row])[0])

    def sift(self, rows: Sequence[Any]) -> Sifted:
        """Check the rows of a list one by one: what fits is read, what does not is explained.

        Parameters
        ----------
        rows : sequence of dict
            Each as `read` takes it.

        Returns
        -------
        Sifted
            The columns of the rows that fit, their places, and the problems of the others.
        """
        return self._reader.sift(rows)

    def predict_columns(self, columns: Columns | Row, *, baseline: bool = False) -> Columns:
        """Predict rows that were checked before.

        Parameters
        ----------
        columns : Columns or Row
            The contract's columns, arrays of shape (rows,): numbers float64 with NaN, text
            object with "", dates datetime64[s] with NaT. An absent column is all missing.
            One row is predicted sooner as `read_row` returns it.
        baseline : bool
            Ask the bundle's baseline, with its own interval or calibration.

        Returns
        -------
        Columns
            Regression: ``value``, ``lower`` and ``upper``, each of shape (rows,).
            Classification: ``label`` and ``probability``, of shape (rows,), and
            ``probabilities`` and ``prediction_set``, which says what is in it, of shape
            (rows, classes).
            Both: ``remarks``, an object array of tuples of Remark, of shape (rows,).
        """
        if isinstance(columns, Row):
            return self._row(columns, baseline)
        read = self._whole(columns)
        features = self._compute(self._dated(read))
        model = self.bundle.baseline if baseline else self.bundle.primary
        predicted = model.answer(features)
        if "probabilities" in predicted:
            predicted |= self._labels(predicted["probabilities"])
        remarks = self._remarks.of(read, features)
        predicted["remarks"] = np.fromiter(remarks, object, features.rows)
        return predicted

    def explain(self, rows: Any, *, baseline: bool = False, label: str | None = None) -> Any:
        """Explain predictions: what each feature adds to what the model expects of any row.

        Parameters
        ----------
        rows : dict, list of dict, or pandas.DataFrame
            As `read` takes them.
        baseline : bool
            Explain the bundle's baseline.
        label : str, optional
            The class whose probability is explained; by default each row's likeliest.

        Returns
        -------
        Explanation, list of Explanation, or pandas.DataFrame
            One for a dict; one for each row, in order, for a list; for a DataFrame a DataFrame
            with its index and the columns ``base``, ``contribution_`` and each feature's name,
            ``value``, and ``label`` where a class is predicted.

        Raises
        ------
        RequestError
            Naming rows and fields that do not fit the schema, or an unknown label.
        BundleError
            When the model cannot be explained.
        """
        found = self.explain_columns(self.read(rows), baseline=baseline, label=label)
        if isinstance(rows, list | tuple):
            return found
        return found[0] if isinstance(rows, dict | BaseModel) else explained_frame(found, rows)

    def explain_columns(
        self, columns: Columns | Row, *, baseline: bool = False, label: str | None = None
    ) -> list[Explanation]:
        """Explain predictions of rows that were checked before, as `explain` does."""
        if isinstance(columns, Row):
            columns = self._reader.columns([columns.cells])
        features = self._compute(self._dated(self._whole(columns)))
        return explanations(self.bundle, features, baseline=baseline, label=label)

    def answer(self, rows: Columns | Row, *, baseline: bool = False) -> Sequence[Answer]:
        """Predict as `predict_columns` does, and return one answer for each row.

        Of many rows they are `Answers`.
        """
        if isinstance(rows, Row):
            return [self._one(rows, baseline)]
        predicted = self.predict_columns(rows, baseline=baseline)
        if len(predicted["remarks"]) < MANY:
            return self.answers(predicted)
        return Answers(predicted, self.bundle.manifest, self.lineage)

    @QUIETLY
    def answer_few(self, rows: Sequence[Row]) -> list[Answer]:
        """Return what `answer` says of each of a few rows, sooner than one by one."""
        inputs, remarks = self._few([each.cells for each in rows])
        model = self.bundle.primary
        if isinstance(model, Regressor):
            ends = model.interval.few(model.form(inputs).tolist())
            return [
                NumberAnswer(value, lower, upper, self._level, found, self.lineage)
                for (lower, value, upper), found in zip(ends, remarks, strict=True)
            ]
        predicted = model.answer(inputs)
        predicted |= self._labels(predicted["probabilities"])
        predicted["remarks"] = np.empty(len(rows), dtype=object)
        predicted["remarks"][:] = remarks
        return self.answers(predicted)

    def answers(self, predicted: Columns) -> list[Answer]:
        """Return one answer for each row of what `predict_columns` returned."""
        return answers(predicted, self.bundle.manifest, self.lineage)

    @QUIETLY
    def _one(self, row: Row, baseline: bool) -> Answer:
        model = self.bundle.baseline if baseline else self.bundle.primary
        if isinstance(model, Regressor):
            inputs, remarks = self._single(row.cells)
            return NumberAnswer(*model.one(inputs), self._level, remarks, self.lineage)
        return self.answers(self._row(row, baseline))[0]

    @QUIETLY
    def _row(self, row: Row, baseline: bool) -> Columns:
        inputs, remarks = self._single(row.cells)
        model = self.bundle.baseline if baseline else self.bundle.primary
        if isinstance(model, Regressor):
            ends = zip(("value", "lower", "upper"), model.one(inputs), strict=True)
            predicted = {name: np.array([end]) for name, end in ends}
        else:
            predicted = model.answer(inputs)
            predicted |= self._labels(predicted["probabilities"])
        predicted["remarks"] = np.empty(1, dtype=object)
        predicted["remarks"][0] = remarks
        return predicted

    def _whole(self, columns: Columns) -> Columns:
        """Put missing values where a column is absent."""
        rows = len(next(iter(columns.values())))
        absent = self._reads.keys() - columns.keys()
        return {name: missing(self._reads[name], rows) for name in absent} | columns

    def _dated(self, columns: Columns) -> Columns:
        """Put the last training date where a time is absent: never the clock."""
        dated = dict(columns)
        for name, last in self._last_dates.items():
            absent = np.isnat(columns[name])
            if np.count_nonzero(absent):
                dated[name] = np.where(absent, last, columns[name])
        return dated

    def _labels(self, probabilities: np.ndarray) -> Columns:
        best = probabilities.argmax(axis=1)
        rows = np.arange(len(best))
        return {"label": self._classes[best], "probability": probabilities[rows, best]}
