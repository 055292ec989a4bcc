"""Text tables in other encodings, compressions and separators than the pipeline reads."""

import bz2
import codecs
import csv
import gzip
import io
import json
import lzma
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from lockgate.contract.schema import NUMBER
from lockgate.errors import TableError
from lockgate.tables import csv_lines, joined
from lockgate.tables.paths import reading

SEPARATORS = ",;\t|"
RARE_SEPARATORS = ":^~\x01"
PROBED_BYTES = 1 << 20
PROBED_LINES = 20
WRITTEN_ROWS = 10_000
LONGEST_FIELD = 1 << 27
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Attributes
    ----------
    encoding, separator : str
    header : bool
        Whether the first record names the columns.
    names : tuple of str
        The columns, each once.
    lines : bool
        Whether each line is a JSON object.
    """

    encoding: str = "utf-8"
    separator: str = ","
    header: bool = True
    names: tuple[str, ...] = ()
    lines: bool = False


def dialect_of(path: Path) -> Dialect:
    """Find out how a text table is written, from its beginning and, for the encoding, all of it.

    Raises
    ------
    TableError
        When the file is empty or cannot be read.
    """
    encoding = _encoding(path)
    with _opened(path) as file, _text(file, encoding) as text:
        start = [line for line in (text.readline() for _ in range(PROBED_LINES)) if line.strip()]
    if not start:
        raise TableError("the file is empty", where=str(path), hint="it needs a header and rows")
    separator = _separator(start)
    records = [row for row in csv.reader(start, delimiter=separator) if row]
    header = not _is_data(records)
    first = [cell.strip() for cell in records[0]]
    names = _named(first if header else [""] * len(first))
    return Dialect(encoding, separator, header, names)


def is_clean(path: Path, dialect: Dialect) -> bool:
    """Tell whether the pipeline reads the file as it is."""
    if dialect.encoding not in ("utf-8", "utf-8-sig") or dialect.separator not in SEPARATORS:
        return False
    if path.suffix.lower() in (".bz2", ".xz", ".zst", ".zip") or not dialect.header:
        return False
    with _opened(path) as file, _text(file, dialect.encoding) as text:
        first = next((row for row in csv.reader(text, delimiter=dialect.separator) if row), [])
    return tuple(cell.strip() for cell in first) == dialect.names


def rewrite_text(path: Path, target: Path, dialect: Dialect) -> None:
    """Write a text table as CSV in UTF-8, its cells unchanged, in flat memory.

    A record with another number of fields than the header is written as it is, so that the
    pipeline puts it into quarantine.
    """
    csv.field_size_limit(LONGEST_FIELD)
    with (
        _opened(path) as file,
        _text(file, dialect.encoding) as text,
        target.open("w", encoding="utf-8", newline="") as output,
    ):
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(dialect.names)
        records = (row for row in csv.reader(text, delimiter=dialect.separator) if row)
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
    with _opened(path) as file:
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
                    hint="write one object a line, without lists or objects in it",
                )
            yield row


def _cell(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


def _encoding(path: Path) -> str:
    """Return UTF-8, what a mark says, or Windows-1252 for any other text."""
    with _opened(path) as file:
        start = file.read(4)
        for mark, name in _MARKS.items():
            if start.startswith(mark):
                return name
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(start)
            while block := file.read(PROBED_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _single_bytes(path)
    return "utf-8"


def _single_bytes(path: Path) -> str:
    undefined = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])
    with _opened(path) as file:
        while block := file.read(PROBED_BYTES):
            if any(byte in block for byte in undefined):
                return "latin-1"
    return "cp1252"


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with reading(path), path.open("rb") as raw:
        magic = raw.read(6)
        raw.seek(0)
        try:
            with _unpacked(raw, magic, path) as file:
                yield file
        except (EOFError, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile) as problem:
            raise TableError(
                f"it is cut off or damaged: {problem}",
                where=str(path),
                hint="fetch or compress it again",
            ) from None


def _unpacked(raw: IO[bytes], magic: bytes, path: Path) -> AbstractContextManager[Any]:
    if magic.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=raw)
    if magic.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if magic.startswith(b"\xfd7zXZ"):
        return lzma.LZMAFile(raw)
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        unpacked: AbstractContextManager[Any] = pa.CompressedInputStream(raw, "zstd")
        return unpacked
    if magic.startswith(b"PK\x03\x04"):
        archive = zipfile.ZipFile(raw)
        members = [name for name in archive.namelist() if not name.endswith("/")]
        if len(members) != 1 or members[0].startswith(("xl/", "[")):
            raise TableError(
                f"the archive holds {len(members)} files, not one table",
                where=str(path),
                hint="extract it, and adopt the table in it",
            )
        return archive.open(members[0])
    return nullcontext(raw)


@contextmanager
def _text(file: IO[bytes], encoding: str) -> Iterator[IO[str]]:
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield text
    finally:
        text.detach()


def _separator(lines: Sequence[str]) -> str:
    usual = _most_even(lines, SEPARATORS)
    return usual or _most_even(lines, RARE_SEPARATORS) or ","


def _most_even(lines: Sequence[str], separators: str) -> str:
    """Return the separator that the first line has most of."""
    counts = Counter({each: lines[0].count(each) for each in separators})
    best, count = counts.most_common(1)[0]
    return best if count else ""


def _is_data(records: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first record has numbers where the others have them too: no header."""
    if len(records) < 2:
        return False
    numbers = [bool(re.fullmatch(NUMBER, cell.strip())) for cell in records[0]]
    return sum(numbers) * 2 >= len(numbers)


def _named(cells: Sequence[str]) -> tuple[str, ...]:
    """Name the columns that have no name, and those that have another's."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name, number = cell or f"column_{place}", 2
        while name in names:
            name, number = f"{cell or f'column_{place}'}_{number}", number + 1
        names.append(name)
    return tuple(names)
