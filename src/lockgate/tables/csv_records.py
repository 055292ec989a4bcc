"""Where the records of CSV text start and end, in bytes and in lines.

The rules are those of RFC 4180 as pyarrow reads it: a quote opens a quoted cell only as the cell's
first character, a doubled quote inside it is a quote, any other quote is a plain character, and a
carriage return, a line feed or both together end a line.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

QUOTE, LINE_FEED, CARRIAGE_RETURN = b'"'[0], b"\n"[0], b"\r"[0]

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Records:
    """The records that are complete in a piece of text, blank lines left out.

    Attributes
    ----------
    starts, ends : ndarray of int64, shape (records,)
        Byte positions; `ends` is exclusive and leaves out the line break.
    lines : ndarray of int64, shape (records,)
        How many lines of the piece come before each record.
    size, line_count : int
        How many bytes and lines the complete records and blank lines fill.
    """

    starts: Positions
    ends: Positions
    lines: Positions
    size: int
    line_count: int


def find_records(data: bytes, separators: bytes, *, final: bool) -> Records:
    """Find the records in `data`, which begins at the start of a record.

    Parameters
    ----------
    data : bytes
        A piece of CSV text in UTF-8 or another encoding that extends ASCII.
    separators : bytes
        The characters that separate cells; one, or several while it is not known which.
    final : bool
        Nothing follows `data`, so its last record needs no line break.
    """
    text = np.frombuffer(data, np.uint8)
    breaks = _line_breaks(data, text, final)
    closing = _closing_breaks(data, text, breaks, separators)
    stops = breaks[closing]
    starts = np.concatenate([[0], stops + 1])
    lines = np.concatenate([[0], closing + 1])
    size, line_count = int(starts[-1]), int(lines[-1])
    if final:
        stops, size = np.append(stops, len(data)), len(data)
    starts, lines = starts[: stops.size], lines[: stops.size]
    ends = _without_carriage_return(text, starts, stops)
    filled = ends > starts
    return Records(starts[filled], ends[filled], lines[filled], size, line_count)


def is_unclosed(record: bytes, separators: bytes) -> bool:
    """Tell whether `record` ends inside a quoted cell."""
    return QUOTE in record and _unclosed_pattern(separators).fullmatch(record) is not None


def _line_breaks(data: bytes, text: npt.NDArray[np.uint8], final: bool) -> Positions:
    feeds = np.flatnonzero(text == LINE_FEED)
    if b"\r" not in data:
        return feeds
    returns = np.flatnonzero(text == CARRIAGE_RETURN)
    # What follows the last byte is not known yet: it may be the line feed of this same break.
    after = np.append(text[1:], 0 if final else LINE_FEED)
    alone = returns[after[returns] != LINE_FEED]
    return np.sort(np.concatenate([feeds, alone])) if alone.size else feeds


def _closing_breaks(
    data: bytes, text: npt.NDArray[np.uint8], breaks: Positions, separators: bytes
) -> Positions:
    """Return which of the line breaks end a record, that is, stand outside quoted cells."""
    if b'"' not in data:
        return np.arange(breaks.size)
    quotes = np.flatnonzero(text == QUOTE)
    if _all_delimit(text, quotes, separators):
        return np.flatnonzero(np.searchsorted(quotes, breaks) % 2 == 0)
    stops = [match.end() - 1 for match in _record_pattern(separators).finditer(data) if match[1]]
    closing = np.searchsorted(breaks, np.asarray(stops, dtype=np.int64))
    # A carriage return as the last byte ends a match but may be no line break yet.
    return closing[closing < breaks.size]


def _all_delimit(text: npt.NDArray[np.uint8], quotes: Positions, separators: bytes) -> bool:
    """Tell whether counting quotes is enough, because none is a plain character of a cell."""
    opening = quotes[::2]
    before = text[opening - 1]
    allowed = (*separators, LINE_FEED, CARRIAGE_RETURN, QUOTE)
    return bool(np.all(np.isin(before, allowed) | (opening == 0)))


def _without_carriage_return(
    text: npt.NDArray[np.uint8], starts: Positions, stops: Positions
) -> Positions:
    feed = (stops < text.size) & (stops > starts)
    feed[feed] = text[stops[feed]] == LINE_FEED
    feed[feed] = text[stops[feed] - 1] == CARRIAGE_RETURN
    return stops - feed


# Only runs of single characters are possessive: of groups, Python before 3.11.5 takes them wrongly
# (CPython's issue 106052). A quote that closes is followed by no quote, so nothing is ambiguous.
CLOSE = rb'"(?!")'


@cache
def _record_pattern(separators: bytes) -> re.Pattern[bytes]:
    quoted, plain, between = _cell_parts(separators)
    cell = rb'(?:%b(?:%b%b|\Z)|(?!")%b)' % (quoted, CLOSE, plain, plain)
    return re.compile(rb"%b(?:%b%b)*(?:(\r\n|\r|\n)|\Z)" % (cell, between, cell))


@cache
def _unclosed_pattern(separators: bytes) -> re.Pattern[bytes]:
    quoted, plain, between = _cell_parts(separators)
    cell = rb'(?:%b%b%b|(?!")%b)' % (quoted, CLOSE, plain, plain)
    return re.compile(rb"(?:%b%b)*%b" % (cell, between, quoted))


def _cell_parts(separators: bytes) -> tuple[bytes, bytes, bytes]:
    escaped = re.escape(separators)
    return rb'"[^"]*+(?:""[^"]*+)*', rb"[^%b\r\n]*+" % escaped, rb"[%b]" % escaped
