"""The first line of a CSV file: its column names and its separator."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lockgate.errors import TableError
from lockgate.tables.csv_records import find_records, is_unclosed
from lockgate.tables.csv_text import check_closed, check_text, count_lines, read

SEPARATORS = ",;\t|"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST_HEADER = 256 << 10


@dataclass(frozen=True)
class Header:
    """What the first record of a CSV file says.

    Attributes
    ----------
    names : tuple of str
        Column names, trimmed, each once.
    separator : str
        The one of ``, ; tab |`` that stands in it most often outside quotes; the comma if none.
    line_count : int
        How many lines it and the blank lines before it fill.
    rest : bytes
        What was read of the file after it.
    """

    names: tuple[str, ...]
    separator: str
    line_count: int
    rest: bytes


def read_header(file: io.BufferedIOBase, path: str | Path) -> Header:
    """Read the header, which may hold line breaks in quotes; `path` is for messages.

    Raises
    ------
    TableError
        When the file is empty or no text, or the header names a column twice or not at all.
    """
    blank_lines, text = _first_record(file, path)
    records = find_records(text, SEPARATORS.encode(), final=True)
    if not records.starts.size:
        raise TableError(
            "the file is empty", where=str(path), hint="it needs at least a header line"
        )
    if len(text) >= LONGEST_HEADER and records.ends[0] == len(text):
        raise TableError(
            f"the first line is longer than {LONGEST_HEADER >> 10} KB",
            where=str(path),
            hint="a CSV file starts with a line of column names",
        )
    # Where lines end with a carriage return alone, more than the header was read.
    rest = re.sub(rb"^(\r\n|\r|\n)", b"", text[records.ends[0] :])
    header = text[: len(text) - len(rest)]
    check_text(header, path, blank_lines)
    check_closed(header, SEPARATORS.encode(), path, blank_lines)
    line = header.decode().strip("\r\n")
    separator = _sniff(line)
    names = _names(line, separator, f"{path}, line {blank_lines + 1}")
    return Header(names, separator, blank_lines + count_lines(header), rest)


def _first_record(file: io.BufferedIOBase, path: str | Path) -> tuple[int, bytes]:
    """Return how many blank lines come first, and the lines that hold the first record."""
    text = read(file.readline, LONGEST_HEADER, path, 0).removeprefix(BYTE_ORDER_MARK)
    blank_lines = 0
    while text in (b"\n", b"\r\n"):
        blank_lines += 1
        text = read(file.readline, LONGEST_HEADER, path, blank_lines)
    unclosed = is_unclosed(text, SEPARATORS.encode())
    while unclosed and len(text) < LONGEST_HEADER:
        more = read(file.readline, LONGEST_HEADER, path, blank_lines)
        text += more
        unclosed = bool(more) and (b'"' not in more or is_unclosed(text, SEPARATORS.encode()))
    return blank_lines, text


def _sniff(header: str) -> str:
    bare = re.sub('"[^"]*"', "", header)
    return max(SEPARATORS, key=bare.count)


def _names(line: str, separator: str, where: str) -> tuple[str, ...]:
    try:
        (cells,) = csv.reader([line], delimiter=separator)
    except csv.Error as problem:
        raise TableError(f"the header cannot be read: {problem}", where=where) from None
    names = tuple(cell.strip() for cell in cells)
    if "" in names:
        raise TableError(
            f"column {names.index('') + 1} of {len(names)} has no name",
            where=where,
            hint="the first line must name every column",
        )
    for name, count in Counter(names).items():
        if count > 1:
            raise TableError(
                f"the column '{name}' stands {count} times in the header",
                where=where,
                hint="rename or drop all but one",
            )
    return names
