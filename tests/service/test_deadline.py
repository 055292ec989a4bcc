"""Work that hangs takes neither more time nor more threads than it may."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from lockgate.service.deadline import ROWS, Busy, Deadline, Overrun
from tests.service.processes import eventually

SHORT, LONG = 0.01, 600
# As many rows as have LONG where one row has SHORT.
MANY = int(LONG / SHORT) * ROWS


@pytest.fixture
def gate():
    """Return an event that work can wait for; it is set in the end."""
    event = threading.Event()
    yield event
    event.set()


def threads():
    """Return the threads that work for models."""
    return {each for each in threading.enumerate() if each.name == "model"}


def test_work_in_time_is_returned():
    """Or what it raised, a timeout of its own included."""
    deadline = Deadline(1, LONG)
    assert deadline.run(lambda: 3, 1) == 3
    for error in (ValueError, TimeoutError, SystemExit):

        def work(error=error):
            raise error("mine")

        with pytest.raises(error, match="mine"):
            deadline.run(work, 1)
    assert deadline.run(lambda: 4, 1) == 4


def test_work_that_overruns_is_given_up(gate):
    """Its thread is free again once it ends."""
    deadline = Deadline(1, SHORT)
    with pytest.raises(Overrun, match="passed"):
        deadline.run(gate.wait, 1)
    gate.set()

    def answers():
        with suppress(Overrun):
            return deadline.run(lambda: 3, MANY)

    eventually(lambda: answers() == 3)


def test_while_all_threads_overrun_work_is_refused_at_once(gate):
    """However long it might take."""
    deadline = Deadline(2, SHORT)
    for _ in range(2):
        with pytest.raises(Overrun):
            deadline.run(gate.wait, 1)
    with pytest.raises(Overrun, match="every thread"):
        deadline.run(lambda: 3, MANY)


def test_work_waits_for_a_thread_that_is_in_time(gate):
    """And is refused as busy, not as late, when none gets free."""
    deadline = Deadline(1, SHORT)
    begun = threading.Event()

    def work():
        begun.set()
        gate.wait()
        return "first"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(deadline.run, work, MANY)
        begun.wait()
        with pytest.raises(Busy):
            deadline.run(lambda: 3, 1)
        second = pool.submit(deadline.run, lambda: "second", MANY)
        gate.set()
        assert (first.result(), second.result()) == ("first", "second")


def test_more_rows_have_more_time(gate):
    """Each hundred as much as one row."""
    deadline = Deadline(2, 0.3)
    with pytest.raises(Overrun):
        deadline.run(lambda: gate.wait(0.5), 1)
    assert deadline.run(lambda: gate.wait(0.5), 10 * ROWS) is False


def test_threads_end_with_their_deadline():
    """A model that is no longer served leaves none behind."""
    before = threads()
    deadline = Deadline(3, LONG)
    its_own = deadline.run(threads, 1) - before
    assert len(its_own) == 3
    del deadline
    gc.collect()
    eventually(lambda: not its_own & threads())
