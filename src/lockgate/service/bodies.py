"""Checks of a request's head, and the limit of its body: what no route should see is refused."""

from starlette.types import Message, Receive, Scope

from lockgate.service.exchange import Exchange
from lockgate.service.problems import Problem

MOST_HEADERS = 100
LARGEST_HEADERS = 32_768
LENGTH = b"content-length"
STREAMS = frozenset({"/predict/stream"})
# What a foreign page may send through a visitor's browser unasked: the Fetch standard's list.
UNASKED = (b"application/x-www-form-urlencoded", b"multipart/form-data", b"text/plain")


class Head:
    """Refuses a request by its head.

    Headers may be neither too many nor too large, and the body neither compressed nor declared
    too large; a stream's lines are limited one by one. A body that a browser sends anywhere is
    refused too: for others it asks first, which CORS answers.

    Parameters
    ----------
    most : int
        Bytes of a body.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._digits = len(str(most))

    def __call__(self, scope: Scope, asked: Exchange) -> None:
        """Check one request."""
        headers, sent = scope["headers"], asked.sent
        if len(headers) > MOST_HEADERS:
            raise Problem(431, f"more than {MOST_HEADERS} headers")
        size = 0
        for name, value in headers:
            size += len(name) + len(value)
        if size > LARGEST_HEADERS:
            raise Problem(431, f"the headers are larger than {LARGEST_HEADERS:,} bytes")
        if sent.get(b"content-encoding", b"identity") != b"identity":
            raise _compressed()
        if scope["method"] == "POST" and _may_be_a_pages(sent):
            raise _of_a_page()
        length = sent.get(LENGTH, b"")
        if len(length) >= self._digits and self._is_too_long(length, scope["path"]):
            raise _too_large(self._most)

    def _is_too_long(self, length: bytes, path: str) -> bool:
        return length.isdigit() and _exceeds(length, self._most) and path not in STREAMS


def counted(scope: Scope, receive: Receive, most: int) -> Receive:
    """Return what receives a body of no declared length and refuses it once it is too large.

    Of a length that was declared the server itself takes no more.
    """
    if scope["path"] in STREAMS:
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


def _may_be_a_pages(sent: dict[bytes, bytes]) -> bool:
    kind = sent.get(b"content-type")
    return b"origin" in sent if kind is None else kind.lower().startswith(UNASKED)


def _compressed() -> Problem:
    accepted = {"accept-encoding": "identity"}
    return Problem(415, "the body must not be compressed", headers=accepted)


def _of_a_page() -> Problem:
    return Problem(415, "the body must be JSON, with the header content-type: application/json")


def _too_large(most: int) -> Problem:
    return Problem(413, f"the body is larger than {most:,} bytes; send less at once")


def _exceeds(digits: bytes, most: int) -> bool:
    # Python refuses to read numbers of thousands of digits.
    significant = digits.lstrip(b"0")
    return len(significant) > len(str(most)) or int(significant or b"0") > most
