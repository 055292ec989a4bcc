"""POST /feedback and GET /predictions/{id}: what was predicted, and what turned out true."""

from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from lockgate.errors import JournalError
from lockgate.journal import Conflict, Writer
from lockgate.service.checking import parsed
from lockgate.service.lean import JSON, JsonReply, LeanRoute
from lockgate.service.lookup import find, later
from lockgate.service.problems import Problem, documented
from lockgate.service.state import State
from lockgate.service.truths import Truths


class Kept(BaseModel):
    """What was done."""

    new: int = Field(description="Values that were not known before.")
    known: int = Field(description="Values that had been given before.")


class RecordedRow(BaseModel):
    """One row of a request."""

    input: dict[str, Any] = Field(description="As it was asked, personal columns hashed or gone.")
    output: dict[str, Any] | None = Field(description="As it was answered; null: it was refused.")
    truth: float | str | None = Field(description="The feedback; null: none yet.")


class Recorded(BaseModel):
    """A prediction, or all of one request."""

    prediction_id: str
    request_id: str
    model_version: str
    predicted_at: datetime
    served_by: str
    seconds: float = Field(description="What the request took.")
    rows: list[RecordedRow]


def feedback_routes(state: State) -> APIRouter:
    """Return the routes that read and complete the journal."""
    router = APIRouter(route_class=LeanRoute, tags=["journal"])
    schema = state.router.current.predictor.bundle.schema
    truths = Truths(schema)

    @router.post(
        "/feedback",
        summary=f"Give the true {schema.target.name} of predictions",
        response_model=Kept,
        responses=documented(400, 404, 409, 422),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {JSON: _body(truths, state.settings.max_rows)},
            }
        },
    )
    async def feedback(request: Request) -> Response:
        """Sent again it changes nothing; another value for the same prediction is refused."""
        given = _given(parsed(await request.body()), truths, state.settings.max_rows)
        return JsonReply(await run_in_threadpool(_asked, state, _keep, given))

    @router.get(
        "/predictions/{prediction_id}",
        summary="What was predicted, from what, and what turned out true",
        response_model=Recorded,
        responses=documented(404),
        openapi_extra={"parameters": [PREDICTION_ID]},
    )
    async def prediction(request: Request) -> Response:
        name = request.path_params["prediction_id"]
        return JsonReply(await run_in_threadpool(_asked, state, _shown, name))

    return router


EXAMPLE_ID = "0199c0de0f0077008000a1b2c3d4e5f6"
PREDICTION_ID = {
    "name": "prediction_id",
    "in": "path",
    "required": True,
    "description": "That of an answer, or of the request that a batch was.",
    "schema": {"type": "string"},
    "example": EXAMPLE_ID,
}


def _body(truths: Truths, most: int) -> dict[str, Any]:
    described = {"description": "What the target turned out to be."}
    one = {
        "type": "object",
        "required": ["prediction_id", "value"],
        "properties": {"prediction_id": {"type": "string"}, "value": truths.shape | described},
        "additionalProperties": False,
    }
    many = {
        "type": "object",
        "required": ["feedback"],
        "properties": {
            "feedback": {"type": "array", "items": one, "minItems": 1, "maxItems": most}
        },
        "additionalProperties": False,
    }
    example = {"prediction_id": EXAMPLE_ID, "value": truths.example}
    return {"schema": {"anyOf": [one, many]}, "example": example}


def _given(body: Any, truths: Truths, most: int) -> list[dict[str, Any]]:
    several = isinstance(body, dict) and body.keys() == {"feedback"}
    items = body["feedback"] if several else [body]
    if not isinstance(items, list) or not items:
        problem = {"field": "feedback", "problem": "must be a list, not empty"}
        raise Problem(422, "feedback must be a list, not empty", [problem])
    if len(items) > most:
        raise Problem(413, f"{len(items):,} values are more than the {most:,} of one request")
    found = [
        ({"row": row} if several else {}) | problem
        for row, item in enumerate(items)
        for problem in _problems(item, truths)
    ]
    if found:
        first = found[0]
        raise Problem(422, f"{first['field'] or 'the feedback'} {first['problem']}", found)
    return [item | {"value": truths.read(item["value"])} for item in items]


def _problems(item: Any, truths: Truths) -> list[dict[str, str]]:
    if not isinstance(item, dict) or item.keys() != {"prediction_id", "value"}:
        return [{"field": "", "problem": "must be an object of prediction_id and value"}]
    problems = []
    if not isinstance(item["prediction_id"], str):
        problems.append({"field": "prediction_id", "problem": "must be text"})
    wrong = truths.wrong(item["value"])
    return [*problems, {"field": "value", "problem": wrong}] if wrong else problems


def _asked(state: State, act: Any, what: Any) -> bytes:
    """Return what the journal says, as JSON; while it cannot be asked the caller comes again."""
    if state.journal is None:
        raise Problem(404, "no journal is kept here, so no prediction is known")
    try:
        return orjson.dumps(act(state.journal, what))
    except (SQLAlchemyError, JournalError, OSError):
        raise later() from None


def _keep(journal: Writer, given: list[dict[str, Any]]) -> dict[str, int]:
    found = find(journal, [item["prediction_id"] for item in given])
    missing = [
        {"row": row, "field": "prediction_id", "problem": "is no prediction's"}
        for row, (_, place) in enumerate(found)
        if place < 0
    ]
    if missing:
        raise Problem(404, "there is no such prediction, or it has several rows", missing)
    truths = [
        (record["id"], place, item["value"])
        for (record, place), item in zip(found, given, strict=True)
    ]
    try:
        new = journal.store.give(truths)
    except Conflict as conflict:
        problem = {"row": conflict.place, "field": "value", "problem": "differs from the one given"}
        raise Problem(409, "another value was given before; nothing was kept", [problem]) from None
    return {"new": new, "known": len(given) - new}


def _shown(journal: Writer, name: str) -> dict[str, Any]:
    ((record, place),) = find(journal, [name])
    if not record or (place < 0 and name != record["id"]):
        raise Problem(404, "there is no such prediction")
    rows = range(record["rows"]) if place < 0 else [place]
    return {
        "prediction_id": name,
        "request_id": record["request_id"],
        "model_version": record["version"],
        "predicted_at": datetime.fromtimestamp(record["made_at"] / 1e6, UTC),
        "served_by": record["served_by"],
        "seconds": record["seconds"],
        "rows": [
            {
                "input": record["inputs"][row],
                "output": record["outputs"][row],
                "truth": record["feedback"].get(row),
            }
            for row in rows
        ],
    }
