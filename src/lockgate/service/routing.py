"""The routes around one model, and the switch to those around the next."""

from collections.abc import Awaitable, Iterable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lockgate.service.entities import entity_routes
from lockgate.service.feedback import feedback_routes
from lockgate.service.form import label
from lockgate.service.health import health_routes
from lockgate.service.lean import Express
from lockgate.service.models import Loaded, Router
from lockgate.service.openapi import describe
from lockgate.service.page import page_routes
from lockgate.service.predictions import prediction_routes
from lockgate.service.problems import Problem
from lockgate.service.reference import reference_routes
from lockgate.service.state import State
from lockgate.service.statistics import statistics_routes
from lockgate.service.streams import stream_routes
from lockgate.service.v2 import inference_routes

ROUTES = (
    prediction_routes,
    stream_routes,
    entity_routes,
    feedback_routes,
    health_routes,
    statistics_routes,
    page_routes,
    reference_routes,
    inference_routes,
)

HINTS = {
    404: "there is no such path; /docs shows those that there are",
    405: "this path takes another method, which the header Allow names",
}


class Switch:
    """The innermost layer: a request goes to the routes of the model that is served when it comes.

    It stays there to its end, so that each answer comes from one model alone.

    Parameters
    ----------
    state : State
        Its router says which model is served.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.take(state.router.current)

    def before(self, app: ASGIApp) -> ASGIApp:
        """Stand before an app that gets what is no request, the events of the process's life."""

        def switched(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
            if scope["type"] != "http":
                return app(scope, receive, send)
            scope["app"], stack = self._current
            return stack(scope, receive, send)

        return switched

    def take(self, loaded: Loaded) -> None:
        """Send each request from now on to the routes of a model."""
        state = replace(self._state, router=Router(loaded))
        routers = [routes(state) for routes in ROUTES]
        app = routes_of(state, routers)
        outermost = app.build_middleware_stack()
        # It would answer a failure itself, which our layers around it do.
        assert isinstance(outermost, ServerErrorMiddleware)
        self._current = app, Express(outermost.app, routers)
        self._state.router.current = loaded


class Documented(FastAPI):
    """An app whose OpenAPI document tells what the layers around it answer as well."""

    def openapi(self) -> dict[str, Any]:
        """Return the document, made when it is first asked for."""
        if self.openapi_schema is None:
            self.openapi_schema = describe(self, keyed=self.state.service.settings.keyed)
        return self.openapi_schema


def routes_of(state: State, routers: Iterable[APIRouter]) -> FastAPI:
    """Return the app of the routes around the model that is served, whose schema they describe.

    FastAPI's own documentation page loads its scripts from the internet, so it is off; ``/docs``
    is one of ours.
    """
    loaded = state.router.current
    schema = loaded.predictor.bundle.schema
    app = Documented(
        title=f"{label(schema.target.name)} of one {schema.entity}",
        version=loaded.version,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.service = state
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_problem)
    return app


async def _problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem.response()


async def _http_problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    headers = dict(problem.headers or {})
    detail = HINTS.get(problem.status_code, problem.detail)
    return Problem(problem.status_code, detail, headers=headers).response()
