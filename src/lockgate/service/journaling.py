"""The journal beside the service: opened, fed and closed with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi.concurrency import run_in_threadpool

from lockgate.contract import Schema
from lockgate.journal import Privacy, Record, Rows, Writer, open_store
from lockgate.predict import Batch
from lockgate.service.answering import Outcome
from lockgate.service.exchange import Exchange
from lockgate.service.settings import Settings

OFF = "off"
# What an orderly stop gives the database to take what still waits.
LAST_SECONDS = 10.0


def open_journal(settings: Settings, schema: Schema) -> Writer | None:
    """Return the journal that the settings ask for, not yet started; None when it is off.

    Raises
    ------
    ParamsError
        When the URL cannot be used.
    """
    url = settings.journal_url.get_secret_value() if settings.journal_url else settings.journal
    if url == OFF:
        return None
    store = open_store(url, privacy_of(settings, schema))
    return Writer(store, settings.journal_queue, settings.journal_days)


def privacy_of(settings: Settings, schema: Schema) -> Privacy:
    """Return what hides personal values, with the salt that is set."""
    return Privacy(schema, salt_of(settings))


def salt_of(settings: Settings) -> bytes:
    """Return the secret to hash with, empty when none is set."""
    return settings.journal_salt.get_secret_value().encode() if settings.journal_salt else b""


@asynccontextmanager
async def keeping(journal: Writer | None) -> AsyncIterator[None]:
    """Write the journal while the app lives, and to its end before the app ends."""
    if journal is None:
        yield
        return
    journal.start()
    yield
    await run_in_threadpool(journal.close, LAST_SECONDS)


def note(
    journal: Writer | None,
    outcome: Outcome,
    rows: Rows,
    kept: bytes,
    asked: Exchange,
) -> None:
    """Hand an answered request to the journal; `kept` is of `lockgate.service.replies`."""
    if journal is None:
        return
    journal.put(
        Record(
            id=outcome.id,
            made_at=int(outcome.at.timestamp() * 1_000_000),
            request_id=asked.request_id,
            version=outcome.loaded.version,
            served_by=outcome.served_by,
            seconds=asked.elapsed,
            rows=len(rows),
            inputs=(rows.cells or rows) if isinstance(rows, Batch) else rows,
            outputs=kept,
        )
    )
