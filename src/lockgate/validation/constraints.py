"""What a column's constraints mean: bounds, allowed values and pattern in comparable form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.contract import Column, Schema
from lockgate.contract.patterns import text_pattern
from lockgate.errors import ContractError
from lockgate.validation.instants import EPOCHS, instants
from lockgate.validation.parse import Mask, Values, read_cells

VALUE_KINDS = ("range", "values", "pattern", "length")


def check_constraints(schema: Schema) -> None:
    """Check that bounds, allowed values, patterns and formats can be read and can be met.

    Raises
    ------
    ContractError
        Naming the column and what cannot be read, or cannot be met.
    """
    for column in schema.columns:
        bounds = value_range(column)
        text_pattern(column)
        if column.format is not None and column.format not in EPOCHS:
            _check_format(column, column.format)
        if column.values is not None:
            _check_values(column, allowed_values(column), bounds)


def value_kinds(column: Column) -> tuple[str, ...]:
    """Return the kinds of rules that the column has for its values."""
    stated = {
        "range": value_range(column) is not None,
        "values": column.values is not None,
        "pattern": column.pattern is not None,
        "length": (column.min_length, column.max_length) != (None, None),
    }
    usable = ("values", "pattern", "length") if column.type == "string" else ("range", "values")
    return tuple(kind for kind in usable if stated[kind])


@dataclass(frozen=True)
class Range:
    """Bounds of a value, float or datetime64[s]; a strict bound is not allowed itself."""

    low: Any
    high: Any
    strict_low: bool = False
    strict_high: bool = False

    def excludes(self, values: Values) -> Mask:
        """Tell which values, shape (rows,), are beyond a bound; a missing one never is."""
        beyond = np.zeros(len(values), dtype=bool)
        if self.low is not None:
            beyond |= values <= self.low if self.strict_low else values < self.low
        if self.high is not None:
            beyond |= values >= self.high if self.strict_high else values > self.high
        return beyond


def value_range(column: Column) -> Range | None:
    """Return the column's bounds: the tighter one where two are given for one end.

    Raises
    ------
    ContractError
        When a bound of a date or timestamp is not in ISO 8601.
    """
    if column.temporal:
        first, last = _bound(column, column.earliest), _bound(column, column.latest)
        return None if first is None and last is None else Range(first, last)
    lows = [(column.minimum, False), (column.exclusive_minimum, True)]
    highs = [(column.maximum, False), (column.exclusive_maximum, True)]
    low, strict_low = max(lows, key=lambda end: (-np.inf if end[0] is None else end[0], end[1]))
    high, strict_high = min(
        highs, key=lambda end: (np.inf if end[0] is None else end[0], not end[1])
    )
    if low is None and high is None:
        return None
    return Range(low, high, strict_low, strict_high)


def allowed_values(column: Column) -> Values:
    """Return the column's allowed values in canonical form, shape (values,).

    Raises
    ------
    ContractError
        When one of them is not of the column's type.
    """
    texts = np.array(column.values, dtype=object)
    values, failed = read_cells(texts, column)
    if failed.any():
        raise ContractError(
            f"the allowed value '{texts[failed][0]}' is not of type {column.type}",
            where=column.name,
            hint="mend validValues or logicalType in data/contract.yaml",
        )
    return values


def _check_values(column: Column, allowed: Values, bounds: Range | None) -> None:
    for text, value in zip(column.values or (), allowed, strict=True):
        if bounds is not None and bounds.excludes(np.array([value])).any():
            raise ContractError(
                f"the allowed value '{text}' is outside the column's range",
                where=column.name,
                hint="mend validValues or the bounds in data/contract.yaml",
            )


def _check_format(column: Column, format: str) -> None:
    day = datetime(2001, 2, 3)
    # A month without a day is its first day.
    month = day if "%d" in format else day.replace(day=1)
    read = instants(pa.array([day.strftime(format)]), format)[0]
    if read not in (np.datetime64(day), np.datetime64(month)):
        raise ContractError(
            f"the format '{format}' does not write a day and read it back",
            where=column.name,
            hint="use strptime codes with year, month and day, such as %d.%m.%Y",
        )


def _bound(column: Column, text: str | None) -> np.datetime64 | None:
    if text is None:
        return None
    moment: np.datetime64 = instants(pa.array([text]), None)[0]
    if np.isnat(moment):
        raise ContractError(f"the bound '{text}' is not a day in ISO 8601", where=column.name)
    return moment
