"""Tables come out of databases with each value as it is, and no password is ever told."""

import csv
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lockgate.errors import TableError
from lockgate.sources.databases import query_to_csv, table_name
from tests.postgres import INSTALLED, REASON, serving

SECRET = "s3cret%2Fword"


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """Return the URL of a database with a small table."""
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE orders (id INTEGER, name TEXT, price REAL, scan BLOB)")
        rows = [(2**60 + 1, "a, b", 0.1 + 0.2, b"x"), (2, 'say "no"\n007', None, None)]
        database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
    database.close()
    return f"sqlite:///{tmp_path}/shop.db"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """Return the URL, with a password, of a PostgreSQL that runs."""
    if not INSTALLED:
        pytest.skip(REASON)
    with serving("password") as server:
        address = f"keeper:{SECRET}@127.0.0.1:{server.port}/postgres"
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(f"postgresql://{address}").close()
                break
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield f"postgresql://{address}"


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_sqlite_keeps_each_value(sqlite: str, tmp_path: Path) -> None:
    """Long integers, long fractions, separators, quotes, line breaks and gaps come as they are."""
    path = query_to_csv(sqlite, "SELECT id, name, price FROM orders;", tmp_path)
    assert path.name == "orders.csv"
    assert _read(path) == [
        ["id", "name", "price"],
        ["1152921504606846977", "a, b", "0.30000000000000004"],
        ["2", 'say "no"\n007', ""],
    ]


def test_postgresql_keeps_each_value(postgresql: str, tmp_path: Path) -> None:
    """Every type that is a plain value comes with all its digits and its offset."""
    query = """SELECT 9007199254740993::bigint AS big, 12345678901234567890.12::numeric AS money,
        true AS yes, '007' AS code, date '2024-02-29' AS day, null::int AS none, '5 %' AS share,
        timestamp '2024-02-29 12:30:00' AS moment,
        timestamptz '2024-02-29 12:30:00.25+02' AT TIME ZONE 'UTC' AS utc"""
    header, row = _read(query_to_csv(postgresql, query, tmp_path))
    assert dict(zip(header, row, strict=True)) == {
        "big": "9007199254740993",
        "money": "12345678901234567890.12",
        "yes": "true",
        "code": "007",
        "day": "2024-02-29",
        "none": "",
        "share": "5 %",
        "moment": "2024-02-29T12:30:00",
        "utc": "2024-02-29T10:30:00.250000",
    }


def test_postgresql_streams(postgresql: str, tmp_path: Path) -> None:
    """A long answer comes in pieces from the server's cursor, whole and in order."""
    path = query_to_csv(postgresql, "SELECT i FROM generate_series(1, 25000) i", tmp_path)
    assert [row[0] for row in _read(path)[1:]] == [str(i) for i in range(1, 25_001)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM nothing", "nothing"),
        ("SELECT 1 AS a, 2 AS a", "returns the column 'a' twice"),
        ("SELECT '{}'::json AS x", "column 'x' holds values of type dict"),
        ("DROP TABLE IF EXISTS pg_class", "syntax"),
        ("SELECT 1 FROM (SELECT pg_sleep(0)) s WHERE 1/0 = 1", "division by zero"),
    ],
)
def test_a_query_that_fails_is_explained(
    postgresql: str, tmp_path: Path, query: str, message: str
) -> None:
    """The database's own words, and never the password."""
    with pytest.raises(TableError, match=message) as caught:
        query_to_csv(postgresql, query, tmp_path)
    assert "s3cret" not in str(caught.value)


def test_a_wrong_password_is_not_told(postgresql: str, tmp_path: Path) -> None:
    """Who is refused sees the user and the host, and no password."""
    with pytest.raises(TableError, match="authentication failed") as caught:
        query_to_csv(postgresql.replace("s3cret", "s4cret"), "SELECT 1", tmp_path)
    assert "s4cret" not in str(caught.value)
    assert "keeper" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:///absent.db", "there is no such database"),
        ("s3cret", "this is no URL of a database"),
        ("postgresql://keeper:s3cret@word@127.0.0.1/x", "this is no URL of a database"),
        ("postgresql://keeper:s3cret@127.0.0.1:port/x", "this is no URL of a database"),
        ("postgresql://keeper:s3cret@127.0.0.1:1/x?sslpassword=s3cret", "refused"),
        ("mysql+pymysql://keeper:s3cret@127.0.0.1/x", "needs a driver"),
        ("unheard://keeper:s3cret@127.0.0.1/x", "needs a driver"),
    ],
)
def test_a_database_that_cannot_be_reached_is_explained(
    tmp_path: Path, url: str, message: str
) -> None:
    """What is wrong with the URL is said without repeating its secret."""
    with pytest.raises(TableError, match=message) as caught:
        query_to_csv(url, "SELECT 1", tmp_path)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("DELETE FROM orders", "readonly|read-only|attempt to write"),
        ("DROP TABLE orders", "readonly|read-only|attempt to write"),
        ("SELECT scan FROM orders", "column 'scan' holds values of type bytes"),
        ("SELEC", "syntax error"),
    ],
)
def test_nothing_is_changed(sqlite: str, tmp_path: Path, query: str, message: str) -> None:
    """A statement that would write, or returns no plain values, is refused."""
    with pytest.raises(TableError, match=message):
        query_to_csv(sqlite, query, tmp_path)
    assert len(_read(query_to_csv(sqlite, "SELECT id FROM orders", tmp_path))) == 3


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ('select * from "Sales"."Big Orders" o', "big"),
        ("SELECT 1", "query"),
        ("select extract(year from sold) y, price from houses", "houses"),
        ("SELECT trim(both ' ' FROM upper(a)) FROM t WHERE a IN (SELECT b FROM u)", "t"),
        ("select y from (select round(extract(day from d) / 7) y from shop.visits) v", "visits"),
        ("with x as (select 1 from shop.orders) select * from x", "orders"),
    ],
)
def test_the_file_is_named_after_the_table(query: str, name: str) -> None:
    """The first table that is asked gives its name, whatever its schema and quotes."""
    assert table_name(query) == name
