"""The layer that asks for an API key."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from lockgate.service import exchange
from lockgate.service.keys import Keyring
from lockgate.service.problems import Problem

PAGES = frozenset({"/", "/docs", "/openapi.json", "/page.css", "/page.js"})
OPEN = PAGES | {"/health", "/ready", "/v2/health/live", "/v2/health/ready"}
SCOPES = {"/feedback": "feedback", "/predictions": "feedback", "/metrics": "admin"}


class Access:
    """Lets a request pass whose key has the scope that its path needs.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    keyring : Keyring
        The keys that there are.
    """

    def __init__(self, app: ASGIApp, keyring: Keyring) -> None:
        self._app = app
        self._keyring = keyring

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] not in OPEN:
            headers = exchange.headers_of(scope)
            exchange.of(scope).caller = self._caller(headers, needed(scope["path"]))
        return self._app(scope, receive, send)

    def _caller(self, headers: dict[bytes, bytes], scope: str) -> str:
        key = self._keyring.find(_secret(headers))
        if key is None:
            wanted = {"www-authenticate": 'Bearer realm="lockgate"'}
            raise Problem(401, "a valid API key is needed, as Authorization: Bearer", (), wanted)
        if scope not in key.scopes:
            raise Problem(403, f"this needs a key with the scope {scope}")
        return key.name


def needed(path: str) -> str:
    """Return the scope that a path needs."""
    return SCOPES.get("/" + path.split("/")[1], "predict")


def _secret(headers: dict[bytes, bytes]) -> str:
    kind, _, secret = headers.get(b"authorization", b"").partition(b" ")
    sent = secret.strip() if kind.lower() == b"bearer" else headers.get(b"x-api-key", b"")
    return sent.decode("latin-1")
