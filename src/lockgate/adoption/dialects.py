"""How a text table is written: encoding, separator, quotes, and where its header stands."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lockgate.adoption.opening import encoding_of, opened, text_of
from lockgate.contract.schema import NUMBER
from lockgate.errors import TableError

if TYPE_CHECKING:
    import _csv

SEPARATORS = ",;\t|"
RARE_SEPARATORS = ":^~\x01"
WHITE_SPACE = " "
PROBED_LINES = 40
MOST_TITLES = 12
LONGEST_FIELD = 1 << 27
BODY_SHARE = 0.8
_COMMENT = re.compile(r"\s*(#\s|##|//|%|--|sep=.?$)")


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Attributes
    ----------
    encoding, separator, quote : str
        A space as separator is any run of white space.
    preamble : int
        Lines before the header that are no part of the table.
    header : bool
        Whether the first record names the columns.
    names : tuple of str
        The columns, each once.
    lines : bool
        Whether each line is a JSON object.
    """

    encoding: str = "utf-8"
    separator: str = ","
    quote: str = '"'
    preamble: int = 0
    header: bool = True
    names: tuple[str, ...] = ()
    lines: bool = False


class _Record(NamedTuple):
    line: int
    cells: list[str]

    @property
    def filled(self) -> list[str]:
        return [cell for cell in self.cells if cell.strip()]


def dialect_of(path: Path) -> Dialect:
    """Find out how a text table is written, from its beginning and, for the encoding, all of it.

    Raises
    ------
    TableError
        When the file is empty or cannot be read.
    """
    encoding = encoding_of(path)
    with opened(path) as file, text_of(file, encoding) as text:
        start = list(islice(iter(text.readline, ""), PROBED_LINES))
    if not any(line.strip() for line in start):
        raise TableError("the file is empty", where=str(path), hint="it needs a header and rows")
    quote = _quote(start)
    separator, records = _body(start, quote)
    header = not _is_data(records)
    first = [cell.strip() for cell in records[0].cells]
    first[0] = re.sub(r"^#\s+", "", first[0])
    if header and len(records) > 1 and {len(r.cells) for r in records[1:]} == {len(first) + 1}:
        # Rows that end in a separator, or R's, whose first column is the names of the rows.
        ended = all(not record.cells[-1].strip() for record in records[1:])
        first = [*first, ""] if ended else ["", *first]
    names = _named(first if header else [""] * len(first))
    preamble = records[0].line if any(line.strip() for line in start[: records[0].line]) else 0
    return Dialect(encoding, separator, quote, preamble, header, names)


@contextmanager
def long_fields() -> Iterator[None]:
    """Let the csv module read longer fields than it would in this process by itself."""
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def records_of(lines: Iterable[str], separator: str, quote: str) -> "_csv.Reader":
    """Return a reader of the records in `lines`, which are parted as a `Dialect` says."""
    spaced = separator == WHITE_SPACE
    if spaced:
        lines = (line.replace("\t", " ").rstrip() + "\n" for line in lines)
    return csv.reader(lines, delimiter=separator, quotechar=quote, skipinitialspace=spaced)


def is_clean(path: Path, dialect: Dialect) -> bool:
    """Tell whether the pipeline reads the file as it is."""
    if dialect.encoding not in ("utf-8", "utf-8-sig") or dialect.separator not in SEPARATORS:
        return False
    if path.suffix.lower() in (".bz2", ".xz", ".zst", ".zip") or not dialect.header:
        return False
    if dialect.preamble or dialect.quote != Dialect.quote:
        return False
    with opened(path) as file, text_of(file, dialect.encoding) as text:
        first = next((row for row in csv.reader(text, delimiter=dialect.separator) if row), [])
    return tuple(cell.strip() for cell in first) == dialect.names


def _quote(lines: Sequence[str]) -> str:
    """Return the apostrophe where half of the lines quote cells with it, and none otherwise."""
    written = [line for line in lines if line.strip()]
    between = f"[{re.escape(SEPARATORS)}]"
    quoted = re.compile(rf"(?:^|{between})\s*'[^']*'\s*(?=$|{between})")
    found = sum(bool(quoted.search(line)) for line in written)
    return "'" if 2 * found >= len(written) and not any('"' in line for line in written) else '"'


def _body(lines: Sequence[str], quote: str) -> tuple[str, list[_Record]]:
    """Return the separator, and the records from the header on."""
    first_line = next(line for line in lines if line.strip())
    usual = _most_of(first_line, SEPARATORS) or _most_of(first_line, RARE_SEPARATORS) or ","
    if (usual == "\t" or usual not in first_line) and _is_spaced(lines, usual, quote):
        usual = WHITE_SPACE
    whole = _records(lines, usual, quote)
    if len(whole[0].cells) == _width(whole) and not _is_title(whole[0], _width(whole)):
        return usual, whole
    for separator in sorted(SEPARATORS, key=lambda each: -_evenness(_records(lines, each, quote))):
        records = _records(lines, separator, quote)
        width = _width(records)
        titles = next((n for n, r in enumerate(records) if not _is_title(r, width)), 0)
        if titles and _has_number(records[titles]) and len(records[titles - 1].filled) == width:
            # NumPy and others write the header as a comment: what follows it is a row.
            titles -= 1
        body = records[titles:]
        even = sum(len(record.cells) == width for record in body) >= BODY_SHARE * len(body)
        found = width > 1 and len(body) > 1 and len(body[0].cells) == width
        if found and even and titles <= MOST_TITLES:
            return separator, body
    return usual, whole


def _records(lines: Sequence[str], separator: str, quote: str) -> list[_Record]:
    reader = records_of(lines, separator, quote)
    found, start = [], 0
    with long_fields():
        for cells in reader:
            if cells:
                found.append(_Record(start, cells))
            start = reader.line_num
    return found


def _width(records: Sequence[_Record]) -> int:
    """Return how many cells most records have, of those with several; else one."""
    widths = Counter(len(record.cells) for record in records if len(record.cells) > 1)
    return widths.most_common(1)[0][0] if widths else 1


def _is_spaced(lines: Sequence[str], usual: str, quote: str) -> bool:
    """Tell whether runs of white space part each line into as many cells, and more than `usual`."""
    widths = {len(record.cells) for record in _records(lines, WHITE_SPACE, quote)}
    return len(widths) == 1 and max(widths) > 2 * _width(_records(lines, usual, quote))


def _evenness(records: Sequence[_Record]) -> int:
    width = _width(records)
    return sum(len(record.cells) == width for record in records) if width > 1 else 0


def _is_title(record: _Record, width: int) -> bool:
    """Tell a comment or a line of few words, in a table of so many columns, from its header."""
    if width < 2:
        return False
    if _COMMENT.match(record.cells[0]) or (
        record.cells[0].startswith("#") and len(record.cells) != width
    ):
        return True
    if _has_number(record):
        return False
    few = 1 if len(record.cells) == width else width // 2
    return len(record.filled) <= few and width > len(record.filled) + (len(record.cells) == width)


def _has_number(record: _Record) -> bool:
    return any(re.fullmatch(NUMBER, cell.strip()) for cell in record.cells)


def _most_of(line: str, separators: str) -> str:
    best, count = Counter({each: line.count(each) for each in separators}).most_common(1)[0]
    return best if count else ""


def _is_data(records: Sequence[_Record]) -> bool:
    """Tell whether the first record has numbers where the others have them too: no header."""
    if len(records) < 2:
        return False
    numbers = [bool(re.fullmatch(NUMBER, cell.strip())) for cell in records[0].cells]
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
