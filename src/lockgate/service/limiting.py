"""The check that lets each caller ask so often and no more."""

from collections.abc import Awaitable, Callable

from starlette.types import Scope

from lockgate.service.admission import UNLIMITED
from lockgate.service.counts import Count, Counts
from lockgate.service.exchange import Exchange
from lockgate.service.problems import Problem

# Returns the caller of a request, "" when there is none to count.
Who = Callable[[Scope, Exchange], str]


class Limiting:
    """Counts the requests of each caller; whoever makes too many is told when to ask again.

    Answers carry ``RateLimit-Policy`` and ``RateLimit`` as draft-ietf-httpapi-ratelimit-headers
    has them since its version 8.

    Parameters
    ----------
    counts : Counts
        Of each caller.
    who : Who
        Tells callers apart.
    refused : callable
        Told of each refusal.
    """

    def __init__(self, counts: Counts, who: Who, refused: Callable[[str], None]) -> None:
        self._counts = counts
        self._who = who
        self._refused = refused
        self._policy = f'"{counts.name}";q={counts.rate.amount};w={counts.rate.seconds}'
        self._header = (b"ratelimit-policy", self._policy.encode())

    def __call__(self, scope: Scope, asked: Exchange) -> Awaitable[None] | None:
        """Check one request; only where others count too there is something to wait for."""
        if scope["path"] in UNLIMITED or not (who := self._who(scope, asked)):
            return None
        if self._counts.together:
            return self._check_together(who, asked)
        self._check(self._counts.hit_here(who), asked)
        return None

    async def _check_together(self, who: str, asked: Exchange) -> None:
        self._check(await self._counts.hit(who), asked)

    def _check(self, count: Count, asked: Exchange) -> None:
        if count.requests > self._counts.rate.amount:
            self._refused("rate")
            raise self._too_many(count)
        asked.headers += self._header, (b"ratelimit", self._state(count).encode())

    def _state(self, count: Count) -> str:
        left = max(0, self._counts.rate.amount - count.requests)
        return f'"{self._counts.name}";r={left};t={count.seconds}'

    def _too_many(self, count: Count) -> Problem:
        rate = self._counts.rate
        detail = (
            f"more than {rate.amount:,} requests of one {self._counts.name} in {rate.seconds:,} s"
        )
        headers = {
            "Retry-After": str(count.seconds),
            "RateLimit-Policy": self._policy,
            "RateLimit": self._state(count),
        }
        return Problem(429, detail, headers=headers)
