"""Checked rows to columns, the form that training used: one row is a batch of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from lockgate.contract import Column, Schema
from lockgate.errors import Problem, RequestError
from lockgate.predict.request import problems_of, refusal, request_model
from lockgate.tables import Columns


@dataclass(frozen=True, slots=True)
class Sifted:
    """A batch with the rows taken out that do not fit the schema.

    Attributes
    ----------
    columns : Columns
        Of the rows that fit, as `predict_columns` takes them.
    kept : list of int
        Their places in the batch, counted from 0.
    problems : tuple of Problem
        What is wrong with the others, in the order of the rows; at least one for each of them.
    """

    columns: Columns
    kept: list[int]
    problems: tuple[Problem, ...]


class Reader:
    """Checks rows against the schema and turns them into the columns that features read."""

    def __init__(self, schema: Schema, reads: Sequence[Column]) -> None:
        self.model = request_model(schema)
        self._schema = schema
        fields = {field.alias: name for name, field in self.model.model_fields.items()}
        self._reads = [(each.name, fields[each.name], dtype_of(each)) for each in reads]
        self._rows = TypeAdapter(list[self.model])  # type: ignore[name-defined]  # made at run time

    def read(self, rows: Sequence[Any]) -> Columns:
        """Return the columns of `rows`, each of shape (rows,), absent values as missing ones.

        Raises
        ------
        RequestError
            Naming rows and fields that do not fit.
        """
        try:
            return self._columns(self._rows.validate_python(rows))
        except ValidationError as problem:
            raise refusal(problems_of(problem, self._schema), len(rows)) from None

    def sift(self, rows: Sequence[Any]) -> Sifted:
        """Return the columns of the rows that fit, and what is wrong with the others."""
        try:
            return Sifted(self.read(rows), list(range(len(rows))), ())
        except RequestError as refused:
            bad = {each.row for each in refused.problems}
            kept = [row for row in range(len(rows)) if row not in bad]
            return Sifted(self.read([rows[row] for row in kept]), kept, refused.problems)

    def _columns(self, checked: Sequence[Any]) -> Columns:
        values = [row.__dict__ for row in checked]
        return {
            name: as_array(dtype, [row[field] for row in values])
            for name, field, dtype in self._reads
        }


def dtype_of(column: Column) -> str:
    """Return the type of the array that holds a column's values."""
    if column.temporal:
        return "datetime64[s]"
    return "float64" if column.numeric else "object"


def as_array(dtype: str, values: list[Any]) -> np.ndarray:
    """Return checked values in canonical form; None is the missing value."""
    if dtype == "object":
        values = ["" if value is None else value for value in values]
    # numpy makes NaN and NaT of None
    return np.array(values, dtype=dtype)


def missing(column: Column, rows: int) -> np.ndarray:
    """Return an array of shape (rows,) without any value."""
    return as_array(dtype_of(column), [None] * rows)
