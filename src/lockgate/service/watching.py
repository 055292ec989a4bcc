"""Looks at the service each second: brings its figures up to date, and raises alarms."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Lock
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge

from lockgate.journal import Writer

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from lockgate.service.state import State

LOOK_EVERY_SECONDS = 1.0
ALARM_EVERY_SECONDS = 60.0
QUIET_SECONDS = 10.0


class Figures:
    """The journal's figures as metrics of this process; `look` brings them up to date."""

    def __init__(self, journal: Writer, registry: CollectorRegistry) -> None:
        self._journal = journal
        self._lock = Lock()
        self._seen: dict[str, int] = {}
        self._waiting = Gauge(
            "lockgate_journal_queue_rows",
            "Rows that wait to be written to the journal.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._up = Gauge(
            "lockgate_journal_up",
            "1 while the journal could last be written, in every worker; else 0.",
            registry=registry,
            multiprocess_mode="livemin",
        )
        rows = Counter(
            "lockgate_journal_rows",
            "Rows that the journal has written, and that it has dropped.",
            ("outcome",),
            registry=registry,
        )
        failures = Counter(
            "lockgate_journal_failures",
            "Times that the journal could not be written.",
            registry=registry,
        )
        self._counters = {
            "written": rows.labels("written"),
            "dropped": rows.labels("dropped"),
            "failures": failures,
        }
        self.look()

    def look(self) -> None:
        """Take the figures over from the journal; threads may do so at once."""
        with self._lock:
            for name, counter in self._counters.items():
                now = getattr(self._journal, name)
                counter.inc(now - self._seen.get(name, 0))
                self._seen[name] = now
            self._waiting.set(self._journal.waiting)
            self._up.set(not self._journal.failure)


class Alarm:
    """Logs that rows are being lost: when it begins, then once a minute, and when it is over.

    Parameters
    ----------
    journal : Writer
        What is watched.
    log : FilteringBoundLogger
        Gets the lines.
    """

    def __init__(self, journal: Writer, log: "FilteringBoundLogger") -> None:
        self._journal = journal
        self._log = log
        self._before = self._told = self._seen = 0
        self._last_drop = self._last_line = float("-inf")

    def look(self, now: float) -> None:
        """Write a line if one is due.

        Parameters
        ----------
        now : float
            Seconds, of a clock that never goes back.
        """
        dropped = self._journal.dropped
        if dropped > self._seen:
            self._seen, self._last_drop = dropped, now
        quiet = not self._journal.failure and now - self._last_drop >= QUIET_SECONDS
        if dropped > self._before and quiet:
            self._log.warning("the journal loses no more rows", lost=dropped - self._before)
            self._before = self._told = dropped
            self._last_line = float("-inf")
        elif dropped > self._told and now - self._last_line >= ALARM_EVERY_SECONDS:
            self._log.error(
                "the journal loses rows",
                lost=dropped - self._told,
                waiting=self._journal.waiting,
                reason=self._journal.failure or "the queue is full",
            )
            self._told, self._last_line = dropped, now


@asynccontextmanager
async def watching(state: "State") -> AsyncIterator[None]:
    """Bring the figures up to date each second while the app lives, and once when it has ended."""
    alarm = Alarm(state.journal, state.log) if state.journal else None

    def look(now: float) -> None:
        state.telemetry.flush()
        if alarm:
            alarm.look(now)

    async def look_on() -> None:
        while True:
            look(time.monotonic())
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    looks = asyncio.create_task(look_on())
    try:
        yield
    finally:
        looks.cancel()
        look(float("inf"))
