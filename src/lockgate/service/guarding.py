"""The layer that refuses what no route should see, and the headers that harden every answer."""

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lockgate.service import exchange
from lockgate.service.problems import Problem

if TYPE_CHECKING:
    # It is loaded where `lockgate.service.sparing` keeps its console out.
    from structlog.typing import FilteringBoundLogger

MOST_HEADERS = 100
LARGEST_HEADERS = 32_768
STREAMS = frozenset({"/predict/stream"})
# What a foreign page may send through a visitor's browser unasked: the Fetch standard's list.
UNASKED = (b"application/x-www-form-urlencoded", b"multipart/form-data", b"text/plain")

POLICY = b"content-security-policy"
HARDENED = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
HARDENED_DATA = (*HARDENED, (POLICY, b"default-src 'none'; frame-ancestors 'none'"))
HARDENED_PAGE = (
    *HARDENED,
    (
        POLICY,
        b"default-src 'none'; script-src 'self'; style-src 'self'; "
        b"img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        b"frame-ancestors 'none'",
    ),
)


class Guarding:
    """Limits headers and bodies, and answers a failure without its traceback.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    max_body : int
        Bytes that a body may have. The lines of a stream are limited where they are read.
    log : FilteringBoundLogger
        Gets the traceback of a request that fails.
    """

    def __init__(self, app: ASGIApp, max_body: int, log: "FilteringBoundLogger") -> None:
        self._app = app
        self._log = log
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, self._admit(scope, receive), send)
        except ClientDisconnect:
            raise
        except Exception as problem:
            # Of an answer that has begun, nothing but its end can tell that it is not whole.
            if exchange.of(scope).begun:
                self._log.exception("failed", request_id=exchange.of(scope).request_id)
                raise
            await self._told(scope, problem).response()(scope, receive, send)

    def _told(self, scope: Scope, problem: Exception) -> Problem:
        if isinstance(problem, Problem):
            return problem
        request_id = exchange.of(scope).request_id
        self._log.error("failed", request_id=request_id, exc_info=problem)
        return Problem(500, f"the service failed; its log tells why under the id {request_id}")

    def _admit(self, scope: Scope, receive: Receive) -> Receive:
        headers = exchange.headers_of(scope)
        _check_headers(scope["headers"], headers.get(b"content-encoding", b"identity"))
        _check_sender(scope["method"], headers.get(b"content-type"), b"origin" in headers)
        if scope["path"] in STREAMS:
            return receive
        declared = headers.get(b"content-length", b"").decode("latin-1")
        if declared.isdecimal() and _exceeds(declared, self._max_body):
            raise self._too_large()
        return self._counted(receive)

    def _counted(self, receive: Receive) -> Receive:
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._max_body:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> Problem:
        return Problem(413, f"the body is larger than {self._max_body:,} bytes; send less at once")


def hardening(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers that keep a browser from misusing an answer with these headers.

    One that a route sets itself, such as a page's own Content-Security-Policy, stands.
    """
    given = dict(headers)
    page = given.get(b"content-type", b"").startswith(b"text/html")
    return [each for each in (HARDENED_PAGE if page else HARDENED_DATA) if each[0] not in given]


def _check_headers(raw: Sequence[tuple[bytes, bytes]], encoding: bytes) -> None:
    if len(raw) > MOST_HEADERS:
        raise Problem(431, f"more than {MOST_HEADERS} headers")
    if sum(map(len, chain.from_iterable(raw))) > LARGEST_HEADERS:
        raise Problem(431, f"the headers are larger than {LARGEST_HEADERS:,} bytes")
    if encoding != b"identity":
        accepted = {"accept-encoding": "identity"}
        raise Problem(415, "the body must not be compressed", headers=accepted)


def _check_sender(method: str, kind: bytes | None, from_page: bool) -> None:
    """Refuse bodies that a browser sends anywhere; for others it asks first, which CORS answers."""
    if method == "POST" and (from_page if kind is None else kind.lower().startswith(UNASKED)):
        raise Problem(415, "the body must be JSON, with the header content-type: application/json")


def _exceeds(digits: str, most: int) -> bool:
    # Python refuses to read numbers of thousands of digits.
    significant = digits.lstrip("0")
    return len(significant) > len(str(most)) or int(significant or "0") > most
