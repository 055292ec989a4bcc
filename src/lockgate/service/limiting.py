"""The layer that lets each caller ask so often and no more."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from lockgate.service import exchange
from lockgate.service.admission import UNLIMITED
from lockgate.service.counts import Count, Counts
from lockgate.service.problems import Problem


class Limiting:
    """Counts the requests of each caller; whoever makes too many is told when to ask again.

    Answers carry ``RateLimit-Policy`` and ``RateLimit`` as draft-ietf-httpapi-ratelimit-headers
    has them since its version 8.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    counts : Counts
        Of each caller.
    who : callable
        Returns the caller of a scope, "" when there is none to count.
    refused : callable
        Told of each refusal.
    """

    def __init__(
        self,
        app: ASGIApp,
        counts: Counts,
        who: Callable[[Scope], str],
        refused: Callable[[str], None],
    ) -> None:
        self._app = app
        self._counts = counts
        self._who = who
        self._refused = refused
        self._policy = f'"{counts.name}";q={counts.rate.amount};w={counts.rate.seconds}'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in UNLIMITED or not (who := self._who(scope)):
            await self._app(scope, receive, send)
            return
        count = await self._counts.hit(who)
        if count.requests > self._counts.rate.amount:
            self._refused("rate")
            raise self._too_many(count)
        policy, state = self._policy.encode(), self._state(count).encode()
        exchange.of(scope).headers += (b"ratelimit-policy", policy), (b"ratelimit", state)
        await self._app(scope, receive, send)

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
