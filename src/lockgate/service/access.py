"""The check that asks for an API key."""

from functools import lru_cache

from starlette.types import Scope

from lockgate.service.exchange import Exchange
from lockgate.service.keys import Keyring
from lockgate.service.problems import Problem

PAGES = frozenset({"/", "/docs", "/openapi.json", "/page.css", "/page.js"})
OPEN = PAGES | {"/health", "/ready", "/v2/health/live", "/v2/health/ready"}
SCOPES = {"/feedback": "feedback", "/predictions": "feedback", "/metrics": "admin"}


class Access:
    """Lets a request pass whose key has the scope that its path needs.

    Parameters
    ----------
    keyring : Keyring
        The keys that there are.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def __call__(self, scope: Scope, asked: Exchange) -> None:
        """Check one request, and note whose key it has."""
        if scope["path"] in OPEN:
            return
        key = self._keyring.find(_secret(asked.sent))
        if key is None:
            wanted = {"www-authenticate": 'Bearer realm="lockgate"'}
            raise Problem(401, "a valid API key is needed, as Authorization: Bearer", (), wanted)
        if (wants := needed(scope["path"])) not in key.scopes:
            raise Problem(403, f"this needs a key with the scope {wants}")
        asked.caller = key.name


@lru_cache(64)
def needed(path: str) -> str:
    """Return the scope that a path needs."""
    return SCOPES.get("/" + path.split("/")[1], "predict")


def _secret(headers: dict[bytes, bytes]) -> str:
    kind, _, secret = headers.get(b"authorization", b"").partition(b" ")
    sent = secret.strip() if kind.lower() == b"bearer" else headers.get(b"x-api-key", b"")
    return sent.decode("latin-1")
