"""GET /predict/{entity}/{key}: what was predicted beforehand."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from lockgate.contract import Column, Schema
from lockgate.predict import Answer
from lockgate.service import exchange
from lockgate.service.answering import answered
from lockgate.service.entries import decoded
from lockgate.service.journaling import note, privacy_of
from lockgate.service.lean import JSON, JsonReply, LeanRoute
from lockgate.service.models import Loaded
from lockgate.service.naming import Naming
from lockgate.service.problems import Problem, documented
from lockgate.service.remote import Unavailable
from lockgate.service.replies import common, merged, replies
from lockgate.service.state import State

ANSWER = {"schema": {"$ref": "#/components/schemas/Prediction"}}
INSTEAD = "POST the row to /predict, or run: lockgate precompute FILE"


def entity_routes(state: State) -> APIRouter:
    """Return the route that answers by key; none where the contract has no key."""
    router = APIRouter(route_class=LeanRoute, tags=["predictions"])
    schema = state.router.current.predictor.bundle.schema
    if schema.key is not None:
        _add(router, state, schema, schema.key)
    return router


def _add(router: APIRouter, state: State, schema: Schema, key: Column) -> None:
    naming, privacy = Naming(key, schema), privacy_of(state.settings, schema)

    @router.get(
        f"/predict/{schema.entity}/{{key:path}}",
        summary=f"The {schema.target.name} of a known {schema.entity}, predicted beforehand",
        responses=documented(404, 422)
        | {200: {"description": "As of POST /predict.", "content": {JSON: ANSWER}}},
        openapi_extra={"parameters": [_parameter(key)]},
    )
    async def precomputed(request: Request) -> Response:
        loaded = state.router.current
        asked = exchange.of(request.scope)
        name = naming.of_url(request.path_params["key"])
        found = await _found(state, loaded, privacy.key(key.name, name), key)
        outcome = answered(loaded, [found], "primary", asked)
        told, kept = replies(outcome)
        note(state.journal, outcome, [{key.name: name}], kept, asked)
        return JsonReply(merged(common(outcome), *told))


async def _found(state: State, loaded: Loaded, name: str | None, key: Column) -> Answer:
    model = loaded.predictor.lineage.model_hash
    if name is None:
        raise Problem(404, f"{key.name} is personal: set LOCKGATE_JOURNAL_SALT; or {INSTEAD}")
    try:
        if (entry := await state.precomputed.get(model, name)) is not None:
            return decoded(entry, loaded.predictor)
        known = await state.precomputed.any(model)
    except (Unavailable, ValueError, TypeError):
        detail = "what was precomputed cannot be read; try again"
        raise Problem(503, detail, headers={"Retry-After": "5"}) from None
    what = f"with this {key.name}" if known else "of this model"
    raise Problem(404, f"nothing {what} was precomputed: {INSTEAD}")


def _parameter(key: Column) -> dict[str, Any]:
    return {
        "name": "key",
        "in": "path",
        "required": True,
        "description": f"Its {key.name}.",
        "schema": {"type": "string"},
    }
