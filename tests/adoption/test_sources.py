"""Files are read as they come: any encoding, separator, compression, in one or in many pieces."""

import bz2
import csv
import gzip
import json
import lzma
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.adoption.sources import find_sources, place, read_cells_of
from lockgate.errors import DeliveryError, LockgateError, TableError
from tests.adoption.tables import write

TEXT = "name,size\nJosé,1\nZoë,2\n"
ROWS = [{"name": "José", "size": "1"}, {"name": "Zoë", "size": "2"}]


def _rows(pattern: Path | str, folder: Path) -> list[dict[str, str]]:
    """Place what the pattern names and read it back as the pipeline would."""
    folder.mkdir(exist_ok=True)
    paths = tuple(place(source, folder) for source in find_sources(str(pattern)))
    return [row for cells, _ in read_cells_of(paths) for row in cells.to_pylist()]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", TEXT.encode()),
        ("mark.csv", b"\xef\xbb\xbf" + TEXT.encode()),
        ("wide.csv", TEXT.encode("utf-16")),
        ("western.csv", TEXT.encode("cp1252")),
        ("latin.csv", TEXT.encode("latin-1") + b"Zo\x81,3\n"),
        ("european.csv", TEXT.replace(",", ";").encode()),
        ("tabs.tsv", TEXT.replace(",", "\t").encode()),
        ("pipes.txt", TEXT.replace(",", "|").encode()),
        ("carets.txt", TEXT.replace(",", "^").encode()),
        ("quoted.csv", TEXT.replace("José", '"José"').encode()),
        ("windows.csv", TEXT.replace("\n", "\r\n").encode()),
        ("title.csv", b"Customers by name\n\n" + TEXT.encode() + b"Ida,3\n"),
        ("comments.csv", b"# exported 2024-05-01\n# rows: 3, all\n" + TEXT.encode()),
        ("separator.csv", b"sep=;\n" + TEXT.replace(",", ";").encode()),
        ("apostrophes.csv", "'name','size'\n'José','1'\n'Zoë','2'\n".encode()),
        ("some_apostrophes.csv", "name;size\n'José';1\n'Zoë';2\n".encode()),
        ("packed.csv.gz", gzip.compress(TEXT.encode(), mtime=0)),
        ("packed.csv.bz2", bz2.compress(TEXT.encode())),
        ("packed.csv.xz", lzma.compress(TEXT.encode())),
        (
            "lines.jsonl",
            b'{"name": "Jos\xc3\xa9", "size": 1}\n\n{"size": 2, "name": "Zo\xc3\xab"}\n',
        ),
    ],
)
def test_text_in_any_form(tmp_path: Path, name: str, content: bytes) -> None:
    """Encoding, separator, quotes, line ends and compression change nothing of the cells."""
    found = _rows(write(tmp_path / name, content), tmp_path / "raw")
    assert found[:2] == ROWS


def test_archive_and_zstd(tmp_path: Path) -> None:
    """A zip archive of one table, and zstd, are unpacked."""
    with zipfile.ZipFile(tmp_path / "one.csv.zip", "w") as archive:
        archive.writestr("table.csv", TEXT)
    with pa.CompressedOutputStream(str(tmp_path / "two.csv.zst"), "zstd") as file:
        file.write(TEXT.encode())
    assert _rows(tmp_path / "one.csv.zip", tmp_path / "raw") == ROWS
    assert _rows(tmp_path / "two.csv.zst", tmp_path / "raw") == ROWS


def test_many_json_lines(tmp_path: Path) -> None:
    """Lines are written in blocks; truth values and missing keys come as they are."""
    lines = [json.dumps({"n": n, "even": n % 2 == 0} if n % 3 else {"n": n}) for n in range(10_001)]
    found = _rows(write(tmp_path / "many.jsonl", "\n".join(lines)), tmp_path / "raw")
    assert len(found) == 10_001
    assert found[0] == {"n": "0", "even": ""}
    assert found[-1] == {"n": "10000", "even": "true"}


def test_parquet_stays_parquet(tmp_path: Path) -> None:
    """A typed file is placed as it is."""
    pq.write_table(pa.table({"name": ["a"], "size": [1]}), tmp_path / "t.parquet")
    assert _rows(tmp_path / "t.parquet", tmp_path / "raw") == [{"name": "a", "size": "1"}]
    assert (tmp_path / "raw" / "t.parquet").exists()


def test_what_can_be_read_is_copied_as_it_is(tmp_path: Path) -> None:
    """The bytes of a readable CSV file stay, so that its hash can be compared with the source."""
    source = write(tmp_path / "a.csv", TEXT.replace(",", ";"))
    _rows(source, tmp_path / "raw")
    assert (tmp_path / "raw" / "a.csv").read_bytes() == source.read_bytes()


def test_a_cell_may_be_longer_than_python_reads(tmp_path: Path) -> None:
    """It is written whole, and other readers of the same process keep the limit that they had."""
    before = csv.field_size_limit()
    long = "a" * (before + 1)
    rows = _rows(write(tmp_path / "a.csv", f"id;text\n1;x\n2;{long}\n"), tmp_path / "out")
    assert [row["text"] for row in rows] == ["x", long]
    assert csv.field_size_limit() == before


def test_columns_without_a_name_get_one(tmp_path: Path) -> None:
    """A header with gaps and repeats names each column once."""
    found = _rows(write(tmp_path / "a.csv", ",x,x\n0,a,b\n1,c,d\n"), tmp_path / "raw")
    assert list(found[0]) == ["column_1", "x", "x_2"]


def test_a_table_without_a_header(tmp_path: Path) -> None:
    """A first line that looks like the others is a row."""
    found = _rows(write(tmp_path / "a.csv", "5.1,3.5,a\n4.9,3.0,b\n"), tmp_path / "raw")
    assert found[0] == {"column_1": "5.1", "column_2": "3.5", "column_3": "a"}
    assert len(found) == 2


def test_a_report_of_a_spreadsheet(tmp_path: Path) -> None:
    """Titles above the header are passed over, though commas fill them up."""
    text = "Sales 2024,,,\n,,,\nBranch: north,,,\nid,day,kind,cost\n1,mon,a,5\n2,tue,,6\n"
    found = _rows(write(tmp_path / "a.csv", text), tmp_path / "raw")
    assert found == [
        {"id": "1", "day": "mon", "kind": "a", "cost": "5"},
        {"id": "2", "day": "tue", "kind": "", "cost": "6"},
    ]


def test_a_title_with_another_separator(tmp_path: Path) -> None:
    """The separator is that of the rows, not that of the words above them."""
    text = "Orders, returns, and refunds\nid;size;cost\n1;2,5;5\n2;3,5;6\n"
    found = _rows(write(tmp_path / "a.csv", text), tmp_path / "raw")
    assert found[0] == {"id": "1", "size": "2,5", "cost": "5"}


def test_names_of_rows_have_a_column(tmp_path: Path) -> None:
    """Where the header lacks a name for the first column, as R writes it, it gets one."""
    text = '"mpg","cyl"\n"Mazda",21,6\n"Datsun",22.8,4\n'
    found = _rows(write(tmp_path / "cars.csv", text), tmp_path / "raw")
    assert found[0] == {"column_1": "Mazda", "mpg": "21", "cyl": "6"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("# size,cost\n1,2\n3,4\n", ["size", "cost"]),
        ("# of today\n# size,cost\n1,2\n3,4\n", ["size", "cost"]),
        ("#id,name,kind\na,b,c\nd,e,f\n", ["#id", "name", "kind"]),
        ("# id,name,kind,size\n1,a,b,c\n2,d,e,f\n", ["id", "name", "kind", "size"]),
        ("% size,name,kind\n1,a,b\n2,c,d\n", ["% size", "name", "kind"]),
        ("# of today,,\nname,kind,2024\na,b,1\nc,d,2\n", ["name", "kind", "2024"]),
    ],
)
def test_a_header_that_looks_like_a_comment(tmp_path: Path, text: str, names: list[str]) -> None:
    """NumPy writes its header as a comment: it names the columns."""
    found = _rows(write(tmp_path / "a.csv", text), tmp_path / "raw")
    assert list(found[0]) == names
    assert len(found) == 2


def test_rows_that_end_in_a_separator(tmp_path: Path) -> None:
    """A separator at the end of each row, and not of the header, shifts no column."""
    found = _rows(write(tmp_path / "a.csv", "a,b\nx,1,\ny,2,\n"), tmp_path / "raw")
    assert found[0] == {"a": "x", "b": "1", "column_3": ""}


def test_columns_parted_by_spaces(tmp_path: Path) -> None:
    """Runs of spaces and tabs part cells, as in older archives; quotes hold words together."""
    text = ' 18.0  8   307.0  130 \t"buick skylark"\n 9.5   12  1.0 90.5\t"ford"  \n'
    found = _rows(write(tmp_path / "auto.data", text), tmp_path / "raw")
    assert [list(row.values()) for row in found] == [
        ["18.0", "8", "307.0", "130", "buick skylark"],
        ["9.5", "12", "1.0", "90.5", "ford"],
    ]


def test_sentences_are_not_parted_by_spaces(tmp_path: Path) -> None:
    """Words in a table of tabs stay together."""
    text = "name\tnote here\nAnn Lee\tis well\nBob Ray\tis ill\n"
    found = _rows(write(tmp_path / "a.tsv", text), tmp_path / "raw")
    assert found[0] == {"name": "Ann Lee", "note here": "is well"}


def test_an_apostrophe_is_no_quote(tmp_path: Path) -> None:
    """Words with apostrophes stay as they are."""
    text = "name,size\nO'Neil,1\n'tis,2\nrock 'n' roll,3\n"
    found = _rows(write(tmp_path / "a.csv", text), tmp_path / "raw")
    assert [row["name"] for row in found] == ["O'Neil", "'tis", "rock 'n' roll"]


def test_a_header_of_gaps_is_no_title(tmp_path: Path) -> None:
    """A record split in two, and short rows, do not make a title of the header."""
    found = _rows(write(tmp_path / "a.csv", "a,b,c\n1\n2,3,4\n5,6\n"), tmp_path / "raw")
    assert found == [{"a": "2", "b": "3", "c": "4"}]


def test_a_folder_and_a_glob(tmp_path: Path) -> None:
    """Many files are one table, each under a name of its own."""
    folder = tmp_path / "in"
    (folder / "b").mkdir(parents=True)
    write(folder / "one.csv", TEXT)
    write(folder / "b" / "one.csv", TEXT)
    write(folder / "notes.md", "no table")
    assert len(_rows(folder, tmp_path / "raw")) == 4
    assert len(_rows(f"{folder}/*.csv", tmp_path / "raw2")) == 2


@pytest.mark.parametrize(
    ("files", "pattern", "error", "message"),
    [
        ({}, "none.csv", DeliveryError, "there is no such file"),
        ({"a.csv": ""}, "a.csv", TableError, "the file is empty"),
        ({"a.jsonl": '{"x": [1]}\n'}, "a.jsonl", TableError, "a.jsonl, line 1: this is no JSON"),
        ({"a.jsonl": "{\n"}, "a.jsonl", TableError, "no JSON object"),
        ({"a.csv": "x,y\n1,2\n", "b.csv": "x,z\n1,2\n"}, "*.csv", DeliveryError, "y, z"),
        (
            {"a.csv.gz": gzip.compress(TEXT.encode(), mtime=0)[:-9]},
            "a.csv.gz",
            TableError,
            "cut off",
        ),
    ],
)
def test_what_cannot_be_read_is_explained(
    tmp_path: Path,
    files: dict[str, str | bytes],
    pattern: str,
    error: type[LockgateError],
    message: str,
) -> None:
    """A missing, empty, damaged or unfitting file is named with the reason."""
    (tmp_path / "in").mkdir()
    for name, content in files.items():
        write(tmp_path / "in" / name, content)
    with pytest.raises(error, match=message):
        _rows(tmp_path / "in" / pattern, tmp_path / "raw")


@pytest.mark.parametrize(
    ("name", "place"), [("a.csv.gz", 10), ("a.csv.bz2", 20), ("a.csv.xz", 30), ("a.csv.zip", 31)]
)
def test_a_damaged_archive_is_explained(tmp_path: Path, name: str, place: int) -> None:
    """Bytes that went bad are told as such."""
    with zipfile.ZipFile(tmp_path / "one.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", TEXT)
    packed = {
        ".gz": gzip.compress(TEXT.encode(), mtime=0),
        ".bz2": bz2.compress(TEXT.encode()),
        ".xz": lzma.compress(TEXT.encode()),
        ".zip": (tmp_path / "one.zip").read_bytes(),
    }[Path(name).suffix]
    write(tmp_path / name, packed[:place] + bytes([packed[place] ^ 0xFF]) + packed[place + 1 :])
    with pytest.raises(TableError, match="damaged|cannot be read: Invalid data"):
        _rows(tmp_path / name, tmp_path / "raw")


def test_an_archive_of_many_files_is_explained(tmp_path: Path) -> None:
    """A workbook, or an archive of several tables, is no table."""
    with zipfile.ZipFile(tmp_path / "many.csv.zip", "w") as archive:
        archive.writestr("a.csv", TEXT)
        archive.writestr("b.csv", TEXT)
    with pytest.raises(TableError, match="holds 2 files"):
        find_sources(str(tmp_path / "many.csv.zip"))


def test_an_archive_with_a_password_is_explained(tmp_path: Path) -> None:
    """Nobody is asked for the password: the person extracts the table."""
    with zipfile.ZipFile(tmp_path / "one.csv.zip", "w") as archive:
        archive.writestr("a.csv", TEXT)
    closed = bytearray((tmp_path / "one.csv.zip").read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        closed[closed.index(header) + flags] |= 1
    with pytest.raises(TableError, match="asks for a password"):
        find_sources(str(write(tmp_path / "closed.csv.zip", bytes(closed))))
