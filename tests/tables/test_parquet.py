"""Parquet files."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.errors import TableError
from lockgate.tables import ParquetSink, read_parquet, read_parquet_batches
from lockgate.tables.parquet import ROWS_PER_GROUP


def rows(count, start=0):
    """Make `count` rows with a missing value in each column."""
    number = np.arange(start, start + count, dtype=np.float64)
    day = np.datetime64("2024-01-01", "s") + np.arange(count) * np.timedelta64(1, "D")
    text = np.array([f"r{i:.0f}" for i in number], dtype=object)
    if count:
        number[0], text[0], day[0] = np.nan, "", np.datetime64("NaT")
    return {"number": number, "text": text, "day": day}


def write(path, *batches):
    """Write the batches to one file."""
    with ParquetSink(path) as sink:
        write_all(sink, *batches)
    return path


def write_all(sink, *batches):
    """Write the batches to an open sink."""
    for batch in batches:
        sink.write(batch)


def assert_same(left, right):
    """Compare columns with their types and order."""
    assert list(left) == list(right)
    for name, values in left.items():
        assert values.dtype == right[name].dtype
        np.testing.assert_array_equal(values, right[name])


def test_what_is_written_is_read(tmp_path):
    """Columns come back with their types and missing values."""
    path = write(tmp_path / "new" / "rows.parquet", rows(10))
    assert_same(read_parquet(path), rows(10))


def test_the_bytes_do_not_depend_on_the_batches(tmp_path):
    """The same rows make the same file, however they arrive."""
    whole = rows(2 * ROWS_PER_GROUP + 50)
    cuts = [0, 7, 7, ROWS_PER_GROUP - 1, ROWS_PER_GROUP + 3, 2 * ROWS_PER_GROUP + 50]
    parts = [
        {name: values[start:stop] for name, values in whole.items()}
        for start, stop in pairwise(cuts)
    ]
    one, many = write(tmp_path / "one", whole), write(tmp_path / "many", *parts)
    assert one.read_bytes() == many.read_bytes()
    assert pq.ParquetFile(one).num_row_groups == 3


def test_batches_are_bounded_and_in_order(tmp_path):
    """No batch has more rows than asked for, and none is lost."""
    path = write(tmp_path / "rows.parquet", rows(25))
    batches = list(read_parquet_batches(path, rows=10))
    assert [batch["number"].size for batch in batches] == [10, 10, 5]
    joined = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    assert_same(joined, rows(25))


def test_columns_come_in_the_order_asked_for(tmp_path):
    """A reader gets the columns that it names and no others."""
    path = write(tmp_path / "rows.parquet", rows(3))
    assert list(read_parquet(path, ["day", "number"])) == ["day", "number"]
    assert [list(batch) for batch in read_parquet_batches(path, columns=["text"])] == [["text"]]


def test_a_file_without_rows_keeps_its_columns(tmp_path):
    """An empty result is a table of no rows, not no table."""
    path = write(tmp_path / "rows.parquet", rows(0))
    assert_same(read_parquet(path), rows(0))
    (batch,) = read_parquet_batches(path)
    assert_same(batch, rows(0))


def test_a_failed_write_leaves_the_old_file(tmp_path):
    """A reader never sees half a file."""
    path = write(tmp_path / "rows.parquet", rows(3))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="names"), ParquetSink(path) as sink:
        write_all(sink, rows(5), {"number": np.array(["not a number"], dtype=object)})
    with pytest.raises(RuntimeError, match="early"), ParquetSink(path):
        raise RuntimeError("early")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_without_columns_is_not_written(tmp_path):
    """A sink that got no batch at all says so instead of writing a table of nothing."""
    with pytest.raises(TableError, match="no batch was written"):
        write(tmp_path / "rows.parquet")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_column_names_the_nearest(tmp_path):
    """A misspelt column is an error with a suggestion, not a missing result."""
    path = write(tmp_path / "rows.parquet", rows(3))
    with pytest.raises(TableError, match="no column 'numbr' .did you mean 'number'"):
        read_parquet(path, ["numbr"])
    with pytest.raises(TableError, match="its columns are number, text, day"):
        list(read_parquet_batches(path, columns=["x"]))


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PAR1 and no more"])
def test_another_file_is_refused(tmp_path, content):
    """A file that only has the name of a Parquet file is named with what to do."""
    path = tmp_path / "rows.parquet"
    path.write_bytes(content)
    with pytest.raises(TableError, match=r"rows.parquet: not a whole Parquet file"):
        read_parquet(path)


def test_a_truncated_file_is_refused(tmp_path):
    """A file that was cut off in transfer is never read in part."""
    path = write(tmp_path / "rows.parquet", rows(1000))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(TableError, match="not a whole Parquet file"):
        list(read_parquet_batches(path))


@pytest.mark.parametrize("read", [read_parquet, lambda path: list(read_parquet_batches(path))])
def test_damage_in_the_middle_is_refused(tmp_path, read):
    """A file whose end is whole and whose data is not is never read in part."""
    path = write(tmp_path / "rows.parquet", rows(5000))
    content = bytearray(path.read_bytes())
    content[4:2000] = bytes(1996)
    path.write_bytes(content)
    with pytest.raises(TableError, match="not a whole Parquet file"):
        read(path)


def test_a_flipped_bit_is_refused(tmp_path):
    """Wherever in the rows it is: numbers that went bad on the disk are never read as numbers."""
    path = write(tmp_path / "rows.parquet", rows(5000))
    whole = path.read_bytes()
    pages = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    for place in range(4, pages, pages // 50):
        content = bytearray(whole)
        content[place] ^= 1
        path.write_bytes(content)
        with pytest.raises(TableError, match="not a whole Parquet file"):
            read_parquet(path)


def test_a_missing_file_is_named(tmp_path):
    """A file that is not there says so."""
    with pytest.raises(TableError, match="the file does not exist"):
        read_parquet(tmp_path / "rows.parquet")


def test_a_foreign_type_names_its_column(tmp_path):
    """A Parquet file with a column that no row can hold says which."""
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"tags": [["a"]]}), path)
    with pytest.raises(TableError, match="column tags"):
        read_parquet(path)


@pytest.mark.parametrize("read", [read_parquet, lambda path: list(read_parquet_batches(path))])
@pytest.mark.parametrize(
    ("names", "message"),
    [(["price", "parts"], "x.parquet, column parts: .* list"), (["a", "a"], "2 columns 'a'")],
)
def test_columns_that_cannot_be_used_are_named_with_their_file(tmp_path, read, names, message):
    """A column of lists, or two of one name, are refused with the file that has them."""
    path = tmp_path / "x.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1.0]), pa.array([["wheel"]])], names), path)
    with pytest.raises(TableError, match=message):
        read(path)
