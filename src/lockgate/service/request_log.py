"""The log line of each request."""

import logging
import re
from typing import Any

from structlog.typing import FilteringBoundLogger

from lockgate.service.exchange import Exchange
from lockgate.service.logs import Lines, rendered

# https://www.w3.org/TR/trace-context/#traceparent-header; of later versions more may follow.
TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-.{2}")
SERVER_ERROR = 500


def trace_id(traceparent: str) -> str:
    """Return the trace that a caller's `traceparent` names, "" where there is none."""
    sent = TRACEPARENT.match(traceparent)
    return sent[1] if sent else ""


class RequestLog:
    """Writes a line for each request; what was sent and what was answered stay out of it.

    Parameters
    ----------
    log : FilteringBoundLogger
        Says which levels are written, and writes what a model raised.
    lines : Lines
        Gets all other lines at once: structlog takes several times as long over them.
    """

    def __init__(self, log: FilteringBoundLogger, lines: Lines) -> None:
        self._log = log
        self._lines = lines
        self._written = {
            level: log.is_enabled_for(getattr(logging, level.upper()))
            for level in ("info", "warning", "error")
        }

    def write(self, asked: Exchange, route: str, method: str, seconds: float) -> None:
        """Write the line of one request that took so many seconds.

        What a model raised stands in the line of the request that it failed. The line is a
        warning then, and where the model has little confidence in an answer.
        """
        level = "info"
        if asked.status >= SERVER_ERROR:
            level = "error"
        elif asked.failure or asked.doubtful:
            level = "warning"
        if not self._written[level]:
            return
        line = _line(asked, route, method, seconds)
        if asked.failure:
            getattr(self._log, level)(**line, exc_info=asked.failure)
        else:
            self._lines.write(rendered(line, level))


def _line(asked: Exchange, route: str, method: str, seconds: float) -> dict[str, Any]:
    line: dict[str, Any] = {
        "event": "request",
        "request_id": asked.request_id,
        "method": method,
        "route": route,
        "status": asked.status,
        "ms": int(seconds * 1_000_000) / 1000,
    }
    if asked.trace_id:
        line["trace_id"] = asked.trace_id
    if asked.version:
        line["rows"], line["version"] = asked.rows, asked.version
        line["served_by"] = asked.served_by
    if asked.doubtful:
        line["doubtful"] = asked.doubtful
    if asked.why:
        line["fallback"] = asked.why
    return line
