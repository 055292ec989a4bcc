"""The log: lines of JSON on standard error."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger

from lockgate.service.breaker import State

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


def make_log(level: str, lines: Lines) -> FilteringBoundLogger:
    """Return a log that writes lines of this level and above.

    It is bound at once and shares nothing with other uses of structlog in the process.
    """
    log: FilteringBoundLogger = structlog.wrap_logger(
        lines,
        processors=[structlog.processors.format_exc_info, _render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    ).bind()
    return log


def rendered(line: EventDict, level: str) -> bytes:
    """Return a line with its level and the time, as JSON."""
    # In one step, because structlog's own ones together take several times as long.
    line["level"], line["timestamp"] = level, datetime.now(UTC)
    return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z)


def _render(_log: Any, level: str, line: EventDict) -> bytes:
    return rendered(line, level)


def breaker_lines(log: FilteringBoundLogger, version: str) -> Line:
    """Return what writes a line when a breaker opens and when it closes; trials write none."""

    def write(before: State, after: State) -> None:
        if before == "closed":
            log.error("breaker opened: the fallback answers", version=version)
        elif after == "closed":
            log.warning("breaker closed: the model answers again", version=version)

    return write
