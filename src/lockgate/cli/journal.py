"""What the service kept: taken out, shortened, or freed of a person."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from sqlalchemy.exc import SQLAlchemyError

from lockgate.artifact.released import in_production
from lockgate.contract import Schema
from lockgate.errors import JournalError, ParamsError
from lockgate.journal import Store
from lockgate.service.journaling import open_journal
from lockgate.service.models import directory_of
from lockgate.service.settings import load_settings
from lockgate.tables.paths import replacing

DAY = 86_400_000
# The places of feedback are numbers.
OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS


@contextmanager
def opened() -> Iterator[tuple[Store, Schema]]:
    """Open the journal that the environment names, and the schema of the bundle that is served.

    Raises
    ------
    ParamsError
        When the journal is off, or there is no bundle.
    JournalError
        When the database cannot be used.
    """
    settings = load_settings()
    path = directory_of(settings, in_production(Path())) / "schema.json"
    if not path.is_file():
        raise ParamsError("no model bundle", where=str(path.parent), hint="make run")
    schema = Schema.from_json(path.read_text(encoding="utf-8"))
    journal = open_journal(settings, schema)
    if journal is None:
        raise ParamsError("the journal is off", where="LOCKGATE_JOURNAL")
    try:
        journal.store.prepare()
        yield journal.store, schema
    except SQLAlchemyError as problem:
        raise JournalError(f"{type(problem).__name__}", where="the journal") from None
    finally:
        journal.store.close()


def export(output: Path) -> int:
    """Write every record as a line of JSON, the oldest first; return how many."""
    count = 0
    with opened() as (store, _), replacing(output) as partial, partial.open("wb") as file:
        for record in store.all():
            file.write(orjson.dumps(record, option=OPTIONS))
            count += 1
    return count


def prune(days: int) -> int:
    """Delete what is older than so many days; return how many requests that were."""
    with opened() as (store, _):
        return store.prune(time.time_ns() // 1_000_000 - days * DAY)


def erase(key: str) -> tuple[int, int]:
    """Delete every row of a key with answer and feedback, and what was precomputed of it.

    Returns
    -------
    tuple of int
        How many rows of requests, and how many precomputed answers.

    Raises
    ------
    ParamsError
        When the contract has no key.
    EnvironmentProblem
        When what was precomputed cannot be reached.
    """
    from lockgate.cli import precompute

    with opened() as (store, schema):
        if schema.key is None:
            raise ParamsError("the contract has no key to find a row by", where="the journal")
        rows = store.erase(schema.key.name, key)
        return rows, precompute.erase(load_settings(), schema, schema.key, key)
