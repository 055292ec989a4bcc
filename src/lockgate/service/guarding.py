"""The layer around all routes: what they should not see is refused, and no failure goes unanswered.

It gives each request an id and each answer its headers, and counts both.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lockgate.service import exchange
from lockgate.service.bodies import LENGTH, counted
from lockgate.service.exchange import Exchange
from lockgate.service.hardening import hardening
from lockgate.service.problems import Problem
from lockgate.service.request_log import RequestLog, trace_id
from lockgate.service.state import State

LONGEST_ID = 128
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
# As nginx has it: the client closed the connection before it was answered.
GONE = 499
# Raises a `Problem` when a request is refused; what it returns, if anything, is waited for.
Check = Callable[[Scope, Exchange], Awaitable[None] | None]


class Guarding:
    """Keeps an `Exchange` for each request, and lets those pass that no check refuses.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    state : State
        Its telemetry and its log are told of each request; the log gets the traceback of one
        that fails.
    checks : sequence of Check
        In this order.
    """

    def __init__(self, app: ASGIApp, state: State, checks: Sequence[Check]) -> None:
        self._app = app
        self._state = state
        self._telemetry = state.telemetry
        self._checks = checks
        self._max_body = state.settings.max_body
        self._log = RequestLog(state.log, state.lines)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = dict(scope["headers"])
        asked = Exchange(_request_id(sent), sent, self._telemetry.predicted, _trace_id(sent))
        scope[exchange.KEY] = asked
        answer = partial(self._marked, asked, send)
        self._telemetry.in_flight += 1
        try:
            for check in self._checks:
                if (waiting := check(scope, asked)) is not None:
                    await waiting
            if LENGTH not in sent:
                receive = counted(scope, receive, self._max_body)
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            asked.status = GONE
        except Exception as problem:
            # Of an answer that has begun, nothing but its end can tell that it is not whole.
            if asked.begun:
                self._state.log.exception("failed", request_id=asked.request_id)
                raise
            await self._told(asked, problem).response()(scope, receive, answer)
        finally:
            self._telemetry.in_flight -= 1
            self._record(scope, asked)

    def _marked(self, asked: Exchange, send: Send, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            asked.begun, asked.status = True, message["status"]
            given = message["headers"]
            message["headers"] = [*given, *hardening(given), *asked.headers, *self._marks(asked)]
        return send(message)

    def _marks(self, asked: Exchange) -> list[tuple[bytes, bytes]]:
        marks = [(b"x-request-id", asked.request_id.encode())]
        if self._state.stopping.is_set():
            marks.append((b"connection", b"close"))
        return marks

    def _told(self, asked: Exchange, problem: Exception) -> Problem:
        if isinstance(problem, Problem):
            return problem
        self._state.log.error("failed", request_id=asked.request_id, exc_info=problem)
        detail = f"the service failed; its log tells why under the id {asked.request_id}"
        return Problem(500, detail)

    def _record(self, scope: Scope, asked: Exchange) -> None:
        route = getattr(scope.get("route"), "path_format", "unknown")
        method = scope["method"] if scope["method"] in METHODS else "other"
        seconds = asked.elapsed
        self._telemetry.answered(asked, route, method, seconds)
        self._log.write(asked, route, method, seconds)


def _request_id(headers: dict[bytes, bytes]) -> str:
    sent = headers.get(b"x-request-id")
    if not sent or len(sent) > LONGEST_ID:
        return exchange.new_id()
    name = sent.decode("latin-1")
    return name if name.isascii() and name.isprintable() else exchange.new_id()


def _trace_id(headers: dict[bytes, bytes]) -> str:
    sent = headers.get(b"traceparent")
    return trace_id(sent.decode("latin-1")) if sent else ""
