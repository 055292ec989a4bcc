"""How many requests are at work at once: the next few wait, and the rest are told to come later."""

import asyncio
from collections import deque
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lockgate.service.guarding import STREAMS, harden
from lockgate.service.problems import Problem
from lockgate.service.settings import Settings

UNLIMITED = frozenset({"/health", "/ready", "/metrics", "/v2/health/live", "/v2/health/ready"})
BODILESS = frozenset({"GET", "HEAD"})
RETRY_SECONDS = "1"


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
        self._free = at_work
        self._most_waiting = waiting
        self._patience = patience
        self._waiting: deque[asyncio.Future[bool]] = deque()

    @property
    def full(self) -> bool:
        """Whether nobody else could even wait."""
        return not self._free and len(self._waiting) >= self._most_waiting

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


class Admission:
    """Gives each request its turn once all of it has arrived, until its answer begins.

    So neither a client that sends slowly nor one that reads slowly keeps others waiting. A stream
    has a turn for each part that arrives; what is slow there is slowed, not refused.

    Parameters
    ----------
    app : ASGIApp
        What has the turns.
    settings : Settings
        How many there are.
    refused : callable
        Told why a request was refused: crowded or late.
    """

    def __init__(self, app: ASGIApp, settings: Settings, refused: Callable[[str], None]) -> None:
        self._app = app
        self._turns = Turns(settings.max_at_work, settings.max_waiting, settings.max_wait)
        self._refused = refused
        self._refusal = _refusal()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in UNLIMITED:
            await self._app(scope, receive, send)
            return
        if self._turns.full:
            self._refused("crowded")
            await self._refusal(scope, receive, send)
            return
        streams = scope["path"] in STREAMS
        working = False

        async def begin() -> None:
            nonlocal working
            if not (self._turns.take() or await self._turns.wait(patient=streams)):
                self._refused("crowded" if self._turns.full else "late")
                raise _busy()
            working = True
            # What arrived at the same moment is counted before the first of it is worked on.
            await asyncio.sleep(0)

        def end() -> None:
            nonlocal working
            if working:
                working = False
                self._turns.give_back()

        async def read() -> Message:
            if streams:
                end()
            message = await receive()
            arrived = streams or not message.get("more_body", False)
            if arrived and not working and message["type"] == "http.request":
                await begin()
            return message

        async def answer(message: Message) -> None:
            end()
            await send(message)

        try:
            if scope["method"] in BODILESS:
                await begin()
            await self._app(scope, read, answer)
        finally:
            end()


def _busy() -> Problem:
    detail = "too many requests are at work and waiting; try again"
    return Problem(503, detail, headers={"Retry-After": RETRY_SECONDS})


def _refusal() -> Response:
    """Return the answer that costs least, as it is given when there is no time for any other."""
    response = _busy().response()
    harden(response.headers)
    return response
