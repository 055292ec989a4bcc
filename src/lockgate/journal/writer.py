"""The thread that writes the journal, so that no request waits for a database."""

import threading
import time
from collections import deque
from itertools import islice

from sqlalchemy.exc import DataError, IntegrityError

from lockgate.journal.records import Record
from lockgate.journal.store import Store

PAUSE = 0.1
GROUP = 500
LONGEST_PAUSE = 2.0
BETWEEN_PRUNINGS = 3600.0
DAY = 86_400_000
# Of a record that can never be written, whatever the database does.
HOPELESS = (DataError, IntegrityError, TypeError, ValueError, OverflowError)


class Writer:
    """A bounded queue before a `Store`; what does not fit is dropped and counted.

    Parameters
    ----------
    store : Store
        Used by the writer's thread alone, save for reading.
    most : int
        Rows that may wait.
    days : int or None
        Age at which records are deleted; None keeps them.

    Attributes
    ----------
    waiting, written, dropped : int
        Rows in the queue, written so far, lost so far.
    failures : int
        Times that a group could not be written, or old records not be deleted.
    failure : str
        Why the last group could not be written, "" when it could.
    """

    def __init__(self, store: Store, most: int, days: int | None = None) -> None:
        self.store = store
        self.waiting = self.written = self.dropped = self.failures = 0
        self.failure = ""
        self._most = most
        self._days = days
        self._queue: deque[Record] = deque()
        self._lock = threading.Lock()
        self._settled = threading.Condition(self._lock)
        self._taken = self._done = 0
        self._pruned = -BETWEEN_PRUNINGS
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> None:
        """Begin to write; before, records wait."""
        self._thread.start()

    def put(self, record: Record) -> None:
        """Take a record, never waiting; a full queue drops it."""
        rows = record.rows
        with self._lock:
            if self._queue and self.waiting + rows > self._most:
                self.dropped += rows
                return
            self._queue.append(record)
            self.waiting += rows
            self._taken += 1

    def flush(self, seconds: float) -> bool:
        """Wait until all that was taken so far is settled; return whether it was in time."""
        with self._settled:
            taken = self._taken
            self._wake.set()
            return self._settled.wait_for(lambda: self._done >= taken, seconds)

    def close(self, seconds: float) -> None:
        """Write what waits, for so long; count the rest as dropped, and close the store."""
        if self._thread.is_alive():
            self.flush(seconds)
            self._closing.set()
            self._wake.set()
            self._thread.join(seconds)
        with self._lock:
            self.dropped += self.waiting
        self.store.close()

    def _run(self) -> None:
        pause = PAUSE
        while not self._closing.is_set():
            self._wake.wait(pause)
            self._wake.clear()
            try:
                self._write_all()
                self._prune()
            # Whatever it is: without this thread every record to come would be lost.
            except Exception as problem:
                self.failure = type(problem).__name__
                self.failures += 1
                self.store.doubt()
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self.failure = ""
                pause = PAUSE

    def _write_all(self) -> None:
        one_by_one = 0
        while self._queue:
            with self._lock:
                group = list(islice(self._queue, 1 if one_by_one else GROUP))
            one_by_one = max(one_by_one - 1, 0)
            self.store.prepare()
            try:
                self.store.write(group)
            except HOPELESS:
                if len(group) > 1:
                    one_by_one = len(group)
                    continue
                self._settle(group, kept=False)
                raise
            self._settle(group, kept=True)

    def _settle(self, group: list[Record], *, kept: bool) -> None:
        rows = sum(record.rows for record in group)
        with self._settled:
            for _ in group:
                self._queue.popleft()
            self.waiting -= rows
            self._done += len(group)
            self.written += rows * kept
            self.dropped += rows * (not kept)
            self._settled.notify_all()

    def _prune(self) -> None:
        if self._days is None or time.monotonic() - self._pruned < BETWEEN_PRUNINGS:
            return
        self.store.prepare()
        self.store.prune(time.time_ns() // 1_000_000 - self._days * DAY)
        self._pruned = time.monotonic()
