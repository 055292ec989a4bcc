"""The layer that lets each caller ask so often and no more."""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from lockgate.errors import ParamsError
from lockgate.service.admission import UNLIMITED
from lockgate.service.counts import Count, Counts, Shared
from lockgate.service.problems import Problem
from lockgate.service.settings import Settings


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

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("ratelimit-policy", self._policy)
                headers.append("ratelimit", self._state(count))
            await send(message)

        await self._app(scope, receive, told)

    def _state(self, count: Count) -> str:
        left = max(0, self._counts.rate.amount - count.requests)
        reset = "" if count.seconds is None else f";t={count.seconds}"
        return f'"{self._counts.name}";r={left}{reset}'

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


def open_shared(settings: Settings, log: FilteringBoundLogger) -> Shared | None:
    """Return the Redis that requests are counted in, not yet connected to; None without one.

    Raises
    ------
    ParamsError
        When it has no URL or one that cannot be used, or keys are to be counted and there are none.
    """
    if settings.rate_per_key and not settings.keys_file:
        raise ParamsError("LOCKGATE_RATE_PER_KEY needs LOCKGATE_KEYS_FILE", where="the environment")
    if not (settings.rate_per_key or settings.rate_per_address):
        return None
    if settings.rate_store == "memory":
        log.info("each worker counts requests itself", workers=settings.workers)
        return None
    url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    if not url.startswith(("redis://", "rediss://")):
        raise _no_url()
    try:
        return Shared(url, log)
    except ValueError:
        raise _no_url() from None


def _no_url() -> ParamsError:
    hint = "redis://host:6379/0"
    return ParamsError("it is no URL of Redis", where="LOCKGATE_REDIS_URL", hint=hint)
