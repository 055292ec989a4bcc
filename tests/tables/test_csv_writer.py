"""CSV files written."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.tables import CsvSink, read_csv_batches, write_csv


def columns(**values):
    """Make columns of the given lists."""
    return {name: np.array(list(value), dtype=object) for name, value in values.items()}


def test_each_type_has_one_spelling(tmp_path):
    """Numbers, days and missing values are written as people and readers expect them."""
    path = tmp_path / "new" / "rows.csv"
    day = np.array(["2024-01-31", "2024-01-31T12:30:00", "NaT"], dtype="datetime64[s]")
    write_csv(
        path,
        {
            "price": np.array([450000.0, 0.1, np.nan]),
            "count": np.array([1, 2, 3]),
            "name": np.array(["a", "b, c", ""], dtype=object),
            "day": day,
            "good": np.array([True, False, True]),
        },
    )
    assert path.read_bytes().decode() == (
        "price,count,name,day,good\n"
        "450000,1,a,2024-01-31,true\n"
        '0.1,2,"b, c",2024-01-31 12:30:00,false\n'
        ",3,,,true\n"
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_a_number_reads_back_as_itself(tmp_path_factory, numbers):
    """No digit that matters is lost."""
    path = tmp_path_factory.mktemp("numbers") / "rows.csv"
    write_csv(path, {"x": np.array(numbers, dtype=np.float64)})
    (batch,) = read_csv_batches(path)
    assert [float(cell) for cell in batch.cells["x"].to_pylist()] == numbers


def test_a_long_whole_number_is_written_in_digits(tmp_path):
    """An account or a telephone number stays one; beyond 2**53 a float64 has no more digits."""
    numbers = [1e10, -12345678901.0, 2.0**53 - 1, 1.5e10 + 0.25, 1e16, np.nan]
    write_csv(tmp_path / "rows.csv", {"x": np.array(numbers)})
    assert (tmp_path / "rows.csv").read_text().split() == [
        *("x", "10000000000", "-12345678901", "9007199254740991", "1.500000000025e+10", "1e+16"),
        '""',
    ]


TEXT = st.text(alphabet='ab,;"\n\r \té', max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), max_size=8), st.integers(1, 2))
def test_any_text_reads_back_as_itself(tmp_path_factory, rows, width):
    """Separators, quotes and line breaks in a cell survive, for this reader and for others."""
    path = tmp_path_factory.mktemp("texts") / "rows.csv"
    rows = [row[:width] for row in rows]
    names = ["first", "second"][:width]
    write_csv(path, columns(**{name: [row[i] for row in rows] for i, name in enumerate(names)}))
    batches = read_csv_batches(path, rows=3)
    assert [tuple(row.values()) for batch in batches for row in batch.cells.to_pylist()] == rows
    with path.open(newline="", encoding="utf-8") as file:
        assert [tuple(row) for row in csv.reader(file)] == [tuple(names), *rows]


def test_batches_append_and_the_order_is_the_header_s(tmp_path):
    """The bytes depend on the rows, not on their batches or on the order of the columns."""
    with CsvSink(tmp_path / "many.csv", ["a", "b"]) as sink:
        sink.write(columns(b="xy", a="12"))
        sink.write(columns(a="", b=""))
        sink.write(columns(a="3", b="z"))
    write_csv(tmp_path / "one.csv", columns(a="123", b="xyz"))
    assert (tmp_path / "many.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


def test_a_sink_without_rows_writes_its_header(tmp_path):
    """An empty quarantine is a file of its columns."""
    with CsvSink(tmp_path / "rows.csv", ["a", "b,c"]):
        pass
    assert (tmp_path / "rows.csv").read_text() == 'a,"b,c"\n'


def test_a_failed_write_leaves_the_old_file(tmp_path):
    """A reader never sees half a file, and a missing column is an error."""
    path = tmp_path / "rows.csv"
    write_csv(path, columns(a="1"))
    with pytest.raises(KeyError, match="b"), CsvSink(path, ["a", "b"]) as sink:
        sink.write(columns(a="2"))
    assert path.read_text() == "a\n1\n"
    assert list(tmp_path.iterdir()) == [path]
