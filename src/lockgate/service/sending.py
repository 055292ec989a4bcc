"""Sends an answer in one piece, after one look through its head."""

from typing import Any

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

LENGTH = b"content-length"
# They decide how a body is sent and whether the connection goes on, which is uvicorn's part.
DECISIVE = frozenset({b"connection", b"transfer-encoding"})
# RFC 9110, section 5.5: no header may hold them, since a line end begins another one.
CONTROL = bytes({*range(32), 127} - {*b"\t"})


class Sending:
    """What the app answers one request with.

    uvicorn runs two regular expressions over each header, which takes as long as a prediction.
    An answer that needs more than to be written, such as a stream or the last of a connection, is
    left to it. The names of headers are the app's own, in small letters as ASGI has them.

    Parameters
    ----------
    cycle : RequestResponseCycle
        uvicorn's keeper of the request.
    """

    __slots__ = ("_cycle", "_start")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Send a part of the answer; a head that tells its body's length waits for the body."""
        start, self._start = self._start, None
        if start is None and _tells_length(message):
            self._start = message
        elif start is None or not self._sent_whole(start, message):
            send: Any = self._cycle.send
            for each in (start, message) if start else (message,):
                await send(each)

    def _sent_whole(self, start: Message, message: Message) -> bool:
        """Send the answer, and return True, if there is nothing to it but writing it."""
        cycle = self._cycle
        if cycle.response_started or cycle.disconnected or cycle.flow.write_paused:
            return False
        last = not cycle.keep_alive
        if last or cycle.scope["method"] == "HEAD" or not _is_whole(start, message):
            return False
        headers = [*cycle.default_headers, *start["headers"]]
        head = _text(STATUS_LINE[start["status"]], headers)
        if head is None:
            return False
        cycle.waiting_for_100_continue = False
        cycle.response_started = cycle.response_complete = True
        cycle.transport.write(head + message["body"])
        cycle.message_event.set()
        cycle.on_response()
        return True


def _tells_length(message: Message) -> bool:
    names = dict(message.get("headers", ()))
    return LENGTH in names and DECISIVE.isdisjoint(names)


def _is_whole(start: Message, message: Message) -> bool:
    body = message.get("body", b"")
    told = dict(start["headers"])[LENGTH]
    return bool(body) and told == b"%d" % len(body) and not message.get("more_body")


def _text(status: bytes, headers: list[tuple[bytes, bytes]]) -> bytes | None:
    """Return a head as it is sent, None if a header would end it."""
    lines = [status]
    for name, value in headers:
        lines += name, b": ", value, b"\r\n"
    lines.append(b"\r\n")
    head = b"".join(lines)
    ends = 2 * (len(headers) + 2)
    return head if len(head) - len(head.translate(None, CONTROL)) == ends else None
