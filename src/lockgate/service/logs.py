"""Log lines: JSON on standard error, one for each request."""

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger

from lockgate.service.breaker import State
from lockgate.service.exchange import Exchange

# https://www.w3.org/TR/trace-context/#traceparent-header; of later versions more may follow.
TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-.{2}")
SERVER_ERROR = 500
Line = Callable[[State, State], None]


class Lines:
    """Lines of a file; one that cannot be written, as on a full disk, is counted and left out.

    A request that was answered would otherwise fail by its log line.

    Parameters
    ----------
    file : BinaryIO
        Gets each line at once.
    lost : callable
        Called for each that it did not take.
    """

    def __init__(self, file: BinaryIO, lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost

    def write(self, line: bytes) -> None:
        """Add a line."""
        try:
            self._file.write(line + b"\n")
            self._file.flush()
        except OSError:
            self._lost()

    # What structlog asks of a logger.
    debug = info = warning = error = write


def make_log(level: str, lost: Callable[[], None]) -> FilteringBoundLogger:
    """Return a log that writes lines of this level and above; `lost` is called if it cannot.

    It is bound at once and shares nothing with other uses of structlog in the process.
    """
    log: FilteringBoundLogger = structlog.wrap_logger(
        Lines(sys.stderr.buffer, lost),
        processors=[structlog.processors.format_exc_info, _render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    ).bind()
    return log


def _render(_log: Any, level: str, line: EventDict) -> bytes:
    # In one step, because structlog's own ones together take several times as long.
    line["level"], line["timestamp"] = level, datetime.now(UTC)
    return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z)


def trace_id(traceparent: str) -> str:
    """Return the trace that a caller's `traceparent` names, "" where there is none."""
    sent = TRACEPARENT.match(traceparent)
    return sent[1] if sent else ""


def write_line(log: FilteringBoundLogger, asked: Exchange, route: str, method: str) -> None:
    """Write the line of one request; what was sent and what was answered stay out of it.

    What a model raised stands in the line of the request that it failed. The line is a warning
    then, and where the model has little confidence in an answer.
    """
    failed = asked.failure is not None
    write = log.warning if failed or asked.doubtful else log.info
    if asked.status >= SERVER_ERROR:
        write = log.error
    write(
        "request",
        request_id=asked.request_id,
        **({"trace_id": asked.trace_id} if asked.trace_id else {}),
        method=method,
        route=route,
        status=asked.status,
        ms=round(asked.elapsed * 1000, 3),
        **(
            {"rows": asked.rows, "version": asked.version, "served_by": asked.served_by}
            if asked.version
            else {}
        ),
        **({"doubtful": asked.doubtful} if asked.doubtful else {}),
        **({"fallback": asked.why} if asked.why else {}),
        **({"exc_info": asked.failure} if failed else {}),
    )


def breaker_lines(log: FilteringBoundLogger, version: str) -> Line:
    """Return what writes a line when a breaker opens and when it closes; trials write none."""

    def write(before: State, after: State) -> None:
        if before == "closed":
            log.error("breaker opened: the fallback answers", version=version)
        elif after == "closed":
            log.warning("breaker closed: the model answers again", version=version)

    return write
