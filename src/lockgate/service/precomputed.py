"""Predictions that were made beforehand, by model and key: in a SQLite file, or in Redis."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from fastapi.concurrency import run_in_threadpool

from lockgate.service.remote import REDIS, Remote, Unavailable
from lockgate.service.settings import Settings

TABLE = """
create table if not exists entries
(model text, key text, entry blob not null, primary key (model, key)) without rowid
"""
PUT = "insert or replace into entries values (?, ?, ?)"
GET = "select entry from entries where model = ? and key = ?"
ERASE = "delete from entries where key = ?"
ANY = "select 1 from entries where model = ? limit 1"
# Only a run of `lockgate precompute` locks the file, for as long as a batch takes to write.
PATIENCE = 2.0
# Redis does nothing else during a command, so that it gets no long one.
AT_ONCE = 1000


class Precomputed(Protocol):
    """What was predicted beforehand; each method may raise `Unavailable`."""

    async def get(self, model: str, key: str) -> bytes | None:
        """Return the entry of a key, None when there is none."""

    async def any(self, model: str) -> bool:
        """Tell whether there are entries of a model."""


class InFile:
    """Entries in a SQLite file.

    It is opened anew for each question, so that it may be replaced at any time, or lie where
    nothing can be written.

    Parameters
    ----------
    path : Path
        The file; the first `put` makes it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def get(self, model: str, key: str) -> bytes | None:
        """Return the entry of a key, None when there is none."""
        found: bytes | None = await run_in_threadpool(self._one, GET, model, key)
        return found

    async def any(self, model: str) -> bool:
        """Tell whether there are entries of a model."""
        return bool(await run_in_threadpool(self._one, ANY, model))

    def put(self, model: str, entries: Sequence[tuple[str, bytes]]) -> None:
        """Keep entries, all or none, in place of those that have the same keys.

        Raises
        ------
        Unavailable
            When the file cannot be written.
        """
        self._write(PUT, [(model, *each) for each in entries])

    def erase(self, key: str) -> int:
        """Delete the entries of a key, of every model; return how many.

        Raises
        ------
        Unavailable
            When the file cannot be written.
        """
        return self._write(ERASE, [(key,)]) if self._path.exists() else 0

    def _write(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, PATIENCE)) as connection, connection:
                connection.execute("pragma secure_delete = on")
                connection.execute(TABLE)
                return connection.executemany(statement, rows).rowcount
        except (sqlite3.Error, OSError) as problem:
            raise Unavailable(problem) from None

    def _one(self, question: str, *values: str) -> Any:
        if not self._path.exists():
            return None
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(uri, PATIENCE, uri=True)) as connection:
                (answer,) = connection.execute(question, values).fetchone() or (None,)
        except sqlite3.Error:
            raise Unavailable from None
        return answer


class InRedis:
    """Entries in Redis: a hash for each model.

    Parameters
    ----------
    remote : Remote
        The Redis.
    """

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def get(self, model: str, key: str) -> bytes | None:
        """Return the entry of a key, None when there is none."""
        found: bytes | None = await self._remote.ask("HGET", hash_name(model), key)
        return found

    async def any(self, model: str) -> bool:
        """Tell whether there are entries of a model."""
        return bool(await self._remote.ask("EXISTS", hash_name(model)))


class IntoRedis:
    """Writes entries to Redis, which may take its time over it.

    Parameters
    ----------
    url : str
        As ``redis.Redis.from_url`` takes it.
    """

    def __init__(self, url: str) -> None:
        from redis import Redis
        from redis.exceptions import RedisError

        self._client: Any = Redis.from_url(url, socket_timeout=10)
        self._failing = (RedisError, OSError)

    def put(self, model: str, entries: Sequence[tuple[str, bytes]]) -> None:
        """Keep entries in place of those that have the same keys.

        Raises
        ------
        Unavailable
            When Redis does not take them.
        """
        with self._saying():
            for start in range(0, len(entries), AT_ONCE):
                some = dict(entries[start : start + AT_ONCE])
                self._client.hset(hash_name(model), mapping=some)

    def erase(self, key: str) -> int:
        """Delete the entries of a key, of every model; return how many.

        Raises
        ------
        Unavailable
            When Redis does not take it.
        """
        with self._saying():
            models = list(self._client.scan_iter(hash_name("*")))
            return sum(self._client.hdel(model, key) for model in models)

    @contextmanager
    def _saying(self) -> Iterator[None]:
        try:
            yield
        except self._failing as problem:
            raise Unavailable(problem) from None


def open_precomputed(settings: Settings, remote: Remote | None) -> Precomputed:
    """Return where the settings say that predictions are kept."""
    if settings.precomputed == REDIS:
        assert remote is not None
        return InRedis(remote)
    return InFile(Path(settings.precomputed))


def hash_name(model: str) -> str:
    """Return what the entries of a model are called in Redis."""
    return f"lockgate:precomputed:{model}"
