"""What stands between the network and the routes, in the order in which a request passes it."""

from collections.abc import Callable
from functools import partial

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Scope

from lockgate.errors import ParamsError
from lockgate.service import exchange
from lockgate.service.access import Access
from lockgate.service.addresses import client
from lockgate.service.admission import Admission
from lockgate.service.counts import Counts
from lockgate.service.formats import networks, origins, rate
from lockgate.service.guarding import Guarding
from lockgate.service.keys import keyring_of
from lockgate.service.limiting import Limiting
from lockgate.service.observing import Observing
from lockgate.service.remote import REDIS
from lockgate.service.state import State

ASKED = ("authorization", "content-type", "traceparent", "x-api-key", "x-request-id")
TOLD = ("ratelimit", "ratelimit-policy", "retry-after", "x-request-id")


def layers_of(state: State) -> list[Middleware]:
    """Return the layers that the settings ask for, the outermost first.

    Raises
    ------
    ParamsError
        When the service would listen beyond this machine without keys, they cannot be read, or
        are to be counted and there are none.
    """
    settings = state.settings
    return [
        *_origins(settings.cors_origins),
        Middleware(Admission, state),
        Middleware(Observing, state),
        Middleware(Guarding, max_body=settings.max_body, log=state.log),
        *_addresses(state),
        *_keys(state),
    ]


def _origins(allowed: str | None) -> list[Middleware]:
    if allowed is None:
        return []
    cors = Middleware(
        CORSMiddleware,
        allow_origins=origins(allowed),
        allow_methods=("GET", "POST"),
        allow_headers=ASKED,
        expose_headers=TOLD,
    )
    return [cors]


def _addresses(state: State) -> list[Middleware]:
    proxies = state.settings.trusted_proxies
    who = partial(client, trusted=networks(proxies) if proxies else ())
    return _limit(state, "address", state.settings.rate_per_address, who)


def _keys(state: State) -> list[Middleware]:
    keyring = keyring_of(state.settings)
    limit = _limit(state, "key", state.settings.rate_per_key, _caller)
    if keyring:
        return [Middleware(Access, keyring=keyring), *limit]
    if limit:
        what = "LOCKGATE_RATE_PER_KEY needs LOCKGATE_KEYS_FILE"
        raise ParamsError(what, where="the environment")
    return []


def _limit(
    state: State, name: str, limit: str | None, who: Callable[[Scope], str]
) -> list[Middleware]:
    if limit is None:
        return []
    remote = state.remote if state.settings.rate_store == REDIS else None
    counted_by = REDIS if remote else "each worker"
    state.log.info("requests are limited", per=name, limit=limit, counted_by=counted_by)
    counts = Counts(name, rate(limit), remote)
    return [Middleware(Limiting, counts=counts, who=who, refused=state.telemetry.refused)]


def _caller(scope: Scope) -> str:
    return exchange.of(scope).caller
