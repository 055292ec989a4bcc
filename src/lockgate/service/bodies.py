"""Checks of a request's head, and the limit of its body: what no route should see is refused."""

from collections.abc import Sequence
from itertools import chain

from starlette.types import Message, Receive, Scope

from lockgate.service.exchange import Exchange
from lockgate.service.problems import Problem

MOST_HEADERS = 100
LARGEST_HEADERS = 32_768
LENGTH = b"content-length"
STREAMS = frozenset({"/predict/stream"})
# What a foreign page may send through a visitor's browser unasked: the Fetch standard's list.
UNASKED = (b"application/x-www-form-urlencoded", b"multipart/form-data", b"text/plain")


def check_headers(scope: Scope, asked: Exchange) -> None:
    """Refuse headers that are too many or too large, and a compressed body."""
    raw: Sequence[tuple[bytes, bytes]] = scope["headers"]
    if len(raw) > MOST_HEADERS:
        raise Problem(431, f"more than {MOST_HEADERS} headers")
    if sum(map(len, chain.from_iterable(raw))) > LARGEST_HEADERS:
        raise Problem(431, f"the headers are larger than {LARGEST_HEADERS:,} bytes")
    if asked.sent.get(b"content-encoding", b"identity") != b"identity":
        accepted = {"accept-encoding": "identity"}
        raise Problem(415, "the body must not be compressed", headers=accepted)


def check_sender(scope: Scope, asked: Exchange) -> None:
    """Refuse bodies that a browser sends anywhere; for others it asks first, which CORS answers."""
    if scope["method"] != "POST":
        return
    kind = asked.sent.get(b"content-type")
    if b"origin" in asked.sent if kind is None else kind.lower().startswith(UNASKED):
        raise Problem(415, "the body must be JSON, with the header content-type: application/json")


class Length:
    """Refuses a body whose declared length is too large; a stream's lines are limited one by one.

    Parameters
    ----------
    most : int
        Bytes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._digits = len(str(most))

    def __call__(self, scope: Scope, asked: Exchange) -> None:
        """Check one request."""
        declared = asked.sent.get(LENGTH, b"")
        if len(declared) < self._digits:
            return
        if declared.isdigit() and _exceeds(declared, self._most) and scope["path"] not in STREAMS:
            raise _too_large(self._most)


def counted(scope: Scope, asked: Exchange, receive: Receive, most: int) -> Receive:
    """Return what receives a body and refuses it once it is too large.

    Of a length that was declared the server itself takes no more.
    """
    if LENGTH in asked.sent or scope["path"] in STREAMS:
        return receive
    arrived = 0

    async def receive_counting() -> Message:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > most:
            raise _too_large(most)
        return message

    return receive_counting


def _too_large(most: int) -> Problem:
    return Problem(413, f"the body is larger than {most:,} bytes; send less at once")


def _exceeds(digits: bytes, most: int) -> bool:
    # Python refuses to read numbers of thousands of digits.
    significant = digits.lstrip(b"0")
    return len(significant) > len(str(most)) or int(significant or b"0") > most
