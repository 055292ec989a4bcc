"""A table that is fetched first is adopted and ingested as one that lies at hand."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockgate.adoption.origins import FETCHED, Query, at_hand, origin_of
from lockgate.errors import TableError
from tests.adoption.tables import noise
from tests.project import Project


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return a database of orders."""
    database = sqlite3.connect(tmp_path / "shop.db")
    database.execute("CREATE TABLE orders (size REAL, kind TEXT, cost REAL)")
    _fill(database, 200)
    yield database
    database.close()


def _fill(database: sqlite3.Connection, rows: int) -> None:
    values = [(noise(r), "ab"[r % 2], noise(3 * r + 1)) for r in range(rows)]
    database.executemany("INSERT INTO orders VALUES (?, ?, ?)", values)
    database.commit()


def test_a_query_is_adopted_and_ingested(
    project: Project, shop: sqlite3.Connection, tmp_path: Path
) -> None:
    """The database's rows become data/raw; a later answer is a further delivery, once."""
    url = f"sqlite:///{tmp_path}/shop.db"
    project.commit()
    asked = ("--sql", url, "--query", "SELECT * FROM orders")
    project.run("lockgate", "adopt", *asked, "--target", "cost", "--yes")
    assert (project.root / "data/raw/orders.csv").read_text().count("\n") == 201
    assert project.read("data/contract.yaml")["name"] == "orders"
    assert "nothing is new" in project.run("lockgate", "ingest", *asked).stdout
    _fill(shop, 100)
    told = project.run("lockgate", "ingest", "--query", asked[3], LOCKGATE_SQL=url).stdout
    assert "admitted: orders-" in told
    assert len(list((project.root / "data/raw").glob("*.csv"))) == 2
    assert not list((project.root / FETCHED).parent.glob("*.partial"))
    assert str(tmp_path / "shop.db") not in (project.root / "data/contract.yaml").read_text()


def test_a_url_is_at_hand_while_it_is_needed(tmp_path: Path) -> None:
    """What a URL names lies in the project until the block ends."""
    (tmp_path / "orders.csv.gz").write_bytes(b"abc")
    with at_hand(tmp_path, f"file://{tmp_path}/orders.csv.gz", by_content=True) as path:
        assert Path(path).name == "orders-ba7816bf.csv.gz"
        assert Path(path).read_bytes() == b"abc"
    assert not Path(path).exists()


@pytest.mark.usefixtures("shop")
def test_an_answer_is_named_by_its_content(tmp_path: Path) -> None:
    """The same answer has the same name, so that it can be told from another."""
    query = Query(f"sqlite:///{tmp_path}/shop.db", "SELECT size FROM orders LIMIT 3")
    with at_hand(tmp_path, query, by_content=True) as one:
        text = Path(one).read_text()
    with at_hand(tmp_path, query, by_content=True) as two:
        assert Path(one).name == Path(two).name
    assert text.splitlines()[0] == "size"
    assert Path(one).name.startswith("orders-")


@pytest.mark.parametrize(
    "given",
    [
        (None, None, None),
        ("a.csv", "sqlite:///x.db", "SELECT 1"),
        (None, "sqlite:///x.db", None),
        (None, None, "SELECT 1"),
    ],
)
def test_one_table_must_be_named(given: tuple[str | None, ...]) -> None:
    """Neither no table nor two are guessed at."""
    with pytest.raises(TableError, match="it is not clear which table is meant"):
        origin_of(*given)


def test_the_environment_alone_asks_for_nothing() -> None:
    """A database's URL in the environment does not stand in the way of a file."""
    assert origin_of("a.csv", "sqlite:///x.db", None) == "a.csv"
    assert origin_of(None, "sqlite:///x.db", "SELECT 1") == Query("sqlite:///x.db", "SELECT 1")
    assert "x.db" not in repr(Query("sqlite:///x.db", "SELECT 1"))
