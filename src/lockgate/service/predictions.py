"""POST /predict and POST /predict/batch."""

from collections.abc import Sequence
from types import GenericAlias
from typing import Any, NamedTuple

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, create_model
from starlette.requests import Request
from starlette.responses import Response

from lockgate.contract import Schema
from lockgate.journal import Rows
from lockgate.predict import Batch, Row
from lockgate.service import exchange
from lockgate.service.answering import answer
from lockgate.service.checking import checked, checked_row, parsed, sifted
from lockgate.service.examples import example_row
from lockgate.service.explaining import (
    PARAMETER,
    check_rows,
    explains,
    reasons,
)
from lockgate.service.gathering import asking
from lockgate.service.journaling import note
from lockgate.service.lean import JSON, JsonReply, LeanRoute
from lockgate.service.models import Loaded
from lockgate.service.problems import FieldError, Problem, documented
from lockgate.service.replies import (
    Common,
    answer_fields,
    common,
    listed,
    merged,
    named,
    prediction_model,
    replies,
)
from lockgate.service.state import State
from lockgate.tables import Columns

# Bytes of a batch that is answered sooner than a thread is woken.
IN_PLACE = 16_384


def prediction_routes(state: State) -> APIRouter:
    """Return the routes that answer rows sent as JSON."""
    router = APIRouter(route_class=LeanRoute, tags=["predictions"])
    predictor = state.router.current.predictor
    schema = predictor.bundle.schema
    example = example_row(predictor.bundle, public=not state.settings.keyed)
    ask = asking(state.router.current, state.turns)
    batch, batch_reply = _batch_models(schema, predictor.row_model, state.settings.max_rows)

    @router.post(
        "/predict",
        summary=f"Predict {schema.target.name} of one {schema.entity}",
        response_model=prediction_model(predictor),
        responses=documented(400, 422),
        openapi_extra=_body(predictor.row_model, example) | {"parameters": [PARAMETER]},
    )
    async def predict(request: Request) -> Response:
        row = parsed(await request.body())
        loaded = state.router.current
        asked = exchange.of(request.scope)
        why = explains(request, loaded)
        columns: Row | Columns
        if state.cache is None:
            columns = checked_row(loaded, row)
            outcome = await ask(columns, asked)
        else:
            columns = checked(loaded, [row])
            outcome = await state.cache.answer(loaded, columns, asked)
        told, kept = replies(outcome)
        note(state.journal, outcome, [row], kept, asked)
        if why:
            told += await loaded.aside(reasons, outcome, columns, many=True)
        return JsonReply(merged(common(outcome), *told))

    @router.post(
        "/predict/batch",
        summary=f"Predict {schema.target.name} of many {schema.entities}",
        response_model=batch_reply,
        responses=documented(400, 422),
        openapi_extra=_body(batch, {schema.entities: [example] * 2})
        | {"parameters": [BAD_ROWS, PARAMETER]},
    )
    async def predict_batch(request: Request) -> Response:
        body, loaded = await request.body(), state.router.current
        wishes = _Wishes(_reports(request), explains(request, loaded))
        many = wishes.why or len(body) > IN_PLACE
        asked = exchange.of(request.scope)
        return await loaded.aside(_batch, state, loaded, body, wishes, asked, many=many)

    return router


class _Wishes(NamedTuple):
    """How a batch is to be answered: bad rows reported, reasons given."""

    report: bool
    why: bool


BAD_ROWS = {
    "name": "bad_rows",
    "in": "query",
    "description": "refuse: one bad row refuses the request; report: the others are answered.",
    "schema": {"type": "string", "enum": ["refuse", "report"], "default": "refuse"},
}


def _batch_models(
    schema: Schema, row: type[BaseModel], most: int
) -> tuple[type[BaseModel], type[BaseModel]]:
    rows: Any = (GenericAlias(list, (row,)), Field(min_length=1, max_length=most))
    fields = answer_fields(schema)
    answered = create_model("RowPrediction", prediction_id=(str, ...), **fields)
    refused = create_model(
        "RowRefusal",
        index=(int, Field(description="Place of the row in the request, from 0.")),
        errors=(list[FieldError], ...),
    )
    replies: Any = (list[answered | refused], ...)
    return (
        create_model("Batch", __config__=ConfigDict(extra="forbid"), **{schema.entities: rows}),
        create_model("BatchPrediction", __base__=Common, predictions=replies),
    )


def _body(model: type[BaseModel], example: Any) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    content = {JSON: {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def _rows(body: Any, schema: Schema, most: int) -> Batch:
    rows = body.get(schema.entities) if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows or len(body) > 1:
        detail = f"the body must be an object with one list of rows, called {schema.entities}"
        raise Problem(422, detail, [{"field": schema.entities, "problem": "must be a list"}])
    if len(rows) > most:
        detail = f"{len(rows):,} rows are more than the {most:,} that one request may have"
        raise Problem(413, f"{detail}; send several, or use /predict/stream")
    return Batch(rows)


def _reports(request: Request) -> bool:
    wish = request.query_params.get("bad_rows", "refuse")
    if wish not in {"refuse", "report"}:
        problem = {"field": "bad_rows", "problem": "must be refuse or report"}
        raise Problem(422, "bad_rows must be refuse or report", [problem])
    return wish == "report"


def _batch(
    state: State, loaded: Loaded, body: bytes, wishes: _Wishes, asked: exchange.Exchange
) -> Response:
    schema = loaded.predictor.bundle.schema
    rows = _rows(parsed(body), schema, state.settings.max_rows)
    if wishes.why:
        check_rows(len(rows), state.settings.max_explained)
    columns, bad = sifted(loaded, rows) if wishes.report else (checked(loaded, rows), {})
    if columns is None:
        raise Problem(422, "no row fits", [row | {"row": place} for place, row in _flat(bad)])
    outcome = answer(loaded, columns, asked)
    answers, kept = replies(outcome)
    good = [place for place in range(len(rows)) if place not in bad]
    inputs: Rows = rows
    if bad:
        inputs = [None if place in bad else row for place, row in enumerate(rows)]
        kept = listed(_placed(good, answers, dict.fromkeys(bad, b"null")))
    note(state.journal, outcome, inputs, kept, asked)
    if wishes.why:
        answers = list(map(merged, answers, reasons(outcome, columns)))
    refused = {place: orjson.dumps({"index": place, "errors": bad[place]}) for place in bad}
    told = listed(_placed(good, named(outcome, good, answers), refused))
    return JsonReply(b"".join((common(outcome)[:-1], b',"predictions":', told, b"}")))


def _placed(good: Sequence[int], texts: list[bytes], bad: dict[int, bytes]) -> list[bytes]:
    """Return texts in the places of the good rows, and what there is of the bad ones in theirs."""
    if not bad:
        return texts
    placed = bad | dict(zip(good, texts, strict=True))
    return [placed[place] for place in sorted(placed)]


def _flat(bad: dict[int, list[dict[str, Any]]]) -> list[tuple[int, dict[str, Any]]]:
    return [(place, problem) for place, problems in bad.items() for problem in problems]
