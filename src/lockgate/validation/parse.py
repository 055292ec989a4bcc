"""Cells to typed columns, by the contract: what a cell means, or that it means nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract import Column, Schema
from lockgate.contract.schema import FALSE, LARGEST_INTEGER, LONGEST_TEXT, NUMBER, TRUE
from lockgate.tables import Columns, to_columns, to_text
from lockgate.validation.instants import EPOCHS, instants
from lockgate.validation.numerals import plain_numerals

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Parsed:
    """A batch as the contract reads it.

    Attributes
    ----------
    columns : dict of ndarray, each of shape (rows,)
        The contract's columns, in its order and in canonical form; a column that was not
        delivered is missing throughout, and so is a cell that could not be read.
    unparsed : dict of bool ndarray, each of shape (rows,)
        The cells that could not be read, for the columns that have any.
    """

    columns: Columns
    unparsed: dict[str, Mask]


def parse(cells: pa.Table | Columns, schema: Schema) -> Parsed:
    """Read the cells of a batch by the contract; a cell's meaning depends on no other cell.

    Texts are trimmed; the column's missing tokens and empty cells are missing values. Numbers are
    plain or with an exponent and finite (``nan`` and ``inf`` are not numbers), or written as the
    column's separators and affixes say. Integers may be
    written ``3.0`` and stay below 2**53. A text has at most 32,767 characters, where the contract
    states no other length. Booleans are true, t, yes, y, 1, false, f, no, n, 0 in
    any case. Dates and timestamps follow the column's format, else ISO 8601; a date has no time of
    day but midnight.

    Parameters
    ----------
    cells : pyarrow.Table of strings, or columns in canonical form
        From a text file or a typed one. Columns unknown to the contract are left out.
    """
    names = cells.column_names if isinstance(cells, pa.Table) else list(cells)
    rows = len(cells[names[0]]) if names else 0
    columns: Columns = {}
    unparsed: dict[str, Mask] = {}
    for column in schema.columns:
        if column.name not in names:
            columns[column.name] = missing_values(column, rows)
            continue
        values, failed = read_cells(cells[column.name], column)
        columns[column.name] = values
        if failed.any():
            unparsed[column.name] = failed
    return Parsed(columns, unparsed)


def missing_values(column: Column, rows: int) -> Values:
    """Return `rows` missing values in the column's canonical form."""
    if column.temporal:
        return np.full(rows, np.datetime64("NaT", "s"))
    return np.full(rows, np.nan) if column.numeric else np.full(rows, "", dtype=object)


def is_missing(values: Values) -> Mask:
    """Tell which canonical values, shape (rows,), are missing."""
    if values.dtype.kind == "O":
        return np.asarray(values == "", dtype=bool)
    return np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)


def any_of(rows: int, masks: Iterable[Mask]) -> Mask:
    """Tell which of the `rows` at least one mask marks; without a mask, none."""
    marked = np.zeros(rows, dtype=bool)
    for mask in masks:
        marked |= mask
    return marked


def read_cells(cells: pa.ChunkedArray | Values, column: Column) -> tuple[Values, Mask]:
    """Read one column as `parse` does: values and failed cells, each of shape (rows,)."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "f":
        return _from_numbers(cells, column)
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
        return _from_instants(cells, column)
    if isinstance(cells, np.ndarray):
        cells = pa.chunked_array([pa.array(cells, pa.string())])
    text = pc.utf8_trim_whitespace(cells.combine_chunks())
    known = ~pc.is_in(text, value_set=pa.array(column.missing)).to_numpy(zero_copy_only=False)
    if not known.all():
        text = pc.if_else(pa.array(known), text, pa.scalar(None, pa.string()))
    if column.type == "string":
        return _texts_within(text, column)
    values = _from_text(text, column)
    return _checked(values, known & is_missing(values), column)


def _checked(values: Values, failed: Mask, column: Column) -> tuple[Values, Mask]:
    """Refuse what has the right form and is still no value of the column's type."""
    if column.numeric:
        failed = failed | np.isinf(values)
    if column.type == "integer":
        failed = failed | (values != np.trunc(values)) & ~np.isnan(values)
        failed |= np.abs(values) > LARGEST_INTEGER
    elif column.type == "date":
        days = values.astype("datetime64[D]")
        failed = failed | (values != days) & ~np.isnat(values)
    if failed.any():
        values = np.where(failed, missing_values(column, 1), values)
    return values, failed


def _texts_within(text: pa.StringArray, column: Column) -> tuple[Values, Mask]:
    failed = np.zeros(len(text), dtype=bool)
    if column.max_length is None:
        lengths = pc.utf8_length(text).fill_null(0).to_numpy(zero_copy_only=False)
        failed = lengths > LONGEST_TEXT
    if failed.any():
        text = pc.if_else(pa.array(failed), pa.scalar(None, pa.string()), text)
    return to_columns(pa.table({"": text}))[""], failed


def _from_text(text: pa.StringArray, column: Column) -> Values:
    if column.temporal:
        return instants(text, column.format)
    if column.type == "boolean":
        return _booleans(text)
    return _numbers(plain_numerals(text, column))


def _numbers(text: pa.StringArray) -> Values:
    try:
        values = text.cast(pa.float64())
    except pa.ArrowInvalid:
        plain = pc.match_substring_regex(text, NUMBER)
        values = pc.if_else(plain, text, pa.scalar(None, pa.string())).cast(pa.float64())
    return np.array(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _booleans(text: pa.StringArray) -> Values:
    words = pa.array(TRUE + FALSE)
    meaning = np.array([1.0] * len(TRUE) + [0.0] * len(FALSE) + [np.nan])
    found = pc.index_in(pc.utf8_lower(text), value_set=words).fill_null(-1)
    return np.asarray(meaning[found.to_numpy()])


def _from_numbers(values: Values, column: Column) -> tuple[Values, Mask]:
    if column.type == "string":
        cells, failed = read_cells(_texts(values), column)
        inexact = np.abs(values) > LARGEST_INTEGER
        return np.where(inexact, "", cells), failed | inexact
    values = np.where(np.isin(values, list(column.missing_numbers)), np.nan, values)
    failed = np.zeros(len(values), dtype=bool)
    if column.format in EPOCHS:
        return read_cells(_texts(values), column)
    if column.temporal:
        return missing_values(column, len(values)), ~np.isnan(values)
    if column.type == "boolean":
        failed = ~np.isin(values, (0.0, 1.0)) & ~np.isnan(values)
    return _checked(values, failed, column)


def _from_instants(values: Values, column: Column) -> tuple[Values, Mask]:
    if column.type == "string":
        return read_cells(_texts(values), column)
    if not column.temporal:
        return missing_values(column, len(values)), ~np.isnat(values)
    return _checked(values, np.zeros(len(values), dtype=bool), column)


def _texts(values: Values) -> pa.ChunkedArray:
    """Write numbers as `to_text` does, and moments in ISO 8601, a day without its midnight."""
    if values.dtype.kind == "f":
        text = to_text(values)
    else:
        written = np.where(np.isnat(values), "", np.datetime_as_string(values, unit="s"))
        text = pc.replace_substring(pa.array(written, pa.string()), "T00:00:00", "")
    return pa.chunked_array([text])
