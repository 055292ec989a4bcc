"""The app: FastAPI around one loaded model."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from lockgate.service.access import Access, keyring_of
from lockgate.service.feedback import feedback_routes
from lockgate.service.guarding import Guarding
from lockgate.service.health import health_routes
from lockgate.service.journaling import keeping, open_journal
from lockgate.service.lean import Express
from lockgate.service.logs import make_log
from lockgate.service.models import Loaded, Router, load_model
from lockgate.service.observing import Observing
from lockgate.service.page import documentation
from lockgate.service.predictions import prediction_routes
from lockgate.service.problems import Problem, ProblemDetail
from lockgate.service.server import draining
from lockgate.service.settings import Settings
from lockgate.service.state import State
from lockgate.service.statistics import statistics_routes
from lockgate.service.streams import stream_routes
from lockgate.service.telemetry import Telemetry
from lockgate.service.v2 import InferenceRequest, inference_routes

BUNDLE = Path("models", "model")


def create_app(settings: Settings | None = None) -> FastAPI:
    """Load the model and return the app that serves it.

    FastAPI's own documentation page loads its scripts from the internet, so it is off; ``/docs``
    is a plain page instead.

    Raises
    ------
    BundleError
        When the bundle is damaged, foreign, or does not fit the installed code.
    ParamsError
        When the journal's URL cannot be used.
    """
    settings = settings or Settings()
    loaded = load_model(settings.model or BUNDLE)
    schema = loaded.predictor.bundle.schema
    state = State(
        settings,
        Router(loaded),
        Telemetry(loaded),
        make_log(settings.log_level),
        open_journal(settings, schema),
    )
    app = FastAPI(
        title=f"{schema.entity}: {schema.target.name}",
        version=state.router.current.version,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=_lifespan,
    )
    app.state.service = state
    routers = [
        routes(state)
        for routes in (
            prediction_routes,
            stream_routes,
            feedback_routes,
            health_routes,
            statistics_routes,
            inference_routes,
        )
    ]
    for router in routers:
        app.include_router(router)
    _add_pages(app, state.router.current)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_middleware(Express, routers=routers)
    if keyring := keyring_of(settings):
        app.add_middleware(Access, keyring=keyring)
    app.add_middleware(Guarding, max_body=settings.max_body, log=state.log)
    app.add_middleware(Observing, state)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # as FastAPI documents it
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    with draining(app.state.service):
        async with keeping(app.state.service.journal):
            yield


def _add_pages(app: FastAPI, loaded: Loaded) -> None:
    # Its templates cost a worker memory that it need not have unless somebody looks.
    page = cache(documentation)

    @app.get("/", include_in_schema=False)
    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(loaded))


async def _problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem.response()


async def _http_problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    headers = dict(problem.headers or {})
    return Problem(problem.status_code, str(problem.detail), headers=headers).response()


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (ProblemDetail, InferenceRequest):
            found = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= found.pop("$defs") | {model.__name__: found}
        app.openapi_schema = document
    return app.openapi_schema
