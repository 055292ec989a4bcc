"""What stands between the network and the routes, in the order in which a request passes it."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Scope

from lockgate.errors import ParamsError
from lockgate.service.access import Access
from lockgate.service.addresses import client
from lockgate.service.admission import Admission
from lockgate.service.bodies import Head
from lockgate.service.counts import Counts
from lockgate.service.exchange import Exchange
from lockgate.service.formats import networks, origins, rate
from lockgate.service.guarding import Check, Guarding
from lockgate.service.keys import keyring_of
from lockgate.service.limiting import Limiting, Who
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
        Middleware(Guarding, state, _checks(state)),
    ]


def _checks(state: State) -> list[Check]:
    return [Head(state.settings.max_body), *_addresses(state), *_keys(state)]


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


def _addresses(state: State) -> list[Check]:
    proxies = state.settings.trusted_proxies
    trusted = networks(proxies) if proxies else ()

    def who(scope: Scope, _: Exchange) -> str:
        return client(scope, trusted)

    return _limit(state, "address", state.settings.rate_per_address, who)


def _keys(state: State) -> list[Check]:
    keyring = keyring_of(state.settings)
    limit = _limit(state, "key", state.settings.rate_per_key, _caller)
    if keyring:
        return [Access(keyring), *limit]
    if limit:
        what = "LOCKGATE_RATE_PER_KEY needs LOCKGATE_KEYS_FILE"
        raise ParamsError(what, where="the environment")
    return []


def _limit(state: State, name: str, limit: str | None, who: Who) -> list[Check]:
    if limit is None:
        return []
    remote = state.remote if state.settings.rate_store == REDIS else None
    counted_by = REDIS if remote else "each worker"
    state.log.info("requests are limited", per=name, limit=limit, counted_by=counted_by)
    counts = Counts(name, rate(limit), remote)
    return [Limiting(counts, who, state.telemetry.refused)]


def _caller(_: Scope, asked: Exchange) -> str:
    return asked.caller
