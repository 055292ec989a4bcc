"""POST /predict/stream: rows in, answers out, one JSON object a line, for as long as they come."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from lockgate.service import exchange
from lockgate.service.answering import answer
from lockgate.service.checking import DEEPEST, sifted, too_deep
from lockgate.service.examples import example_row
from lockgate.service.explaining import refuse_reasons
from lockgate.service.journaling import note
from lockgate.service.lean import LeanRoute
from lockgate.service.lines import Endless, lines_of
from lockgate.service.models import Loaded
from lockgate.service.problems import Problem, documented
from lockgate.service.replies import common, merged, replies
from lockgate.service.state import State

NDJSON = "application/x-ndjson"


def stream_routes(state: State) -> APIRouter:
    """Return the route that answers a stream of rows."""
    router = APIRouter(route_class=LeanRoute, tags=["predictions"])
    bundle = state.router.current.predictor.bundle
    row = orjson.dumps(example_row(bundle, public=not state.settings.keyed)).decode()
    example = {"schema": {"type": "string"}, "example": f"{row}\n{row}\n"}

    @router.post(
        "/predict/stream",
        summary="Predict a stream of rows, one JSON object a line",
        response_class=StreamingResponse,
        responses=documented(422)
        | {200: {"description": "An answer a line, in order.", "content": {NDJSON: {}}}},
        openapi_extra={"requestBody": {"required": True, "content": {NDJSON: example}}},
    )
    async def predict_stream(request: Request) -> Response:
        """Answer each line in order; a line that cannot be answered says why in its place."""
        refuse_reasons(request)
        replies = _replies(
            state, request.stream(), state.settings.max_body, exchange.of(request.scope)
        )
        return Flowing(replies, media_type=NDJSON)

    return router


class Flowing(StreamingResponse):
    """A response that is sent while the request is still being read."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it; Starlette's own would listen for a disconnect, and swallow the rows."""
        await self.stream_response(send)


async def _replies(
    state: State, chunks: AsyncIterator[bytes], longest: int, asked: exchange.Exchange
) -> AsyncIterator[bytes]:
    """Answer what has arrived before reading on: memory stays flat and the sender is slowed."""
    loaded = state.router.current
    place = 0
    try:
        async for lines in lines_of(chunks, longest):
            yield await loaded.aside(_answered, state, loaded, lines, place, asked)
            # What has arrived already would be answered to its end before any other request.
            await asyncio.sleep(0)
            place += len(lines)
    except Endless:
        yield _refusal(place, f"is longer than {longest:,} bytes; the stream ends here") + b"\n"


def _answered(
    state: State, loaded: Loaded, lines: list[bytes], first: int, asked: exchange.Exchange
) -> bytes:
    rows: dict[int, Any] = {}
    told: dict[int, bytes] = {}
    for place, line in enumerate(lines, first):
        try:
            rows[place] = orjson.loads(line)
        except orjson.JSONDecodeError:
            told[place] = _refusal(place, "is not JSON")
            continue
        if too_deep(line, rows[place]):
            del rows[place]
            told[place] = _refusal(place, f"is nested deeper than {DEEPEST} levels")
    if rows:
        told |= _predicted(state, loaded, rows, asked)
    return b"".join([told[place] + b"\n" for place in sorted(told)])


def _predicted(
    state: State, loaded: Loaded, rows: dict[int, Any], asked: exchange.Exchange
) -> dict[int, bytes]:
    columns, bad = sifted(loaded, list(rows.values()))
    places = list(rows)
    told = {places[at]: _refusals(places[at], bad[at]) for at in bad}
    if columns is None:
        return told
    good = [place for place in places if place not in told]
    try:
        outcome = answer(loaded, columns, asked)
    except Problem as problem:
        return told | {place: _refusal(place, problem.detail) for place in good}
    answers, kept = replies(outcome)
    note(state.journal, outcome, [rows[place] for place in good], kept, asked)
    for at, (place, reply) in enumerate(zip(good, answers, strict=True)):
        own = common(outcome, index=place, prediction_id=f"{outcome.id}-{at}")
        told[place] = merged(own, reply)
    return told


def _refusal(place: int, problem: str) -> bytes:
    return _refusals(place, [{"field": "", "problem": problem}])


def _refusals(place: int, errors: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"index": place, "errors": errors})
