"""The layer that lets a request pass which no check refuses, and answers any failure."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from lockgate.service import exchange
from lockgate.service.bodies import LENGTH, counted
from lockgate.service.exchange import Exchange
from lockgate.service.problems import Problem

if TYPE_CHECKING:
    # It is loaded where `lockgate.service.sparing` keeps its console out.
    from structlog.typing import FilteringBoundLogger

# Raises a `Problem` when a request is refused; what it returns, if anything, is waited for.
Check = Callable[[Scope, Exchange], Awaitable[None] | None]


class Guarding:
    """Asks the checks one after the other, and answers a failure without its traceback.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    checks : sequence of Check
        In this order.
    max_body : int
        Bytes that a body may have whose length was not declared.
    log : FilteringBoundLogger
        Gets the traceback of a request that fails.
    """

    def __init__(
        self, app: ASGIApp, checks: Sequence[Check], max_body: int, log: "FilteringBoundLogger"
    ) -> None:
        self._app = app
        self._checks = checks
        self._max_body = max_body
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = exchange.of(scope)
        try:
            for check in self._checks:
                if (waiting := check(scope, asked)) is not None:
                    await waiting
            if LENGTH not in asked.sent:
                receive = counted(scope, receive, self._max_body)
            await self._app(scope, receive, send)
        except ClientDisconnect:
            raise
        except Exception as problem:
            # Of an answer that has begun, nothing but its end can tell that it is not whole.
            if asked.begun:
                self._log.exception("failed", request_id=asked.request_id)
                raise
            await self._told(asked, problem).response()(scope, receive, send)

    def _told(self, asked: Exchange, problem: Exception) -> Problem:
        if isinstance(problem, Problem):
            return problem
        self._log.error("failed", request_id=asked.request_id, exc_info=problem)
        detail = f"the service failed; its log tells why under the id {asked.request_id}"
        return Problem(500, detail)
