"""When a model is asked, left alone, and tried again."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lockgate.service.breaker import Breaker

SECONDS = 10


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self):
        """Return the time."""
        return self.now


@pytest.fixture
def clock():
    """Return a clock."""
    return Clock()


def opened(clock, failures=3):
    """Return a breaker that has just opened."""
    breaker = Breaker(failures, SECONDS, clock)
    for _ in range(failures):
        breaker.failed()
    return breaker


def test_failures_in_a_row_open_it(clock):
    """A success between them begins the count anew."""
    breaker = Breaker(3, SECONDS, clock)
    for fails in (True, True, False, True, True):
        assert breaker.admits()
        breaker.failed() if fails else breaker.succeeded()
    assert breaker.state == "closed"
    breaker.failed()
    assert breaker.state == "open"
    assert not breaker.admits()


def test_a_single_call_tries_the_model_again(clock):
    """After the time that is set; the others are not admitted meanwhile."""
    breaker = opened(clock)
    clock.now = SECONDS - 0.1
    assert not breaker.admits()
    clock.now = SECONDS
    assert [breaker.admits() for _ in range(3)] == [True, False, False]
    assert breaker.state == "half-open"


def test_a_trial_that_succeeds_closes_it(clock):
    """And as many failures as at first are needed to open it again."""
    breaker = opened(clock)
    clock.now = SECONDS
    assert breaker.admits()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert breaker.state == "closed"
    breaker.failed()
    assert breaker.state == "open"


def test_a_trial_that_fails_opens_it_for_as_long_again(clock):
    """From then on."""
    breaker = opened(clock)
    clock.now = SECONDS + 5
    assert breaker.admits()
    breaker.failed()
    clock.now += SECONDS - 0.1
    assert not breaker.admits()
    clock.now += 0.1
    assert breaker.admits()


def test_a_trial_that_never_ends_is_replaced(clock):
    """So that a lost call does not keep the breaker open for ever."""
    breaker = opened(clock)
    clock.now = SECONDS
    assert breaker.admits()
    clock.now += SECONDS
    assert [breaker.admits(), breaker.admits()] == [True, False]


def test_calls_from_before_it_opened_change_nothing(clock):
    """They neither close it nor keep it open for longer."""
    breaker = opened(clock)
    clock.now = SECONDS - 1
    breaker.succeeded()
    assert breaker.state == "open"
    breaker.failed()
    clock.now = SECONDS
    assert breaker.admits()


def test_listeners_are_told_of_each_change(clock):
    """With the state before and the state after, and of nothing else."""
    told = []
    breaker = Breaker(2, SECONDS, clock)
    breaker.listeners.append(lambda before, after: told.append((before, after)))
    breaker.failed()
    breaker.succeeded()
    for _ in range(3):
        breaker.failed()
    for seconds, end in ((SECONDS, breaker.failed), (2 * SECONDS, breaker.succeeded)):
        clock.now = seconds
        breaker.admits()
        end()
    assert told == [
        ("closed", "open"),
        ("open", "half-open"),
        ("half-open", "open"),
        ("open", "half-open"),
        ("half-open", "closed"),
    ]


def test_one_of_many_threads_makes_the_trial(clock):
    """Whichever comes first."""
    breaker = opened(clock)
    clock.now = SECONDS
    together = threading.Barrier(8)

    def ask(_):
        together.wait()
        return breaker.admits()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == 1


@given(
    st.integers(1, 4),
    st.lists(st.sampled_from(["works", "fails"]) | st.integers(1, 2 * SECONDS), max_size=60),
)
@hypothesis_settings(max_examples=200)
def test_any_history_is_judged_alike(most, history):
    """By the rule itself: asked while closed, and once for each period while it is not."""
    clock = Clock()
    breaker = Breaker(most, SECONDS, clock)
    since, row = None, 0
    for step in history:
        if isinstance(step, int):
            clock.now += step
            continue
        asked = since is None or clock.now - since >= SECONDS
        assert breaker.admits() == asked
        if not asked:
            continue
        if step == "works":
            breaker.succeeded()
            since, row = None, 0
        else:
            breaker.failed()
            row += 1
            since = clock.now if since is not None or row >= most else None
        assert breaker.state == ("closed" if since is None else "open")
