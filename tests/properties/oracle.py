"""What a slow and plain reader finds in a delivery."""

import gzip
import zlib
from pathlib import Path

import pyarrow.parquet as pq

from lockgate.contract import Schema
from tests.tables.reference import Record, read_records


def lines_of(path: Path, schema: Schema) -> dict[tuple[str, str], str | None] | None:
    """Return the text of each row of a file by delivery and line; None for what is no table."""
    if path.suffix == ".parquet":
        rows = pq.read_metadata(path).num_rows
        return {(path.name, str(row)): None for row in range(1, rows + 1)}
    found = _records(path.read_bytes(), schema)
    return None if found is None else {(path.name, str(row.line)): row.text for row in found}


def _records(data: bytes, schema: Schema) -> list[Record] | None:
    """Return the records below the header; None for what is no table of the contract."""
    try:
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except (EOFError, zlib.error, UnicodeDecodeError):
        return None
    found = max((read_records(text, separator) for separator in ",;\t|"), key=_width)
    if not found or "\x00" in text or any(each.unclosed for each in found):
        return None
    names = [cell.strip() for cell in found[0].cells]
    known = set(names) <= set(schema.names) and len(set(names)) == len(names)
    needed = all(column.name in names for column in schema.columns if column.delivered)
    return found[1:] if known and needed and len(found) > 1 else None


def _width(found: list[Record]) -> int:
    return len(found[0].cells) if found else 0
