"""The outermost layer: gives each request an id, and each answer its headers."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lockgate.service import exchange

LONGEST_ID = 128


class Observing:
    """Keeps an `Exchange` for each request, which the layers and routes inside it fill."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = exchange.Exchange(_request_id(Headers(scope=scope)))
        scope[exchange.KEY] = asked

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = asked.request_id
            await send(message)

        await self._app(scope, receive, marked)


def _request_id(headers: Headers) -> str:
    sent = headers.get("x-request-id", "")
    fits = sent.isascii() and sent.isprintable() and 0 < len(sent) <= LONGEST_ID
    return sent if fits else exchange.new_id()
