"""A circuit breaker: a model that keeps failing is left alone for a while, then tried again."""

import threading
import time
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half-open"]
STATES: tuple[State, ...] = ("closed", "open", "half-open")


class Breaker:
    """Counts failures in a row; threads may share it, and while all is well no lock is taken.

    Closed, it admits every call. After `failures` in a row it opens and admits none. After
    `seconds` it is half-open and admits a single one, whose success closes it and whose failure
    opens it again; of a trial that never ends, the next one takes the place `seconds` later.

    Parameters
    ----------
    failures : int
        In a row, after which it opens.
    seconds : float
        Until a trial.
    clock : callable
        Returns seconds that never go back.

    Attributes
    ----------
    state : {"closed", "open", "half-open"}
    listeners : list of callable
        Called with the state before and the state after, whenever it changes.
    """

    def __init__(
        self, failures: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.state: State = "closed"
        self.listeners: list[Callable[[State, State], None]] = []
        self._most = failures
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._since = 0.0
        self._lock = threading.Lock()

    def admits(self) -> bool:
        """Return whether the model is to be asked; say afterwards how that ended."""
        return self.state == "closed" or self._admits_trial()

    def _admits_trial(self) -> bool:
        with self._lock:
            now = self._clock()
            if self.state != "closed":
                if now - self._since < self._seconds:
                    return False
                self._since = now
                self._become("half-open")
        return True

    def succeeded(self) -> None:
        """Take note that the model answered."""
        if not self._failures:
            return
        with self._lock:
            # A call from before the breaker opened tells nothing of the model now.
            if self.state != "open":
                self._failures = 0
                self._become("closed")

    def failed(self) -> None:
        """Take note that the model failed."""
        with self._lock:
            self._failures += 1
            if self.state == "half-open" or (
                self.state == "closed" and self._failures >= self._most
            ):
                self._since = self._clock()
                self._become("open")

    def _become(self, state: State) -> None:
        before, self.state = self.state, state
        if before != state:
            for tell in self.listeners:
                tell(before, state)
