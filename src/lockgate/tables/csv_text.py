"""The bytes of a CSV file, decompressed, and the faults that make them unreadable as text."""

import gzip
import io
import re
import zlib
from collections.abc import Callable
from pathlib import Path

from lockgate.errors import TableError
from lockgate.tables.csv_records import is_unclosed
from lockgate.tables.paths import reading

LONGEST_RECORD = 64 << 20

_FOREIGN = {
    b"PK\x03\x04": ("an Excel workbook or a zip archive", "export or extract it as CSV"),
    b"PAR1": ("a Parquet file", "name it .parquet"),
    b"\xff\xfe": ("UTF-16 text", "re-encode it: iconv -f UTF-16 -t UTF-8 FILE > NEW"),
    b"\xfe\xff": ("UTF-16 text", "re-encode it: iconv -f UTF-16 -t UTF-8 FILE > NEW"),
}


def decompressed(raw: io.BufferedReader, path: str | Path) -> io.BufferedIOBase:
    """Return `raw`, or the text in it when it holds gzip, whatever its name.

    Raises
    ------
    TableError
        When the first bytes are those of another kind of file.
    """
    with reading(path):
        start = raw.peek(4)
    for magic, (kind, hint) in _FOREIGN.items():
        if start.startswith(magic):
            raise TableError(f"this is {kind}, not CSV", where=str(path), hint=hint)
    return gzip.GzipFile(fileobj=raw) if start.startswith(b"\x1f\x8b") else raw


def read(call: Callable[[int], bytes], size: int, path: str | Path, line_count: int) -> bytes:
    """Return what `call`, a read or readline, gives; `line_count` lines have been read before.

    Raises
    ------
    TableError
        When the file cannot be read, or is gzip that is cut off or damaged.
    """
    with reading(path):
        try:
            return call(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            raise TableError(
                f"the gzip file is cut off or damaged: {problem}",
                where=f"{path}, after line {line_count}",
                hint="fetch or compress it again",
            ) from None


def check_text(data: bytes, path: str | Path, line_count: int) -> None:
    """Refuse bytes that are no text; `line_count` lines come before `data`.

    Raises
    ------
    TableError
        Naming the line of the first NUL byte or of the first byte that is not UTF-8.
    """
    if (place := data.find(0)) >= 0:
        raise TableError(
            "a NUL byte: this is not a text file, or it is damaged",
            where=f"{path}, line {line_count + 1 + count_lines(data[:place])}",
            hint="export it again as CSV in UTF-8",
        )
    if data.isascii():
        return
    try:
        data.decode()
    except UnicodeDecodeError as problem:
        raise TableError(
            f"the byte 0x{data[problem.start]:02x} is not UTF-8",
            where=f"{path}, line {line_count + 1 + count_lines(data[: problem.start])}",
            hint="re-encode it, for example: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW",
        ) from None


def check_closed(record: bytes, separators: bytes, path: str | Path, line_count: int) -> None:
    """Refuse the last record of a file when a quote in it is still open.

    Raises
    ------
    TableError
        Naming the line that the record starts on.
    """
    if is_unclosed(record, separators):
        raise TableError(
            "a quote is opened and never closed",
            where=f"{path}, line {line_count + 1}",
            hint="the file may be cut off; close the quote, or double it if it is meant as a quote",
        )


def check_length(rest: bytes, path: str | Path, line_count: int) -> None:
    """Refuse a record that grows without end, because memory would grow with it.

    Raises
    ------
    TableError
        Naming the line that the record starts on.
    """
    if len(rest) > LONGEST_RECORD:
        raise TableError(
            f"a record is longer than {LONGEST_RECORD >> 20} MB",
            where=f"{path}, line {line_count + 1}",
            hint="a quote there may never be closed",
        )


def count_lines(data: bytes) -> int:
    """Return the number of line breaks in `data`."""
    return len(re.findall(rb"\r\n|\r|\n", data))
