"""The databases that a journal may be in: SQLite in WAL mode, or PostgreSQL."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from lockgate.errors import ParamsError

PATIENCE = 1.0
# Bytes of a page of a new SQLite file. A batch of 1,000 rows fills eighty of the usual 4,096 bytes,
# and each is written twice: to the log, and from there to where it stays.
PAGE = 16_384
DIALECTS = ("sqlite", "postgresql")

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    Insert = Callable[[Table], sqlite.Insert | postgresql.Insert]


def open_engine(target: str) -> Engine:
    """Return the engine of a SQLite file or of an SQLAlchemy URL; nothing is connected to yet.

    Its statements take their values by place.

    Raises
    ------
    ParamsError
        When the URL is none, or of another database than SQLite and PostgreSQL.
    """
    url = _url(target)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": PATIENCE}, paramstyle="qmark")
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin)
        return engine
    waits = {"connect_timeout": 2, "options": "-c statement_timeout=5000"}
    return create_engine(url, connect_args=waits, paramstyle="format", pool_pre_ping=True)


def insert_of(engine: Engine) -> "Insert":
    """Return what makes an INSERT that may leave out what is there already."""
    if engine.name == "sqlite":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql

    return postgresql.insert


def _url(target: str) -> URL:
    if "://" not in target:
        return URL.create("sqlite", database=os.fspath(Path(target)))
    try:
        url = make_url(target)
    except ArgumentError:
        raise ParamsError("it is no SQLAlchemy URL", where="LOCKGATE_JOURNAL_URL") from None
    known = url.get_backend_name()
    if known not in DIALECTS or (known == "sqlite" and not url.database):
        raise ParamsError(
            "it names neither a SQLite file nor a PostgreSQL database",
            where="LOCKGATE_JOURNAL_URL",
            hint="postgresql://user:password@host/database",
        )
    return url.set(drivername="postgresql+psycopg") if known == "postgresql" else url


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # Python's sqlite3 would begin no transaction for what makes tables.
    connection.isolation_level = None
    for pragma in (
        f"page_size={PAGE}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
