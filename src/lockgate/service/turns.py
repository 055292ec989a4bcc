"""Turns: a few work at once, a few more wait in order, and the rest are told to come later."""

import asyncio
from collections import deque

from lockgate.service.settings import Settings


class Turns:
    """So many may work at once; the others get their turn in the order in which they came.

    Parameters
    ----------
    at_work, waiting : int
        How many may work at once, and how many may wait.
    patience : float
        Seconds that one waits for its turn.
    """

    def __init__(self, at_work: int, waiting: int, patience: float) -> None:
        self._most_at_work = self._free = at_work
        self._most_waiting = waiting
        self._patience = patience
        self._waiting: deque[asyncio.Future[bool]] = deque()

    @property
    def full(self) -> bool:
        """Whether nobody else could even wait."""
        return not self._free and len(self._waiting) >= self._most_waiting

    @property
    def at_work(self) -> int:
        """How many have a turn."""
        return self._most_at_work - self._free

    def take(self) -> bool:
        """Take a turn that is free, which `give_back` ends; False when none is."""
        if self._free:
            self._free -= 1
            return True
        return False

    async def wait(self, patient: bool = False) -> bool:
        """Wait for a turn, which `give_back` ends.

        Parameters
        ----------
        patient : bool
            Wait for as long as it takes, however many wait already.

        Returns
        -------
        bool
            False when too many wait already, or the turn did not come in time.
        """
        if self.take():
            return True
        if self.full and not patient:
            return False
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(turn)
        timer = None if patient else loop.call_later(self._patience, self._settle, turn, False)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove(turn)
            elif turn.result():
                self.give_back()
            raise
        finally:
            if timer:
                timer.cancel()

    def give_back(self) -> None:
        """End a turn: the one that waits longest gets it."""
        for turn in self._waiting:
            if not turn.done():
                self._settle(turn, True)
                return
        self._free += 1

    def _settle(self, turn: asyncio.Future[bool], granted: bool) -> None:
        if not turn.done():
            self._waiting.remove(turn)
            turn.set_result(granted)


def turns_of(settings: Settings) -> Turns:
    """Return as many turns as the settings ask for."""
    return Turns(settings.max_at_work, settings.max_waiting, settings.max_wait)
