"""How often somebody asked lately: counted in this process, or with others in Redis."""

import asyncio
import time
from math import ceil
from typing import Any, NamedTuple

from structlog.typing import FilteringBoundLogger

from lockgate.service.formats import Rate

# Whoever comes when so many are known is counted together with the others: memory has an end.
MOST_KNOWN = 100_000
OTHERS = ""
# A neighbour answers in less than a hundredth of it.
PATIENCE = 0.05
REST = 5.0


class Count(NamedTuple):
    """Requests in this window, and the whole seconds until the next one, None when not asked."""

    requests: int
    seconds: int | None


class Local:
    """Counts of this process, in fixed windows; of past ones nothing is kept."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._counts: dict[str, int] = {}
        self._ends = 0.0

    def hit(self, who: str) -> Count:
        """Count a request."""
        now = time.monotonic()
        if now >= self._ends:
            self._counts = {}
            self._ends = now + self._rate.seconds
        if len(self._counts) >= MOST_KNOWN and who not in self._counts:
            who = OTHERS
        count = self._counts[who] = self._counts.get(who, 0) + 1
        return Count(count, ceil(self._ends - now))


class Shared:
    """Counts of every process that has the same Redis.

    A request is delayed by little more than `PATIENCE`, and while Redis fails one in each rest.

    Parameters
    ----------
    url : str
        As ``redis.Redis.from_url`` takes it.
    log : FilteringBoundLogger
        Told when Redis fails and when it is back.
    rest : float
        Seconds for which it is left alone when it failed.

    Raises
    ------
    ValueError
        When the URL is none.
    """

    def __init__(self, url: str, log: FilteringBoundLogger, rest: float = REST) -> None:
        from limits.aio.storage import RedisStorage
        from redis.asyncio import ConnectionPool
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError

        # A second try would be a second wait. The timeouts bound the closing of what was given up.
        once = Retry(NoBackoff(), 0)
        pool: Any = ConnectionPool.from_url(
            url, retry=once, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        # Of an URL limits would want a port, and repeat it with its password in an error.
        self._storage = RedisStorage(
            "redis://", implementation="redispy", key_prefix="lockgate", connection_pool=pool
        )
        self._failing = (RedisError, OSError, TimeoutError)
        self._log = log
        self._rest = rest
        self._down = False
        self._rests_until = 0.0

    async def hit(self, who: str, rate: Rate) -> Count | None:
        """Count a request; None when Redis does not answer, or is not asked as it just failed."""
        now = time.monotonic()
        if now < self._rests_until:
            return None
        if self._down:
            # One request finds out for all of them.
            self._rests_until = now + self._rest
        try:
            async with asyncio.timeout(PATIENCE):
                count = await self._count(who, rate)
        except self._failing as problem:
            self._fail(problem)
            return None
        if self._down:
            self._down, self._rests_until = False, 0.0
            self._log.info("redis counts requests again")
        return count

    async def _count(self, who: str, rate: Rate) -> Count:
        key = f"{who}/{rate.amount}/{rate.seconds}"
        count = await self._storage.incr(key, rate.seconds)
        if count <= rate.amount:
            return Count(count, None)
        ends = await self._storage.get_expiry(key)
        return Count(count, max(1, ceil(ends - time.time())))

    def _fail(self, problem: Exception) -> None:
        self._rests_until = time.monotonic() + self._rest
        if not self._down:
            self._down = True
            self._log.warning(
                "redis fails: each worker counts requests itself", problem=type(problem).__name__
            )


class Counts:
    """How often each caller asked in this window.

    Parameters
    ----------
    name : {"address", "key"}
        What callers are told apart by.
    rate : Rate
        How often one may ask.
    shared : Shared or None
        Where all processes count together; what it cannot count is counted here.
    """

    def __init__(self, name: str, rate: Rate, shared: Shared | None) -> None:
        self.name = name
        self.rate = rate
        self._shared = shared
        self._local = Local(rate)

    async def hit(self, who: str) -> Count:
        """Count a request."""
        if self._shared:
            count = await self._shared.hit(f"{self.name}/{who}", self.rate)
            if count:
                return count
        return self._local.hit(who)
