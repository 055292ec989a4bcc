"""Columns in memory to and from Arrow tables."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lockgate.errors import TableError
from lockgate.tables import Columns

_PROBE_ROWS = 1000


def to_columns(table: pa.RecordBatch | pa.Table) -> Columns:
    """Return the columns of an Arrow table in the form that the rooms share.

    Numbers, decimals and booleans become float64 with NaN for null; strings an object array of
    str with "" for null; dates and timestamps datetime64[s] in UTC with NaT for null, cut to the
    second. Arrays have shape (rows,).

    Raises
    ------
    TableError
        When a column holds lists, bytes or another type without such a form.
    """
    return {name: _to_numpy(name, table.column(name)) for name in table.schema.names}


def from_columns(columns: Columns) -> pa.Table:
    """Return an Arrow table: NaN, "" and NaT become null; the inverse of `to_columns`."""
    return pa.table({name: to_arrow(values) for name, values in columns.items()})


def to_arrow(values: npt.NDArray[Any]) -> pa.Array:
    """Return one column, shape (rows,), as an Arrow array with nulls for missing values."""
    if values.dtype.kind in "OU":
        text = pa.array(values, pa.string())
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    return pa.array(values, from_pandas=values.dtype.kind == "f")


def _to_numpy(name: str, column: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    kind = column.type.value_type if pt.is_dictionary(column.type) else column.type
    if pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind):
        return _strings(column.cast(pa.string()))
    if pt.is_temporal(kind) and not pt.is_time(kind) and not pt.is_duration(kind):
        return _seconds(column)
    if pt.is_boolean(kind) or pt.is_null(kind):
        return _floats(column.cast(pa.int8()))
    if pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind):
        return _floats(column)
    raise TableError(
        f"a column of type {column.type} cannot be used",
        where=f"column {name}",
        hint="store numbers, strings, booleans, dates or timestamps",
    )


def _floats(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64)


def _seconds(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    if pt.is_timestamp(column.type):
        # A cast alone would round towards 1970.
        column = pc.floor_temporal(column, unit="second")
    seconds = column.cast(pa.timestamp("s", tz=getattr(column.type, "tz", None)), safe=False)
    return np.asarray(seconds.to_numpy(zero_copy_only=False), dtype="datetime64[s]")


def _strings(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    full = column.fill_null("")
    if isinstance(full, pa.ChunkedArray):
        full = full.combine_chunks()
    # A category is decoded once for each level, not once for each row: faster, and one str a level.
    if pc.count_distinct(full.slice(0, _PROBE_ROWS)).as_py() < min(len(full), _PROBE_ROWS) / 2:
        coded = full.dictionary_encode()
        levels = np.asarray(coded.dictionary.to_numpy(zero_copy_only=False), dtype=object)
        return np.asarray(levels[coded.indices.to_numpy()], dtype=object)
    return np.asarray(full.to_numpy(zero_copy_only=False), dtype=object)
