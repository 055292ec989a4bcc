"""What a query of a database returns, streamed into a CSV file."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from lockgate.errors import TableError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

FETCHED_ROWS = 10_000
# What SQLAlchemy would else look for is not in lockgate's set of packages.
DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_PLAIN = (str, bool, int, float, Decimal, datetime, date, time, UUID)


def query_to_csv(url: str, query: str, folder: Path) -> Path:
    """Write what a query returns as CSV, named as the table that it asks, and return where.

    Rows come through a cursor of the server, a few thousand at a time, in a transaction that is
    read only. Numbers are written with all their digits, moments in ISO 8601 with their offset,
    truth values as true and false, null as nothing.

    Parameters
    ----------
    url : str
        As SQLAlchemy has it, such as ``postgresql://user:password@host/database``; the password
        is told nobody.
    query : str
        One that returns rows.
    folder : Path
        Exists.

    Raises
    ------
    TableError
        When the database cannot be reached, the query fails, or returns no table of plain values.
    """
    address = _address(url)
    shown = address.set(query={}).render_as_string(hide_password=True)
    target = folder / f"{table_name(query)}.csv"
    with (
        _connected(address, shown) as connection,
        target.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        for rows in _rows(connection, query, shown):
            writer.writerows(rows)
    return target


def table_name(query: str) -> str:
    """Return the name of the first table that a query asks, for a file, or else ``query``.

    What comments and texts in the query say is taken for a part of it.
    """
    calls = r"\((?!\s*(?:select|with)\b)[^()]*\)"
    # Functions have a FROM of their own, as in EXTRACT(year FROM sold).
    while (bare := re.sub(calls, "", query, flags=re.IGNORECASE)) != query:
        query = bare
    found = re.search(r"""\bfrom\s+([\w."`\[\]$]+)""", query, re.IGNORECASE)
    last = re.sub(r"\W", "", found[1].split(".")[-1]) if found else ""
    return last.lower() or "query"


def _address(url: str) -> "URL":
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    # What was given is not repeated: it may hold a password.
    unusable = TableError(
        "this is no URL of a database",
        where="--sql",
        hint="write dialect://user:password@host:port/database, with the characters @ : / of a "
        "password as %40 %3A %2F; for SQLite sqlite:///path/to/file.db",
    )
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise unusable from None
    if "@" in f"{address.host}{address.database}":
        raise unusable
    known = address.database not in (None, "", ":memory:")
    if (
        address.get_backend_name() == "sqlite"
        and known
        and not Path(str(address.database)).exists()
    ):
        raise TableError("there is no such database", where=str(address.database))
    return address.set(drivername=DRIVERS.get(address.drivername, address.drivername))


@contextmanager
def _connected(address: "URL", shown: str) -> "Iterator[Connection]":
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
    from sqlalchemy.pool import NullPool

    try:
        engine = create_engine(address, poolclass=NullPool)
        with engine.connect() as connection:
            if engine.name == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = ON")
            yield connection.execution_options(stream_results=True, no_parameters=True)
    except (ModuleNotFoundError, NoSuchModuleError) as problem:
        raise TableError(
            f"this database needs a driver: {problem}",
            where=shown,
            hint="install it with pip; SQLite and PostgreSQL need none",
        ) from None
    except DBAPIError as problem:
        raise TableError(
            f"the database says: {_first_line(problem.orig)}",
            where=shown,
            hint="look at the URL and the query; try it in the database's own shell",
        ) from None
    except SQLAlchemyError as problem:
        raise TableError(
            f"the query cannot be run: {_first_line(problem)}",
            where=shown,
            hint="it must be one SELECT, which returns rows",
        ) from None


def _rows(connection: "Connection", query: str, shown: str) -> Iterator[Sequence[Sequence[str]]]:
    """Yield the names of the columns, then the rows in batches, all as text."""
    if connection.dialect.name == "postgresql":
        connection = connection.execution_options(postgresql_readonly=True)
    result = connection.exec_driver_sql(query.strip().rstrip(";"))
    names = tuple(result.keys())
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise TableError(
            f"the query returns the column '{twice[0]}' twice",
            where=shown,
            hint="name each column once, with AS",
        )
    yield [names]
    for rows in result.partitions(FETCHED_ROWS):
        yield [
            [_cell(value, name, shown) for value, name in zip(row, names, strict=True)]
            for row in rows
        ]


def _cell(value: object, name: str, shown: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if not isinstance(value, _PLAIN):
        raise TableError(
            f"the column '{name}' holds values of type {type(value).__name__}",
            where=shown,
            hint="cast it in the query to a number, a text, a date or a timestamp",
        )
    return str(value)


def _first_line(problem: BaseException | None) -> str:
    return str(problem).strip().partition("\n")[0]
