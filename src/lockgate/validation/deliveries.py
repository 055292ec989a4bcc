"""Deliveries: the raw files, what they must have in common, and their rows in batches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lockgate.contract import Schema
from lockgate.errors import DeliveryError, did_you_mean
from lockgate.tables import (
    Columns,
    Malformed,
    csv_lines,
    from_columns,
    read_csv_batches,
    read_parquet_batches,
)
from lockgate.validation.data_hash import tracked_files

ENDINGS = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True)
class Delivery:
    """One raw file; `name` is its path below the folder of deliveries."""

    path: Path
    name: str


@dataclass(frozen=True, eq=False)
class RawBatch:
    """Consecutive rows of a delivery as they were delivered.

    Attributes
    ----------
    names : tuple of str
        The delivered columns.
    cells : pyarrow.Table of strings, or columns in canonical form
        From a text file or a typed one.
    lines : ndarray of int64, shape (rows,)
        The line of a text file, or the row of a Parquet file, counted from 1.
    malformed : tuple of Malformed
        Records with too few or too many fields; they are rows too, but not in `cells`.
    text : callable
        Returns a row, by its place in `cells`, as delivered; a row of a Parquet file as CSV.
    """

    names: tuple[str, ...]
    cells: pa.Table | Columns
    lines: npt.NDArray[np.int64]
    malformed: tuple[Malformed, ...]
    text: Callable[[int], str]

    @property
    def rows(self) -> int:
        """Number of delivered rows, malformed records among them."""
        return len(self.lines) + len(self.malformed)

    @property
    def size(self) -> int:
        """Bytes of text that came with these rows."""
        cells = self.cells.nbytes if isinstance(self.cells, pa.Table) else 0
        return cells + sum(len(record.text) for record in self.malformed)

    def cell(self, name: str, row: int) -> str:
        """Return a cell as delivered; of a column that was not delivered, nothing."""
        return str(self.cells[name][row]) if name in self.names else ""


def find_deliveries(folder: Path, root: Path) -> tuple[Delivery, ...]:
    """Return the deliveries below `folder`, sorted by name.

    Hidden files, and those that a ``.dvcignore`` of the project at `root` excludes, are none.

    Raises
    ------
    DeliveryError
        When there is no delivery, or a file is of another kind.
    """
    files = [path for path in tracked_files(folder, root) if not path.name.startswith(".")]
    for path in files:
        if not path.name.lower().endswith(ENDINGS):
            raise DeliveryError(
                f"this is no delivery: its name does not end in {', '.join(ENDINGS)}",
                where=str(path),
                hint="convert it, move it elsewhere, or name it in .dvcignore",
            )
    if not files:
        raise DeliveryError(
            "there are no deliveries",
            where=str(folder),
            hint="put CSV or Parquet files there, or fetch them with: dvc pull",
        )
    return tuple(Delivery(path, path.relative_to(folder).as_posix()) for path in files)


def read_delivery(delivery: Delivery, schema: Schema, rows: int) -> Iterator[RawBatch]:
    """Yield the delivery in batches of at most `rows` rows, in order.

    Raises
    ------
    DeliveryError
        When it lacks a column, has one that the contract does not know, or has no rows.
    TableError
        When it is damaged or of another format than its name says.
    """
    typed = delivery.path.name.lower().endswith(".parquet")
    empty = True
    for batch in _typed(delivery, rows) if typed else _text(delivery, rows):
        check_header(batch.names, schema, str(delivery.path))
        empty = empty and not batch.rows
        yield batch
    if empty:
        raise DeliveryError(
            "the file has a header and no rows",
            where=str(delivery.path),
            hint="fetch it again, or remove it if there was nothing to deliver",
        )


def check_header(names: tuple[str, ...], schema: Schema, where: str) -> None:
    """Check the columns of a delivery; their order does not matter.

    Raises
    ------
    DeliveryError
        Naming each column that is missing or unknown, and what to do.
    """
    known = set(schema.names)
    if not known & set(names):
        raise _not_a_header(names, schema, where)
    unknown = [name for name in names if name not in known]
    absent = [c.name for c in schema.columns if c.delivered and c.name not in names]
    problems, hints = [], []
    if absent:
        problems.append(
            f"the contract's column {absent[0]} is missing"
            if len(absent) == 1
            else f"the contract's columns {', '.join(absent)} are missing"
        )
        hints.append("have it delivered, or set `delivery: optional` for it in data/contract.yaml")
    if unknown:
        named = [f"{name}{did_you_mean(name, known - set(names))}" for name in unknown]
        columns = "column" if len(named) == 1 else "columns"
        problems.append(f"the contract does not know the {columns} {', '.join(named)}")
        hints.append(
            "rename or drop it, or describe it in data/contract.yaml (`role: ignore` leaves it "
            "unused)"
        )
    if problems:
        raise DeliveryError("; ".join(problems), where=where, hint="; ".join(hints))


def _not_a_header(names: tuple[str, ...], schema: Schema, where: str) -> DeliveryError:
    first_line = ", ".join(names)[:200]
    if len(names) == 1 and len(schema.columns) > 1:
        return DeliveryError(
            f"the first line is one single column: {first_line}",
            where=where,
            hint="separate columns by a comma, a semicolon, a tab or a |",
        )
    return DeliveryError(
        f"the first line has no column of the contract, so it is no header: {first_line}",
        where=where,
        hint=f"the first line must name the columns: {', '.join(schema.names)[:200]}",
    )


def _text(delivery: Delivery, rows: int) -> Iterator[RawBatch]:
    for batch in read_csv_batches(delivery.path, rows):
        yield RawBatch(batch.header, batch.cells, batch.lines, batch.malformed, batch.text)


def _typed(delivery: Delivery, rows: int) -> Iterator[RawBatch]:
    start = 1
    for cells in read_parquet_batches(delivery.path, rows):
        count = len(next(iter(cells.values()), ()))
        lines = np.arange(start, start + count)
        yield RawBatch(tuple(cells), cells, lines, (), partial(_csv_text, cells))
        start += count


def _csv_text(cells: Columns, row: int) -> str:
    table = from_columns({name: values[row : row + 1] for name, values in cells.items()})
    texts = [column.combine_chunks().cast(pa.string()).fill_null("") for column in table.columns]
    return str(csv_lines(texts)[0])
