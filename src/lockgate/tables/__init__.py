"""Record batches in files: the only room that knows CSV, Parquet and JSON.

Importing it costs nothing: pyarrow is loaded with the first name that needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

if TYPE_CHECKING:
    from lockgate.tables.arrow import from_columns, to_columns
    from lockgate.tables.csv_reader import Malformed, TextBatch, read_csv_batches
    from lockgate.tables.csv_writer import CsvSink, csv_lines, joined, to_text, write_csv
    from lockgate.tables.json_files import read_json, rounded, write_json, write_text
    from lockgate.tables.parquet import ParquetSink, read_parquet, read_parquet_batches

Columns = dict[str, npt.NDArray[Any]]
"""A record batch in memory: numbers float64 (NaN is missing), strings object ("" is missing),
dates datetime64[s] (NaT is missing)."""

__all__ = [
    "Columns",
    "CsvSink",
    "Malformed",
    "ParquetSink",
    "TextBatch",
    "csv_lines",
    "from_columns",
    "joined",
    "read_csv_batches",
    "read_json",
    "read_parquet",
    "read_parquet_batches",
    "rounded",
    "to_columns",
    "to_text",
    "write_csv",
    "write_json",
    "write_text",
]

_HOMES = {
    "from_columns": "arrow",
    "to_columns": "arrow",
    "Malformed": "csv_reader",
    "TextBatch": "csv_reader",
    "read_csv_batches": "csv_reader",
    "CsvSink": "csv_writer",
    "csv_lines": "csv_writer",
    "joined": "csv_writer",
    "to_text": "csv_writer",
    "write_csv": "csv_writer",
    "read_json": "json_files",
    "rounded": "json_files",
    "write_json": "json_files",
    "write_text": "json_files",
    "ParquetSink": "parquet",
    "read_parquet": "parquet",
    "read_parquet_batches": "parquet",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lockgate.tables' has no attribute '{name}'")
    return getattr(import_module(f"lockgate.tables.{_HOMES[name]}"), name)
