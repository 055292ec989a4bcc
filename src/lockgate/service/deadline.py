"""A deadline for work that cannot be interrupted, in threads that it cannot have more of."""

import math
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")
Tasks = SimpleQueue[tuple[Callable[[], Any], "Future[Any]"] | None]
ROWS = 100


class Overrun(Exception):
    """The work did not end in time; what it returns in the end is lost."""


class Busy(Exception):
    """Other work, itself in time, left no thread for it before its deadline."""


class Deadline:
    """Runs work in a few threads, and waits no longer than it was told to.

    A thread that overruns is not free until its work ends. While all of them overrun, work is
    refused at once, so that what hangs takes neither more threads nor more time. They are
    daemons, as the process must be able to stop while they hang.

    Parameters
    ----------
    places : int
        Threads.
    seconds : float
        That work on up to `ROWS` rows may take; each `ROWS` more may take as long again.
    """

    def __init__(self, places: int, seconds: float) -> None:
        self._seconds = seconds
        self._places = places
        self._free = threading.Semaphore(places)
        self._late: set[Future[Any]] = set()
        self._tasks: Tasks = SimpleQueue()
        for _ in range(places):
            arguments = (self._tasks, self._free)
            threading.Thread(target=_work, args=arguments, name="model", daemon=True).start()
        weakref.finalize(self, _dismiss, self._tasks, places)

    def run(self, work: Callable[[], Result], rows: int) -> Result:
        """Return what the work returns, and raise what it raises.

        Parameters
        ----------
        work : callable
            Takes no arguments.
        rows : int
            How many rows it is about, at least 1.

        Raises
        ------
        Overrun
            When it does not end in time, or every thread overruns.
        Busy
            When no thread was free in time.
        """
        end = time.monotonic() + self._seconds * math.ceil(rows / ROWS)
        if len(self._late) == self._places:
            raise Overrun("every thread still hangs in earlier work")
        if not self._free.acquire(timeout=end - time.monotonic()):
            raise Busy("no thread was free in time")
        task: Future[Result] = Future()
        self._tasks.put((work, task))
        try:
            return task.result(end - time.monotonic())
        except TimeoutError:
            # The work may have ended by now, with a TimeoutError of its own.
            if task.done():
                return task.result()
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        raise Overrun("the deadline has passed")


def _work(tasks: Tasks, free: threading.Semaphore) -> None:
    while task := tasks.get():
        work, result = task
        try:
            result.set_result(work())
        except BaseException as problem:
            result.set_exception(problem)
        free.release()


def _dismiss(tasks: Tasks, threads: int) -> None:
    for _ in range(threads):
        tasks.put(None)
