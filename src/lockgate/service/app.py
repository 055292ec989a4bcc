"""The app: one model's routes, and the layers between them and the network."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from lockgate.artifact.released import in_production
from lockgate.service.caching import open_cache
from lockgate.service.following import following
from lockgate.service.journaling import keeping, open_journal
from lockgate.service.layers import layers_of
from lockgate.service.logs import Lines, breaker_lines, make_log
from lockgate.service.models import Router, load_model
from lockgate.service.precomputed import open_precomputed
from lockgate.service.remote import open_remote
from lockgate.service.routing import Switch
from lockgate.service.server import draining
from lockgate.service.settings import Settings
from lockgate.service.state import State
from lockgate.service.telemetry import Telemetry
from lockgate.service.turns import turns_of
from lockgate.service.watching import Figures, watching


class Service(Starlette):
    """What the server calls: the layers alone, which let no failure of a request out unanswered."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the layers, around what answers the events of the process's life."""
        app: ASGIApp = self.router
        for layer in reversed(self.user_middleware):
            app = layer.cls(app, *layer.args, **layer.kwargs)
        return app


def create_app(settings: Settings | None = None) -> Service:
    """Load the model and return the app that serves it.

    Raises
    ------
    BundleError
        When the bundle is damaged, foreign, or does not fit the installed code.
    ParamsError
        When the URL of the journal or of Redis cannot be used, or a layer's settings do not fit.
    """
    state = open_state(settings or Settings())
    app = Service(lifespan=_lifespan)
    app.state.service = state
    app.state.switch = Switch(state)
    app.user_middleware = [*layers_of(state), Middleware(app.state.switch.before)]
    return app


def open_state(settings: Settings) -> State:
    """Return the parts of a service, with its model loaded.

    Raises
    ------
    BundleError, ParamsError
        As `create_app`.
    """
    loaded = load_model(settings, in_production(Path()))
    telemetry = Telemetry(loaded)
    lines = Lines(sys.stderr.buffer, telemetry.unlogged)
    log = make_log(settings.log_level, lines)
    loaded.breaker.listeners.append(breaker_lines(log, loaded.version))
    remote = open_remote(settings, log)
    journal = open_journal(settings, loaded.predictor.bundle.schema)
    if journal:
        telemetry.journal = Figures(journal, telemetry.registry)
    return State(
        settings,
        Router(loaded),
        telemetry,
        lines,
        log,
        open_precomputed(settings, remote),
        turns_of(settings),
        turns_of(settings),
        journal,
        remote,
        open_cache(settings, remote, telemetry.registry),
    )


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    state = app.state.service
    with draining(state):
        async with (
            following(state, app.state.switch.take),
            watching(state),
            keeping(state.journal),
        ):
            yield
        if state.remote:
            await state.remote.close()
