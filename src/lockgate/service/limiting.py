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
        self._amount = counts.rate.amount
        self._policy = f'"{counts.name}";q={self._amount};w={counts.rate.seconds}'
        self._header = (b"ratelimit-policy", self._policy.encode())
        self._name = counts.name.encode()

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
        requests, seconds = count
        left = self._amount - requests
        if left < 0:
            self._refused("rate")
            raise self._too_many(seconds)
        asked.headers += self._header, (b"ratelimit", self._state(left, seconds))

    def _state(self, left: int, seconds: int) -> bytes:
        return b'"%b";r=%d;t=%d' % (self._name, left, seconds)

    def _too_many(self, seconds: int) -> Problem:
        counts = self._counts
        detail = (
            f"more than {self._amount:,} requests of one {counts.name} in {counts.rate.seconds:,} s"
        )
        headers = {
            "Retry-After": str(seconds),
            "RateLimit-Policy": self._policy,
            "RateLimit": self._state(0, seconds).decode(),
        }
        return Problem(429, detail, headers=headers)
