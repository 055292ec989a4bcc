"""The layer that lets a few requests be at work at once, in turn, and refuses what is too many."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lockgate.service.bodies import STREAMS
from lockgate.service.hardening import hardening
from lockgate.service.problems import Problem
from lockgate.service.turns import Turns

if TYPE_CHECKING:
    from lockgate.service.state import State

UNLIMITED = frozenset({"/health", "/ready", "/metrics", "/v2/health/live", "/v2/health/ready"})
JOURNAL = ("/feedback", "/predictions/")
BODILESS = frozenset({"GET", "HEAD"})
RETRY_SECONDS = "1"


class Admission:
    """Gives each request its turn once all of it has arrived, until its answer begins.

    So neither a client that sends slowly nor one that reads slowly keeps others waiting. A stream
    has a turn for each part that arrives; what is slow there is slowed, not refused.

    Parameters
    ----------
    app : ASGIApp
        What has the turns.
    state : State
        Holds the turns, and is told of refusals.
    """

    def __init__(self, app: ASGIApp, state: "State") -> None:
        self._app = app
        self._state = state
        self._refused = state.telemetry.refused
        self._refusals = (refusal(), refusal(connection="close"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in UNLIMITED:
            await self._app(scope, receive, send)
            return
        asks_journal = scope["path"].startswith(JOURNAL)
        turns = self._state.journal_turns if asks_journal else self._state.turns
        if turns.full:
            self._refused("crowded")
            await self._refuse(scope, receive, send)
            return
        turn = Turn(turns, receive, send, scope["path"] in STREAMS, self._refused)
        try:
            if scope["method"] in BODILESS and not await turn.begin():
                await self._refuse(scope, receive, send)
                return
            await self._app(scope, turn.read, turn.answer)
        finally:
            turn.end()

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._refusals[self._state.stopping.is_set()](scope, receive, send)


class Turn:
    """The turn of one request, which begins as it is read and ends as it is answered.

    Parameters
    ----------
    turns : Turns
        Where it is taken.
    receive, send : callable
        The request's own.
    streams : bool
        Whether each part of the request has a turn, and waits for it as long as it takes.
    refused : callable
        Told why there was none.
    """

    __slots__ = ("_receive", "_refused", "_send", "_streams", "_turns", "_working")

    def __init__(
        self,
        turns: Turns,
        receive: Receive,
        send: Send,
        streams: bool,
        refused: Callable[[str], None],
    ) -> None:
        self._turns = turns
        self._receive = receive
        self._send = send
        self._streams = streams
        self._refused = refused
        self._working = False

    async def begin(self) -> bool:
        """Wait for the turn; return whether it came."""
        turns = self._turns
        if turns.take():
            self._working = True
            # What arrived at the same moment is counted before the first is worked on.
            await asyncio.sleep(0)
        elif await turns.wait(patient=self._streams):
            self._working = True
        else:
            self._refused("crowded" if turns.full else "late")
        return self._working

    def end(self) -> None:
        """Let the next one have its turn."""
        if self._working:
            self._working = False
            self._turns.give_back()

    async def read(self) -> Message:
        """Return the next part of the request, and have the turn once nothing is missing."""
        if self._streams:
            self.end()
        message = await self._receive()
        arrived = self._streams or not message.get("more_body", False)
        if (
            arrived
            and not self._working
            and message["type"] == "http.request"
            and not await self.begin()
        ):
            raise _busy()
        return message

    def answer(self, message: Message) -> Awaitable[None]:
        """Send a part of the answer."""
        if self._working:
            self.end()
        return self._send(message)


def refusal(**headers: str) -> Response:
    """Return the answer that costs least, as it is given when there is no time for any other."""
    response = _busy().response()
    response.headers.update(headers)
    response.raw_headers.extend(hardening(response.raw_headers))
    return response


def _busy() -> Problem:
    detail = "too many requests are at work and waiting; try again"
    return Problem(503, detail, headers={"Retry-After": RETRY_SECONDS})
