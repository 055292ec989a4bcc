"""The app: FastAPI around one loaded model."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from lockgate.service.caching import open_cache
from lockgate.service.entities import entity_routes
from lockgate.service.feedback import feedback_routes
from lockgate.service.form import label
from lockgate.service.health import health_routes
from lockgate.service.journaling import keeping, open_journal
from lockgate.service.layers import layers_of
from lockgate.service.lean import Express
from lockgate.service.logs import breaker_lines, make_log
from lockgate.service.models import BUNDLE, Router, load_model
from lockgate.service.openapi import describe
from lockgate.service.page import page_routes
from lockgate.service.precomputed import open_precomputed
from lockgate.service.predictions import prediction_routes
from lockgate.service.problems import Problem
from lockgate.service.reference import reference_routes
from lockgate.service.remote import open_remote
from lockgate.service.server import draining
from lockgate.service.settings import Settings
from lockgate.service.state import State
from lockgate.service.statistics import statistics_routes
from lockgate.service.streams import stream_routes
from lockgate.service.telemetry import Telemetry
from lockgate.service.v2 import inference_routes
from lockgate.service.watching import Figures, watching


def create_app(settings: Settings | None = None) -> FastAPI:
    """Load the model and return the app that serves it.

    FastAPI's own documentation page loads its scripts from the internet, so it is off; ``/docs``
    is one of ours.

    Raises
    ------
    BundleError
        When the bundle is damaged, foreign, or does not fit the installed code.
    ParamsError
        When the URL of the journal or of Redis cannot be used, or a layer's settings do not fit.
    """
    settings = settings or Settings()
    log = make_log(settings.log_level)
    loaded = load_model(settings.model or BUNDLE, settings)
    telemetry = Telemetry(loaded)
    loaded.breaker.listeners += [telemetry.breaker(loaded), breaker_lines(log, loaded.version)]
    schema = loaded.predictor.bundle.schema
    remote = open_remote(settings, log)
    state = State(
        settings,
        Router(loaded),
        telemetry,
        log,
        open_precomputed(settings, remote),
        open_journal(settings, schema),
        remote,
        open_cache(settings, schema, remote, telemetry.registry),
    )
    if state.journal:
        state.telemetry.journal = Figures(state.journal, state.telemetry.registry)
    app = FastAPI(
        title=f"{label(schema.target.name)} of one {schema.entity}",
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
            entity_routes,
            feedback_routes,
            health_routes,
            statistics_routes,
            page_routes,
            reference_routes,
            inference_routes,
        )
    ]
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_middleware(Express, routers=routers)
    for layer in reversed(layers_of(state)):
        app.add_middleware(layer.cls, *layer.args, **layer.kwargs)
    app.openapi = cache(lambda: describe(app, keyed=settings.keyed))  # type: ignore[method-assign]  # as FastAPI documents it
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    with draining(app.state.service):
        async with watching(app.state.service), keeping(app.state.service.journal):
            yield
        if remote := app.state.service.remote:
            await remote.close()


async def _problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem.response()


async def _http_problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    headers = dict(problem.headers or {})
    return Problem(problem.status_code, str(problem.detail), headers=headers).response()
