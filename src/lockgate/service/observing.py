"""The outermost layer: gives each request an id, each answer its headers, and counts both."""

from collections.abc import Awaitable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lockgate.service import exchange
from lockgate.service.exchange import Exchange
from lockgate.service.hardening import hardening
from lockgate.service.request_log import RequestLog, trace_id
from lockgate.service.state import State

LONGEST_ID = 128
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
# As nginx has it: the client closed the connection before it was answered.
GONE = 499


class Observing:
    """Keeps an `Exchange` for each request, which the layers and routes inside it fill."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state
        self._log = RequestLog(state.log, state.lines)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = dict(scope["headers"])
        telemetry = self._state.telemetry
        asked = Exchange(_request_id(sent), sent, telemetry.predicted, _trace_id(sent))
        scope[exchange.KEY] = asked

        def marked(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                asked.begun, asked.status = True, message["status"]
                given = message["headers"]
                message["headers"] = [
                    *given,
                    *hardening(given),
                    *asked.headers,
                    *self._marks(asked),
                ]
            return send(message)

        telemetry.in_flight += 1
        try:
            await self._app(scope, receive, marked)
        except ClientDisconnect:
            asked.status = GONE
        finally:
            telemetry.in_flight -= 1
            self._record(scope, asked)

    def _marks(self, asked: Exchange) -> list[tuple[bytes, bytes]]:
        marks = [(b"x-request-id", asked.request_id.encode())]
        if self._state.stopping.is_set():
            marks.append((b"connection", b"close"))
        return marks

    def _record(self, scope: Scope, asked: Exchange) -> None:
        route = getattr(scope.get("route"), "path_format", "unknown")
        method = scope["method"] if scope["method"] in METHODS else "other"
        seconds = asked.elapsed
        self._state.telemetry.answered(asked, route, method, seconds)
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
