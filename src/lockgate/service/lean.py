"""Routes without FastAPI's request handling, which costs more than a prediction does."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from fastapi.routing import APIRoute, APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Endpoint = Callable[[Request], Awaitable[Response]]


class LeanRoute(APIRoute):
    """A route that OpenAPI describes as any other, and whose endpoint is called as it stands.

    The endpoint takes the request alone, reads the body itself, and returns a response.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        response = await self.endpoint(Request(scope, receive))
        await response(scope, receive, send)


class Express:
    """The innermost layer: finds a lean route by its path, and the router finds the others.

    The router would ask route after route whether it fits, and passes layers of FastAPI's that a
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
        self._routes: dict[tuple[Any, Any], LeanRoute] = {
            (method, route.path): route
            for router in routers
            for route in router.routes
            if isinstance(route, LeanRoute) and not route.param_convertors
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        route = self._routes.get((scope.get("method"), scope.get("path")))
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = route
        await route.handle(scope, receive, send)
