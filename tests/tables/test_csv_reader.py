"""CSV text in batches."""

import gzip
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.errors import TableError
from lockgate.tables import read_csv_batches
from tests.tables.reference import read_records


def read(path, content=None, **options):
    """Write `content` to `path` if given, and read all batches of it."""
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_csv_batches(path, **options))


def cells(batches):
    """Return the rows of all batches as tuples of text."""
    return [tuple(row.values()) for batch in batches for row in batch.cells.to_pylist()]


def texts(batches):
    """Return the original text of each row of all batches."""
    return [batch.text(row) for batch in batches for row in range(batch.lines.size)]


def lines(batches):
    """Return the line of each row of all batches."""
    return [int(line) for batch in batches for line in batch.lines]


def malformed(batches):
    """Return the malformed records of all batches."""
    return [bad for batch in batches for bad in batch.malformed]


@pytest.fixture
def path(tmp_path):
    """Name a file to write to."""
    return tmp_path / "sales.csv"


def test_cells_come_as_they_stand(path):
    """Nothing is trimmed or interpreted: blanks, ?, NA and leading zeros reach the contract."""
    batches = read(path, "id,size\n007, 12 \n,?\nNA, \n")
    assert batches[0].header == ("id", "size")
    assert cells(batches) == [("007", " 12 "), ("", "?"), ("NA", " ")]
    assert texts(batches) == ["007, 12 ", ",?", "NA, "]
    assert lines(batches) == [2, 3, 4]


def test_quotes_and_line_breaks_within_them(path):
    """A quoted cell may hold separators, quotes and line breaks; lines are counted through them."""
    batches = read(path, 'a,b\n"x, ""y""","1\n2"\n3,4\n')
    assert cells(batches) == [('x, "y"', "1\n2"), ("3", "4")]
    assert texts(batches) == ['"x, ""y""","1\n2"', "3,4"]
    assert lines(batches) == [2, 4]


def test_a_quote_within_a_plain_cell_is_a_character(path):
    """Inch marks need no escape, and harm no other row."""
    batches = read(path, 'size,b\n12" pipe,1\n"a,b",2\n3",4\n')
    assert cells(batches) == [('12" pipe', "1"), ("a,b", "2"), ('3"', "4")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\r\n1,2\r\n\r\n3,4", [2, 4]),
        ("a,b\r1,2\r3,4\r", [2, 3]),
        ("a,b\n1,2\r\n\n\n3,4\n\n", [2, 5]),
        ("\n\r\na,b\n1,2\n3,4", [4, 5]),
    ],
)
def test_any_line_break_ends_a_row_and_blank_lines_are_skipped(path, content, expected):
    """Files of every system read alike; a last line needs no break."""
    batches = read(path, content)
    assert cells(batches) == [("1", "2"), ("3", "4")]
    assert texts(batches) == ["1,2", "3,4"]
    assert lines(batches) == expected


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_in_the_header(path, separator):
    """The usual separators need no option, even where the cells hold commas."""
    batches = read(
        path,
        f'a{separator}"b, c"{separator}d\n1,5{separator}2{separator}3\n'.replace("1,5", '"1,5"'),
    )
    assert batches[0].header == ("a", "b, c", "d")
    assert cells(batches) == [("1,5", "2", "3")]


def test_one_column_needs_no_separator(path):
    """A file of one column is a table too, and an empty quoted cell is a row of it."""
    assert cells(read(path, 'id\n1\n""\n2\n')) == [("1",), ("",), ("2",)]


def test_a_byte_order_mark_and_padded_names_do_not_hide_a_column(path):
    """The first column is found by its name, whatever a spreadsheet puts before it."""
    assert read(path, "\ufeffid , size\n1,2\n")[0].header == ("id", "size")


def test_gzip_is_recognised_by_its_content(tmp_path):
    """A compressed delivery reads as the plain one, whatever its name."""
    content = gzip.compress("\ufeffa,b\né,2\n".encode())
    for name in ("sales.csv.gz", "sales.csv"):
        assert cells(read(tmp_path / name, content)) == [("é", "2")]


def test_a_url_is_read_like_a_file(path):
    """A delivery may come from anywhere that fsspec knows."""
    read(path, "a,b\n1,2\n")
    assert cells(read_csv_batches(f"file://{path}")) == [("1", "2")]


def test_malformed_records_are_kept_and_spoil_nothing(path):
    """A row with too few or too many fields comes with line, text and reason beside the others."""
    batches = read(path, "a,b\n1,2\n3\n\n4,5,6\n7,8\n")
    assert cells(batches) == [("1", "2"), ("7", "8")]
    assert lines(batches) == [2, 6]
    assert [(bad.line, bad.text, bad.reason) for bad in malformed(batches)] == [
        (3, "3", "expected 2 fields, found 1"),
        (5, "4,5,6", "expected 2 fields, found 3"),
    ]


def test_a_stray_opening_quote_names_the_lines_that_it_joins(path):
    """Rows swallowed by a quote are not lost: their text is kept, and the reason tells why."""
    (bad,) = malformed(read(path, 'a,b\n"1,2\n3,4\n5",6,7\n8,9\n'))
    assert (bad.line, bad.text) == (2, '"1,2\n3,4\n5",6,7')
    assert bad.reason == "expected 2 fields, found 3 in lines 2 to 4, which a quote joins"


def test_a_file_of_malformed_records_only(path):
    """Where no row fits the header, all of them are reported."""
    batches = read(path, "a,b\n1\n2\n", rows=1)
    assert cells(batches) == []
    assert [bad.text for bad in malformed(batches)] == ["1", "2"]


def test_a_header_without_rows_is_a_table(path):
    """A delivery of no rows still shows its columns."""
    (batch,) = read(path, "a,b")
    assert batch.header == ("a", "b")
    assert batch.cells.column_names == ["a", "b"]
    assert batch.cells.num_rows == batch.lines.size == 0


def test_batches_are_bounded_and_in_order(path):
    """No batch is larger than asked for, with malformed rows counted and kept in their place."""
    content = "n,m\n" + "".join(f"{i},0\n" if i % 7 else f"{i}\n" for i in range(100))
    batches = read(path, content, rows=9)
    assert all(batch.lines.size + len(batch.malformed) <= 9 for batch in batches)
    assert [int(row[0]) for row in cells(batches)] == [i for i in range(100) if i % 7]
    assert [int(bad.text) for bad in malformed(batches)] == list(range(0, 100, 7))
    for batch in batches:
        places = [*batch.lines, *(bad.line for bad in batch.malformed)]
        assert sorted(places) == list(range(min(places), max(places) + 1))


BODY = st.one_of(
    st.text(alphabet=alphabet, max_size=60)
    for alphabet in ('ab,"\n', 'a,\n\r"', 'a",\r\n', 'a,"" \n', "ab,\n\r", 'é,"\n')
)


@settings(max_examples=200, deadline=None)
@given(BODY, st.integers(1, 80), st.integers(1, 5))
def test_every_text_reads_as_a_slow_reader_reads_it(tmp_path_factory, body, block, rows):
    """Cells, lines, texts and faults are exact for any text, however it is cut into blocks."""
    path = tmp_path_factory.mktemp("fuzz") / "sales.csv"
    expected = read_records("h,i\n" + body)[1:]
    path.write_bytes(("h,i\n" + body).encode())
    if any(record.unclosed for record in expected):
        with pytest.raises(TableError, match=f"line {expected[-1].line}: .*never closed"):
            read(path, rows=rows, block_bytes=block)
        return
    batches = read(path, rows=rows, block_bytes=block)
    good = [record for record in expected if len(record.cells) == 2]
    bad = [record for record in expected if len(record.cells) != 2]
    assert cells(batches) == [record.cells for record in good]
    assert texts(batches) == [record.text for record in good]
    assert lines(batches) == [record.line for record in good]
    assert [(row.line, row.text) for row in malformed(batches)] == [
        (record.line, record.text) for record in bad
    ]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty.*header"),
        (b"\n\r\n\n", "the file is empty"),
        (b"a,b,a\n1,2,3\n", "line 1: the column 'a' stands 2 times"),
        (b"a,b , b\n1,2,3\n", "line 1: the column 'b' stands 2 times"),
        (b"a,,b\n1,2,3\n", "line 1: column 2 of 3 has no name"),
        (b"\na,b,\n1,2,3\n", "line 2: column 3 of 3 has no name"),
        (b"a,b\n1,2\n3,caf\xe9\n", "line 3: the byte 0xe9 is not UTF-8.*iconv"),
        (b"a,caf\xe9\n1,2\n", "line 1: the byte 0xe9 is not UTF-8"),
        (b'a,b\n"1\n2",3\n\n4,\x00\n', "line 5: a NUL byte"),
        (b"\x00\x00", "line 1: a NUL byte"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "line 3: a quote is opened and never closed"),
        (b'a,b\n1,12"\n3,"4\n5,6', "line 3: a quote is opened and never closed"),
        (b'a,"b\n1,2\n', "line 1: a quote is opened and never closed"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16 text.*iconv -f UTF-16"),
        ("\ufeffa,b\n".encode("utf-16-be"), "UTF-16 text"),
        (b"PK\x03\x04 and so on", "an Excel workbook"),
        (b"PAR1 and so on", "a Parquet file"),
        (b"a" * 300_000, "first line is longer than 256 KB"),
        (b"a" * 200_000 + b"\n", "the header cannot be read"),
    ],
)
def test_what_is_no_table_is_named_with_its_line(path, content, what):
    """A file that cannot be read says why and where, instead of giving wrong rows."""
    with pytest.raises(TableError, match="(?s)sales.csv.*" + what):
        read(path, content)


@pytest.mark.parametrize("damage", [lambda data: data[:-12], lambda data: data[:-8] + bytes(8)])
def test_damaged_gzip_is_refused(path, damage):
    """A compressed file that was cut off or altered is never taken for a shorter one."""
    content = "a,b\n" + "".join(f"{i},{i * i}\n" for i in range(5000))
    data = damage(gzip.compress(content.encode()))
    with pytest.raises(TableError, match=r"after line \d+: the gzip file is cut off or damaged"):
        read(path, data, block_bytes=1000)


def test_a_record_without_end_does_not_fill_the_memory(path):
    """A quote that is never closed in a big file is reported while it is being read."""
    path.write_bytes(b'a,b\n1,2\n"3,4\n' + b"5,6\n" * (17 << 20))
    with pytest.raises(TableError, match="line 3: a record is longer than 64 MB"):
        read(path)


def test_a_header_quote_without_end_is_found_quickly(path):
    """The header too may hold line breaks, but not without end."""
    batches = read(path, '"a\nb",c\n1,2\n')
    assert batches[0].header == ("a\nb", "c")
    assert lines(batches) == [3]
    with pytest.raises(TableError, match="first line is longer"):
        read(path, '"a,b\n' + "1,2\n" * 100_000)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    """What cannot be opened says so without a traceback of the system."""
    with pytest.raises(TableError, match="nothing.csv: the file does not exist"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(TableError, match="cannot be read"):
        read(tmp_path)
    with pytest.raises(TableError, match="cannot be read: .*nowhere"):
        read("nowhere://bucket/sales.csv")


def test_memory_does_not_grow_with_the_file(path):
    """A file much larger than a block is read piece by piece, to the last row."""
    path.write_text("a,b\n" + "0123456789abcdef,0123456789abcdef\n" * 200_000)
    tracemalloc.start()
    count = sum(batch.lines.size for batch in read_csv_batches(path, block_bytes=64 << 10))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200_000
    assert peak < path.stat().st_size / 4
