"""Checked rows to columns, the form that training used: one row is a batch of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from lockgate.contract import Column, Schema
from lockgate.errors import Problem, RequestError
from lockgate.features.plan import picker
from lockgate.predict.columns import MISSING, dtype_of
from lockgate.predict.request import problems_of, refusal, request_check
from lockgate.predict.together import Together
from lockgate.tables import Columns

# Fewer are checked, and answered, sooner one by one.
MANY = 16


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


class Row(NamedTuple):
    """One row that was checked: what `Columns` say of several, without arrays.

    Attributes
    ----------
    cells : dict
        Of every column, None where there is none.
    """

    cells: dict[str, Any]


class Reader:
    """Checks rows against the schema and turns them into the columns that features read."""

    def __init__(self, schema: Schema, reads: Sequence[Column]) -> None:
        self._schema = schema
        self._check = request_check(schema)
        self._together = Together(schema, reads)
        self._numbers = [each.name for each in reads if each.numeric]
        self._pick = picker(self._numbers)
        self._others = [(each.name, dtype_of(each)) for each in reads if not each.numeric]

    def read(self, rows: Sequence[Any]) -> Columns:
        """Return the columns of `rows`, each of shape (rows,), absent values as missing ones.

        Raises
        ------
        RequestError
            Naming rows and fields that do not fit.
        """
        if len(rows) >= MANY and (columns := self._together(rows)) is not None:
            return columns
        return self.columns(self.checked(rows))

    def checked(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return `rows` with every column, None where there is no value; errors as of `read`."""
        try:
            return self._check(rows)
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

    def columns(self, checked: Sequence[dict[str, Any]]) -> Columns:
        """Return the columns of rows that were checked before, and hold every column."""
        # One array for all numbers, because for one row each array costs as much as the next.
        numbers = np.array(list(map(self._pick, checked)), dtype=np.float64)
        by_name = numbers.reshape(len(checked), len(self._numbers)).T.copy()
        columns = dict(zip(self._numbers, by_name, strict=True))
        for name, dtype in self._others:
            found = [MISSING if (value := row[name]) is None else value for row in checked]
            columns[name] = np.array(found, dtype)
        return columns
