"""What stands between the network and the routes, in the order in which a request passes it."""

from functools import partial

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Scope

from lockgate.service import exchange
from lockgate.service.access import Access, keyring_of
from lockgate.service.addresses import client
from lockgate.service.admission import Admission
from lockgate.service.counts import Counts
from lockgate.service.formats import networks, origins, rate
from lockgate.service.guarding import Guarding
from lockgate.service.limiting import Limiting, open_shared
from lockgate.service.observing import Observing
from lockgate.service.state import State

ASKED = ("authorization", "content-type", "traceparent", "x-api-key", "x-request-id")
TOLD = ("ratelimit", "ratelimit-policy", "retry-after", "x-request-id")


def layers_of(state: State) -> list[Middleware]:
    """Return the layers that the settings ask for, the outermost first.

    Raises
    ------
    ParamsError
        When the service would listen beyond this machine without keys, or settings of rates or
        keys do not fit each other.
    """
    settings, refused = state.settings, state.telemetry.refused
    layers = [
        Middleware(Admission, settings=settings, refused=refused),
        Middleware(Observing, state),
        Middleware(Guarding, max_body=settings.max_body, log=state.log),
    ]
    if settings.cors_origins:
        layers.insert(0, _cors(settings.cors_origins))
    shared = open_shared(settings, state.log)
    if settings.rate_per_address:
        counts = Counts("address", rate(settings.rate_per_address), shared)
        trusted = networks(settings.trusted_proxies) if settings.trusted_proxies else ()
        who = partial(client, trusted=trusted)
        layers.append(Middleware(Limiting, counts=counts, who=who, refused=refused))
    if keyring := keyring_of(settings):
        layers.append(Middleware(Access, keyring=keyring))
    if settings.rate_per_key:
        counts = Counts("key", rate(settings.rate_per_key), shared)
        layers.append(Middleware(Limiting, counts=counts, who=_caller, refused=refused))
    return layers


def _caller(scope: Scope) -> str:
    return exchange.of(scope).caller


def _cors(allowed: str) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=origins(allowed),
        allow_methods=("GET", "POST"),
        allow_headers=ASKED,
        expose_headers=TOLD,
    )
