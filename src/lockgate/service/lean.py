"""Routes without FastAPI's request handling, which costs more than a prediction does."""

from collections.abc import Awaitable, Callable, Iterable

from fastapi.routing import APIRoute, APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

JSON = "application/json"
JSON_TYPE = (b"content-type", JSON.encode())
Endpoint = Callable[[Request], Awaitable[Response]]


class JsonReply(Response):
    """An answer in JSON, without what Starlette looks at to make any other.

    Parameters
    ----------
    text : bytes
        The JSON.
    """

    def __init__(self, text: bytes) -> None:
        self.status_code = 200
        self.background = None
        self.body = text
        self.raw_headers = [(b"content-length", str(len(text)).encode()), JSON_TYPE]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


class LeanRequest(Request):
    """A request whose body mostly arrives in one piece."""

    async def body(self) -> bytes:
        """Return the body, once.

        Raises
        ------
        ClientDisconnect
            When the client went away before it was whole.
        """
        pieces = []
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        return b"".join(pieces)


class LeanRoute(APIRoute):
    """A route that OpenAPI describes as any other, and whose endpoint is called as it stands.

    The endpoint takes the request alone, reads the body itself, and returns a response.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        response = await self.endpoint(LeanRequest(scope, receive))
        await response(scope, receive, send)


class Express:
    """Finds a lean route by its path, and FastAPI finds the others.

    Its router would ask route after route whether it fits, and passes layers of FastAPI's that a
    lean route has no use for.

    Parameters
    ----------
    app : ASGIApp
        Answers the other requests.
    routers : iterable of APIRouter
        Hold the routes; those with parameters in their path are left to `app`.
    """

    def __init__(self, app: ASGIApp, routers: Iterable[APIRouter]) -> None:
        self._app = app
        self._routes: dict[tuple[str, str], LeanRoute] = {
            (method, route.path): route
            for router in routers
            for route in router.routes
            if isinstance(route, LeanRoute) and not route.param_convertors
            for method in route.methods or ()
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request."""
        route = self._routes.get((scope["method"], scope["path"]))
        if route is None:
            return self._app(scope, receive, send)
        scope["route"] = route
        return route.handle(scope, receive, send)
