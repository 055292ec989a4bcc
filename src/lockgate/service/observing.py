"""The outermost layer: gives each request an id, each answer its headers, and counts both."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lockgate.service import exchange
from lockgate.service.logs import trace_id, write_line
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        telemetry = self._state.telemetry
        asked = exchange.Exchange(_request_id(headers), telemetry.predicted, trace_id(headers))
        scope[exchange.KEY] = asked

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                asked.status = message["status"]
                answer = MutableHeaders(scope=message)
                answer["x-request-id"] = asked.request_id
                if self._state.stopping.is_set():
                    answer["connection"] = "close"
            await send(message)

        telemetry.in_flight.inc()
        try:
            await self._app(scope, receive, marked)
        except ClientDisconnect:
            asked.status = GONE
        finally:
            telemetry.in_flight.dec()
            self._record(scope, asked)

    def _record(self, scope: Scope, asked: exchange.Exchange) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._state.telemetry.answered(asked, route, method)
        write_line(self._state.log, asked, route, method)


def _request_id(headers: Headers) -> str:
    sent = headers.get("x-request-id", "")
    fits = sent.isascii() and sent.isprintable() and 0 < len(sent) <= LONGEST_ID
    return sent if fits else exchange.new_id()
