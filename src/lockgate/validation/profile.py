"""What the accepted rows look like, gathered batch by batch in flat memory."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.contract import Column, Schema
from lockgate.tables import Columns
from lockgate.validation.parse import Values, is_missing
from lockgate.validation.repeats import RepeatCounter

# A column with more levels than this is not described by its levels.
MOST_LEVELS = 1000


class ColumnProfile:
    """Aggregates of one column.

    Attributes
    ----------
    rows, missing : int
    minimum, maximum : float, datetime64 or None
        Of numbers and moments that are not missing.
    total : float
        The sum of numbers.
    levels : Counter or None
        Rows of each text; None where there are more than `MOST_LEVELS`.
    """

    def __init__(self, column: Column) -> None:
        self.column = column
        self.rows = 0
        self.missing = 0
        self.minimum: Any = None
        self.maximum: Any = None
        self.total = 0.0
        self.levels: Counter[str] | None = Counter()

    def add(self, values: Values) -> None:
        """Take the values of one batch, shape (rows,)."""
        given = values[~is_missing(values)]
        self.rows += len(values)
        self.missing += len(values) - len(given)
        if self.column.type == "string":
            self._add_levels(given)
        elif len(given):
            low, high = given.min(), given.max()
            self.minimum = low if self.minimum is None else min(self.minimum, low)
            self.maximum = high if self.maximum is None else max(self.maximum, high)
            if self.column.numeric:
                with np.errstate(over="ignore"):
                    self.total += float(given.sum())

    @property
    def given(self) -> int:
        """Rows that have a value."""
        return self.rows - self.missing

    @property
    def mean(self) -> float | None:
        """Mean of a numeric column; None where it has no value."""
        return self.total / self.given if self.column.numeric and self.given else None

    def _add_levels(self, given: Values) -> None:
        if self.levels is None:
            return
        counted = pa.array(given, pa.string()).value_counts()
        counts = zip(*(counted.field(part).to_pylist() for part in (0, 1)), strict=True)
        self.levels.update(dict(counts))
        if len(self.levels) > MOST_LEVELS:
            self.levels = None


class Profile:
    """Aggregates of a table.

    Attributes
    ----------
    rows : int
    columns : dict of ColumnProfile
    repeats : dict of RepeatCounter
        Of the key, and of each column whose repeats the contract bounds.
    """

    def __init__(self, schema: Schema) -> None:
        bounded = {b.column for b in schema.bounds if b.metric == "duplicateValues"}
        self._key = schema.key.name if schema.key else None
        self.rows = 0
        self.columns = {column.name: ColumnProfile(column) for column in schema.columns}
        self.repeats = {n: RepeatCounter() for n in schema.names if n in bounded | {self._key}}

    def add(self, columns: Columns) -> None:
        """Take a batch of accepted rows, arrays of shape (rows,)."""
        self.rows += len(next(iter(columns.values())))
        for name, column in self.columns.items():
            column.add(columns[name])
        for name, counter in self.repeats.items():
            counter.add(columns[name])

    @property
    def repeated_keys(self) -> int:
        """Rows whose key stood in an earlier row."""
        return self.repeats[self._key].repeats if self._key else 0

    def statistic(self, column: str | None, name: str) -> float | None:
        """Return a statistic that a `Limit` names; None where there is nothing to observe."""
        if name.endswith("_percent"):
            part = self.statistic(column, name.removesuffix("_percent"))
            return 100 * part / self.rows if part is not None and self.rows else None
        if column is None:
            return float(self.rows)
        if name == "repeats":
            return float(self.repeats[column].repeats)
        found = self.columns[column]
        if name == "filled_share":
            return found.given / found.rows if found.rows else None
        if name == "sum":
            return found.total
        value = getattr(found, name)
        return None if value is None else float(value)
