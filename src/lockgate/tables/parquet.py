"""Parquet files: read batch by batch, written with bytes that depend on the rows alone."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.errors import TableError, did_you_mean
from lockgate.tables import Columns
from lockgate.tables.arrow import from_columns, to_columns
from lockgate.tables.paths import open_input, replacing

ROWS_PER_GROUP = 100_000


def read_parquet_batches(
    path: str | Path, rows: int = 100_000, columns: Sequence[str] | None = None
) -> Iterator[Columns]:
    """Yield the rows of a Parquet file in batches of at most `rows`, in order.

    At least one batch comes, so that a file without rows still shows its columns.

    Parameters
    ----------
    path : str or Path
        A local file or a URL.
    columns : sequence of str or None
        The columns to read, in this order; None reads all.

    Raises
    ------
    TableError
        When the file is missing, cut off, damaged, no Parquet file, or lacks a column, or when a
        column stands twice or is of a type that is not used.
    """
    with ExitStack() as stack:
        file = stack.enter_context(_open(path))
        names = _known(file, columns, path)
        empty = True
        batches = file.iter_batches(batch_size=rows, columns=names)
        while (batch := _next(batches, path)) is not None:
            empty = False
            yield _columns(batch.select(names), path)
        if empty:
            yield _columns(file.schema_arrow.empty_table().select(names), path)


def read_parquet(path: str | Path, columns: Sequence[str] | None = None) -> Columns:
    """Read a whole Parquet file; arguments and errors as of `read_parquet_batches`."""
    with ExitStack() as stack:
        file = stack.enter_context(_open(path))
        names = _known(file, columns, path)
        with _parquet_errors(path):
            table = file.read(columns=names)
        return _columns(table.select(names), path)


class ParquetSink:
    """Append batches of columns to one Parquet file; use as a context manager.

    The file appears under its name when the block ends well, and not at all otherwise. Rows are
    regrouped, so that the bytes do not depend on the batches that they came in.

    Parameters
    ----------
    path : str or Path
        A local file; missing folders are made.

    Raises
    ------
    TableError
        When the block ends and no batch, not even an empty one, said what the columns are.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._waiting: list[pa.Table] = []
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._partial = self._stack.enter_context(replacing(self._path))
        return self

    def write(self, columns: Columns) -> None:
        """Append the rows of `columns`, arrays of shape (rows,); each batch has the same names."""
        table = from_columns(columns)
        if self._writer is None:
            self._writer = self._stack.enter_context(_writer(self._partial, table.schema))
        self._waiting.append(table.cast(self._writer.schema))
        if sum(part.num_rows for part in self._waiting) >= ROWS_PER_GROUP:
            self._write_groups(self._writer)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            if error is not None:
                raise error
            self._finish()

    def _finish(self) -> None:
        if self._writer is None:
            raise TableError(
                "no batch was written, so its columns are not known", where=str(self._path)
            )
        self._write_groups(self._writer)
        (rest,) = self._waiting
        if rest.num_rows:
            self._writer.write_table(rest)

    def _write_groups(self, writer: pq.ParquetWriter) -> None:
        table = pa.concat_tables(self._waiting).combine_chunks()
        whole = table.num_rows // ROWS_PER_GROUP * ROWS_PER_GROUP
        for start in range(0, whole, ROWS_PER_GROUP):
            writer.write_table(table.slice(start, ROWS_PER_GROUP))
        self._waiting = [table.slice(whole)]


def _open(path: str | Path) -> pq.ParquetFile:
    source = open_input(path)
    with _parquet_errors(path):
        return pq.ParquetFile(source, page_checksum_verification=True)


@contextmanager
def _parquet_errors(path: str | Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as problem:
        raise TableError(
            f"not a whole Parquet file: {problem}",
            where=str(path),
            hint="write or fetch the file again; it may be cut off or of another format",
        ) from None


def _columns(table: pa.RecordBatch | pa.Table, path: str | Path) -> Columns:
    try:
        return to_columns(table)
    except TableError as problem:
        where = f"{path}, {problem.where}"
        raise TableError(problem.what, where=where, hint=problem.hint) from None


def _known(file: pq.ParquetFile, columns: Sequence[str] | None, path: str | Path) -> list[str]:
    present: list[str] = file.schema_arrow.names
    for name, count in Counter(present).items():
        if count > 1:
            raise TableError(
                f"there are {count} columns '{name}'",
                where=str(path),
                hint="rename or drop all but one",
            )
    for name in columns or ():
        if name not in present:
            raise TableError(
                f"there is no column '{name}'{did_you_mean(name, present)}",
                where=str(path),
                hint=f"its columns are {', '.join(present)}",
            )
    return present if columns is None else list(columns)


def _next(batches: Iterator[pa.RecordBatch], path: str | Path) -> pa.RecordBatch | None:
    with _parquet_errors(path):
        return next(batches, None)


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    # With checksums, a bit that flips on the disk is noticed when the pages are read.
    return pq.ParquetWriter(
        path, schema, compression="zstd", version="2.6", write_page_checksum=True
    )
