"""The layer that lets a few requests be at work at once, in turn, and refuses what is too many."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lockgate.service.guarding import STREAMS, hardening
from lockgate.service.problems import Problem

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
        streams = scope["path"] in STREAMS
        working = False

        async def begin() -> bool:
            nonlocal working
            working = turns.take() or await turns.wait(patient=streams)
            if working:
                # What arrived at the same moment is counted before the first is worked on.
                await asyncio.sleep(0)
            else:
                self._refused("crowded" if turns.full else "late")
            return working

        def end() -> None:
            nonlocal working
            if working:
                working = False
                turns.give_back()

        async def read() -> Message:
            if streams:
                end()
            message = await receive()
            arrived = streams or not message.get("more_body", False)
            if message["type"] == "http.request" and arrived and not working and not await begin():
                raise _busy()
            return message

        def answer(message: Message) -> Awaitable[None]:
            end()
            return send(message)

        try:
            if scope["method"] in BODILESS and not await begin():
                await self._refuse(scope, receive, send)
                return
            await self._app(scope, read, answer)
        finally:
            end()

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._refusals[self._state.stopping.is_set()](scope, receive, send)


def refusal(**headers: str) -> Response:
    """Return the answer that costs least, as it is given when there is no time for any other."""
    response = _busy().response()
    response.headers.update(headers)
    response.raw_headers.extend(hardening(response.raw_headers))
    return response


def _busy() -> Problem:
    detail = "too many requests are at work and waiting; try again"
    return Problem(503, detail, headers={"Retry-After": RETRY_SECONDS})
