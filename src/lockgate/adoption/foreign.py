"""Text tables written again as the pipeline reads them: CSV in UTF-8, and JSON lines as CSV."""

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa

from lockgate.adoption.dialects import Dialect, long_fields, records_of
from lockgate.adoption.opening import opened, text_of
from lockgate.errors import TableError
from lockgate.tables import csv_lines, joined

WRITTEN_ROWS = 10_000


def rewrite_text(path: Path, target: Path, dialect: Dialect) -> None:
    """Write a text table as CSV in UTF-8, its cells unchanged, in flat memory.

    A record with another number of fields than the header is written as it is, so that the
    pipeline puts it into quarantine.
    """
    with (
        long_fields(),
        opened(path) as file,
        text_of(file, dialect.encoding) as text,
        target.open("w", encoding="utf-8", newline="") as output,
    ):
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(dialect.names)
        lines = islice(iter(text.readline, ""), dialect.preamble, None)
        records = (row for row in records_of(lines, dialect.separator, dialect.quote) if row)
        if dialect.header:
            next(records)
        writer.writerows(records)


def rewrite_lines(path: Path, target: Path) -> None:
    """Write JSON lines as CSV; the columns are all keys, in the order in which they appear.

    Raises
    ------
    TableError
        When a line is no JSON object, or a value is a list or an object.
    """
    names = list(dict.fromkeys(key for row in _objects(path) for key in row))
    with target.open("wb") as output:
        output.write(joined(csv_lines([pa.array([name]) for name in names])))
        rows: list[list[str]] = []
        for row in _objects(path):
            rows.append([_cell(row.get(name)) for name in names])
            if len(rows) == WRITTEN_ROWS:
                output.write(_csv(rows))
                rows = []
        output.write(_csv(rows))


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    if not rows:
        return b""
    return joined(csv_lines([pa.array(column) for column in zip(*rows, strict=True)]))


def _objects(path: Path) -> Iterator[dict[str, object]]:
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict) or any(isinstance(v, list | dict) for v in row.values()):
                raise TableError(
                    "this is no JSON object of plain values",
                    where=f"{path}, line {number}",
                    hint="write one object a line, without lists or objects in it; a file that is "
                    "one list: jq -c '.[]' FILE > NEW",
                )
            yield row


def _cell(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)
