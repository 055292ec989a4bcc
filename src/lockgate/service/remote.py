"""A Redis that may be slow, hung or gone: it is asked briefly, and after a failure left alone."""

import asyncio
import time
from typing import Any

from structlog.typing import FilteringBoundLogger

from lockgate.errors import ParamsError
from lockgate.service.settings import Settings

REDIS = "redis"
EXAMPLE = "such as redis://host:6379/0"
# A neighbour answers in less than a hundredth of it.
PATIENCE = 0.05
REST = 5.0


class Unavailable(Exception):
    """Redis did not answer, or was not asked because it lately did not."""


class Remote:
    """One Redis; a request is delayed by little more than `PATIENCE`, one in each `REST`.

    Parameters
    ----------
    url : str
        As ``redis.Redis.from_url`` takes it.
    log : FilteringBoundLogger
        Told when Redis fails and when it is back.
    """

    def __init__(self, url: str, log: FilteringBoundLogger) -> None:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError

        # A second try would be a second wait. The timeouts bound the closing of what was given up.
        once = Retry(NoBackoff(), 0)
        self._client: Any = Redis.from_url(
            url, retry=once, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        self._failing = (RedisError, OSError, TimeoutError)
        self._log = log
        self._down = False
        self._next = 0.0

    async def ask(self, *command: Any) -> Any:
        """Return what Redis answers to a command.

        Raises
        ------
        Unavailable
            When it does not answer in time, refuses, or is being left alone.
        """
        now = time.monotonic()
        if now < self._next:
            raise Unavailable
        if self._down:
            # One request finds out for all of them.
            self._next = now + REST
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.execute_command(*command)
        except self._failing as problem:
            self._fail(problem)
            raise Unavailable from None
        if self._down:
            self._down, self._next = False, 0.0
            self._log.info("redis is back")
        return answer

    def _fail(self, problem: Exception) -> None:
        self._next = time.monotonic() + REST
        if not self._down:
            self._down = True
            self._log.warning("redis fails", problem=type(problem).__name__)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def open_remote(settings: Settings, log: FilteringBoundLogger) -> Remote | None:
    """Return the Redis that the settings ask for, not yet connected to; None without one.

    Raises
    ------
    ParamsError
        When it is needed and has no URL, or one that cannot be used.
    """
    if REDIS not in (settings.cache, settings.precomputed, settings.rate_store):
        return None
    return Remote(redis_url(settings), log)


def redis_url(settings: Settings) -> str:
    """Return the URL of the Redis that something needs.

    Raises
    ------
    ParamsError
        When none is set, or one that cannot be used.
    """
    from redis import ConnectionPool

    if settings.redis_url is None:
        what = "Redis is asked for, and its URL is not set"
        raise ParamsError(what, where="LOCKGATE_REDIS_URL", hint=EXAMPLE)
    url = settings.redis_url.get_secret_value()
    try:
        ConnectionPool.from_url(url)
    except ValueError:
        what = "it is no URL of Redis"
        raise ParamsError(what, where="LOCKGATE_REDIS_URL", hint=EXAMPLE) from None
    return url
