"""CSV text in batches: every cell as it stands, every bad record kept, in flat memory."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from lockgate.tables.csv_header import Header, read_header
from lockgate.tables.csv_records import Positions, Records, find_records
from lockgate.tables.csv_text import (
    check_closed,
    check_length,
    check_text,
    count_lines,
    decompressed,
    read,
)
from lockgate.tables.paths import open_input


@dataclass(frozen=True)
class Malformed:
    """A record that does not have the fields that the header promises.

    Attributes
    ----------
    line : int
        The line of the file that it starts on; the header of a plain file is line 1.
    text : str
        The record as it stands in the file.
    reason : str
        What is wrong with it.
    """

    line: int
    text: str
    reason: str


@dataclass(frozen=True, eq=False)
class TextBatch:
    """Consecutive records of a CSV file.

    Attributes
    ----------
    header : tuple of str
        Column names, trimmed.
    cells : pyarrow.Table, shape (rows, columns)
        The cells as strings, unquoted but neither trimmed nor interpreted.
    lines : ndarray of int64, shape (rows,)
        The line of the file that each row starts on.
    malformed : tuple of Malformed
        The records among these rows that have too few or too many fields.
    """

    header: tuple[str, ...]
    cells: pa.Table
    lines: Positions
    malformed: tuple[Malformed, ...]
    _data: bytes = field(repr=False)
    _starts: Positions = field(repr=False)
    _ends: Positions = field(repr=False)

    def text(self, row: int) -> str:
        """Return row number `row` of `cells` as it stands in the file, without its line break."""
        return self._data[self._starts[row] : self._ends[row]].decode()


@dataclass(frozen=True, eq=False)
class _Piece:
    data: bytes
    records: Records
    first_line: int

    def text(self, record: int) -> str:
        return self.data[self.records.starts[record] : self.records.ends[record]].decode()


def read_csv_batches(
    path: str | Path, rows: int = 100_000, block_bytes: int = 16 << 20
) -> Iterator[TextBatch]:
    """Yield the records of a CSV file in batches of at most `rows`, in order.

    The separator is the one of ``, ; tab |`` that the header has most of; gzip is recognised by
    its content; a byte order mark and blank lines are skipped; cells may be quoted and may hold
    line breaks. A record with another number of fields than the header is never an error: it comes
    as a `Malformed`. At least one batch comes, so that a file without rows still shows its header.

    Parameters
    ----------
    path : str or Path
        A local file or a URL.
    rows : int
        The most records in a batch.
    block_bytes : int
        How much is read at a time; memory is a few times that, whatever the size of the file.

    Raises
    ------
    TableError
        When the file is missing, empty, of another format, not UTF-8 or cut off, has NUL bytes or
        a quote that is never closed, or when its header names a column twice or not at all.
    """
    with open_input(path) as raw:
        file = decompressed(raw, path)
        header = read_header(file, path)
        empty = True
        for piece in _pieces(file, header, path, block_bytes):
            empty = False
            yield from _batches(piece, header, rows)
        if empty:
            none = np.zeros(0, np.int64)
            cells = pa.table({name: pa.array([], pa.string()) for name in header.names})
            yield TextBatch(header.names, cells, none, (), b"", none, none)


def _pieces(
    file: io.BufferedIOBase, header: Header, path: str | Path, block_bytes: int
) -> Iterator[_Piece]:
    """Cut the file into pieces of whole records."""
    separator, data, line_count = header.separator.encode(), header.rest, header.line_count
    final = False
    while not final:
        block = read(file.read, block_bytes, path, line_count)
        data, final = data + block, not block
        records = find_records(data, separator, final=final)
        check_text(data[: records.size], path, line_count)
        if final and records.starts.size:
            last_line = line_count + int(records.lines[-1])
            check_closed(data[records.starts[-1] :], separator, path, last_line)
        if records.starts.size:
            yield _Piece(data, records, line_count + 1)
        data, line_count = data[records.size :], line_count + records.line_count
        check_length(data, path, line_count)


def _batches(piece: _Piece, header: Header, rows: int) -> Iterator[TextBatch]:
    cells, refused, malformed = _parse(piece, header)
    count = piece.records.starts.size
    kept = np.ones(count, dtype=bool)
    kept[refused] = False
    row_of = np.concatenate([[0], np.cumsum(kept)])
    parts = -(-count // rows)
    for first, stop in pairwise(np.arange(parts + 1) * count // parts):
        good = first + np.flatnonzero(kept[first:stop])
        yield TextBatch(
            header.names,
            cells.slice(row_of[first], good.size),
            piece.first_line + piece.records.lines[good],
            tuple(malformed[slice(*np.searchsorted(refused, (first, stop)))]),
            piece.data,
            piece.records.starts[good],
            piece.records.ends[good],
        )


def _parse(piece: _Piece, header: Header) -> tuple[pa.Table, list[int], list[Malformed]]:
    """Return the cells, and the numbers of the records that are malformed, and these."""
    refused: list[int] = []
    malformed: list[Malformed] = []

    def refuse(row: pa.csv.InvalidRow) -> str:
        refused.append(row.number - 1)
        malformed.append(_malformed(piece, row))
        return "skip"

    size = piece.records.size
    cells = pa.csv.read_csv(
        pa.BufferReader(pa.py_buffer(piece.data).slice(0, size)),
        # One thread and one block: only then does a refused row know its number.
        pa.csv.ReadOptions(column_names=header.names, use_threads=False, block_size=size + 1),
        pa.csv.ParseOptions(
            delimiter=header.separator, newlines_in_values=True, invalid_row_handler=refuse
        ),
        pa.csv.ConvertOptions(
            column_types=dict.fromkeys(header.names, pa.string()), check_utf8=False
        ),
    )
    assert cells.num_rows + len(refused) == piece.records.starts.size
    return cells, refused, malformed


def _malformed(piece: _Piece, row: pa.csv.InvalidRow) -> Malformed:
    text = piece.text(row.number - 1)
    line = int(piece.first_line + piece.records.lines[row.number - 1])
    reason = f"expected {row.expected_columns} fields, found {row.actual_columns}"
    if "\n" in text or "\r" in text:
        reason += f" in lines {line} to {line + count_lines(text.encode())}, which a quote joins"
    return Malformed(line, text, reason)
