"""Deliveries of rows that mostly fit, with any dirt."""

import csv
import gzip
import io
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from lockgate.contract import Column, Schema
from tests.properties.contracts import small, stamp
from tests.properties.values import values

YES, NO = ("true", "T", "Yes", "y", "1", "1.0"), ("FALSE", "f", "no", "N", "0", "0.0")
STORED = (
    (pa.float64(), st.floats() | small),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1) | small),
    (pa.bool_(), st.booleans()),
    (pa.timestamp("us"), st.datetimes()),
    (pa.date32(), st.dates()),
)
DIRT = "a1.-?\"',;\t|\n\r é\u00a0"


def cells(column: Column) -> st.SearchStrategy[str]:
    """Return values that fit the column as deliveries write them, or words for a missing one."""
    padding = st.sampled_from(("", "", "", " ", "\u00a0"))
    written = values(column).flatmap(lambda value: _written(value, column))
    padded = st.tuples(padding, written, padding).map("".join)
    return padded | st.sampled_from(column.missing) if column.nullable else padded


def _written(value: Any, column: Column) -> st.SearchStrategy[str]:
    if column.type == "boolean":
        return st.sampled_from(YES if value else NO)
    if column.temporal:
        moment = datetime.fromisoformat(value.removesuffix("Z"))
        return st.just(stamp(moment, column.format))
    if column.numeric:
        return st.sampled_from(
            (repr(value), f"{value:.17e}", f"+{value!r}" if value >= 0 else f"{value!r}")
        )
    return st.just(value.replace("\x00", ""))


@st.composite
def tables(draw: st.DrawFn, schema: Schema) -> bytes:
    """Return a CSV file of rows that mostly fit, with any dirt between and in them."""
    delivered = draw(_delivered(schema))
    record = st.tuples(*(cells(column) for column in delivered)).map(list)
    ragged = st.lists(st.text(DIRT, max_size=4), min_size=1, max_size=len(delivered) + 1)
    spoilt = st.tuples(record, st.integers(0, 99), st.text(DIRT, max_size=5)).map(_spoilt)
    separator = draw(st.sampled_from(",;\t|"))
    newline = draw(st.sampled_from(("\n", "\n", "\r\n", "\r")))
    lines = [_line([column.name for column in delivered], separator, newline)]
    for row in draw(st.lists(record | record | spoilt | ragged, min_size=1, max_size=8)):
        lines.append(_line(row, separator, newline))
        if draw(st.integers(0, 5)) == 5:
            lines.append(draw(st.just("") | st.text(DIRT, max_size=12)) + newline)
    return draw(_encoded("".join(lines)))


@st.composite
def typed_tables(draw: st.DrawFn, schema: Schema) -> bytes:
    """Return a Parquet file of texts that mostly fit, and of columns of any other type."""
    count = draw(st.integers(1, 6))
    arrays = {}
    for column in draw(_delivered(schema)):
        text = (pa.string(), cells(column))
        kind, stored = draw(st.sampled_from((*STORED, *[text] * 9)))
        cell = st.none() | stored if column.nullable else stored
        arrays[column.name] = pa.array(draw(st.lists(cell, min_size=count, max_size=count)), kind)
    file = io.BytesIO()
    pq.write_table(pa.table(arrays), file)
    return file.getvalue()


@st.composite
def _delivered(draw: st.DrawFn, schema: Schema) -> list[Column]:
    # Without a column that may not lack a value, no row is good: that is for another time.
    needed = [c for c in schema.columns if c.delivered or not c.nullable]
    others = [c for c in schema.columns if c not in needed and draw(st.booleans())]
    return draw(st.permutations([*needed, *others] or schema.columns[:1]))


def _spoilt(drawn: tuple[list[str], int, str]) -> list[str]:
    row, place, text = drawn
    return [*row[: place % len(row)], text, *row[place % len(row) + 1 :]]


def _line(row: list[str], separator: str, newline: str) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, delimiter=separator, lineterminator=newline).writerow(row)
    return line.getvalue()


def _encoded(text: str) -> st.SearchStrategy[bytes]:
    """Return the text as files hold it: mostly UTF-8, now and then something else or damaged."""
    plain = text.encode()
    return st.sampled_from(
        (
            *[plain] * 8,
            b"\xef\xbb\xbf" + plain,
            gzip.compress(plain, mtime=0),
            gzip.compress(plain, mtime=0)[:-9],
            text.encode("latin-1", "replace"),
            text.encode("utf-16"),
            plain.replace(b"1", b"\x00", 1),
            plain[: len(plain) * 2 // 3],
        )
    )
