"""CSV files with the same bytes for the same columns."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.tables import Columns
from lockgate.tables.arrow import to_arrow
from lockgate.tables.paths import replacing

_SPECIAL = (b'"', b",", b"\r", b"\n")


class CsvSink:
    """Append batches of columns to one CSV file; use as a context manager.

    The file appears under its name when the block ends well, and not at all otherwise. A missing
    value is an empty cell; a number has the fewest digits that read back as the same float64, a
    whole number all that it has; a date without a time of day is written as a day.

    Parameters
    ----------
    path : str or Path
        A local file; missing folders are made.
    header : sequence of str
        The column names, in order.
    """

    def __init__(self, path: str | Path, header: Sequence[str]) -> None:
        self._path = path
        self._header = tuple(header)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            partial = stack.enter_context(replacing(self._path))
            self._file = stack.enter_context(partial.open("wb"))
            self._file.write(joined(csv_lines([pa.array([name]) for name in self._header])))
            self._stack = stack.pop_all()
        return self

    def write(self, columns: Columns) -> None:
        """Append rows: arrays of shape (rows,), one for each name in the header.

        Raises
        ------
        KeyError
            When a column of the header is not there.
        """
        cells = [to_text(columns[name]) for name in self._header]
        self._file.write(joined(csv_lines(cells)))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def write_csv(path: str | Path, columns: Columns) -> None:
    """Write all columns, arrays of shape (rows,), to one CSV file; see `CsvSink`."""
    with CsvSink(path, tuple(columns)) as sink:
        sink.write(columns)


def csv_lines(cells: Sequence[pa.StringArray]) -> pa.StringArray:
    """Join columns of text, each of shape (rows,), to lines of CSV, quoted where needed."""
    if len(cells) == 1:
        # A row that is one empty cell would be a blank line, which readers skip.
        cells = [pc.if_else(pc.equal(cells[0], ""), '""', _quoted(cells[0]))]
    else:
        cells = [_quoted(column) for column in cells]
    return pc.binary_join_element_wise(*cells, ",")


def joined(lines: pa.StringArray) -> bytes:
    """Return the lines, each ended by a line feed, as one piece of UTF-8."""
    ended = pc.binary_join_element_wise(lines, "", "\n")
    if not len(ended):
        return b""
    _, offsets, text = ended.buffers()
    stop = np.frombuffer(offsets, np.int32)[ended.offset + len(ended)]
    return bytes(memoryview(text)[:stop])


def _quoted(column: pa.StringArray) -> pa.StringArray:
    # Searching the bytes of the whole column is far cheaper than matching each cell.
    content = bytes(column.buffers()[2] or b"")
    if not any(mark in content for mark in _SPECIAL):
        return column
    doubled = pc.replace_substring(column, '"', '""')
    mask = pc.match_substring_regex(column, '[",\r\n]')
    return pc.if_else(mask, pc.binary_join_element_wise('"', doubled, '"', ""), column)


def to_text(values: npt.NDArray[Any]) -> pa.StringArray:
    """Return one column, shape (rows,), as the cells that `CsvSink` writes."""
    column = to_arrow(values)
    text = column.cast(pa.string()).fill_null("")
    if pa.types.is_timestamp(column.type):
        return pc.replace_substring_regex(text, " 00:00:00$", "")
    return _without_exponents(values, text) if values.dtype.kind == "f" else text


def _without_exponents(values: npt.NDArray[Any], text: pa.StringArray) -> pa.StringArray:
    """Write whole numbers in digits as far as a float64 tells them apart: they may be codes."""
    sizes = np.abs(values)
    long = (sizes >= 1e10) & (sizes < 2.0**53) & (values == np.trunc(values))
    if not long.any():
        return text
    digits = pa.array(np.where(long, values, 0.0).astype(np.int64)).cast(pa.string())
    return pc.if_else(pa.array(long), digits, text)
