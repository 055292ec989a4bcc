"""The protocol's routes."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from lockgate.service import exchange
from lockgate.service.answering import answer
from lockgate.service.checking import checked
from lockgate.service.health import check_ready
from lockgate.service.journaling import note
from lockgate.service.lean import JsonReply, LeanRoute
from lockgate.service.models import Loaded
from lockgate.service.predictions import IN_PLACE
from lockgate.service.problems import Problem
from lockgate.service.replies import replies
from lockgate.service.state import State
from lockgate.service.v2 import messages
from lockgate.service.v2.openapi import HEADER, described, described_infer, refusals
from lockgate.service.v2.replies import reply
from lockgate.service.v2.requests import rows_of, split, wanted
from lockgate.service.v2.signature import example, metadata

MODEL = "/v2/models/{name}"
VERSION = MODEL + "/versions/{version}"


def inference_routes(state: State) -> APIRouter:
    """Return the routes of the Open Inference Protocol; the model is called as its entity is."""
    router = APIRouter(route_class=LeanRoute, tags=["open inference protocol"])

    @router.get("/v2", summary="What the server is", response_model=messages.ServerMetadata)
    async def about(_: Request) -> Response:
        version = state.router.current.version
        extensions = ["binary_tensor_data"]
        return _json(
            messages.ServerMetadata(name="lockgate", version=version, extensions=extensions)
        )

    @router.get("/v2/health/live", summary="Whether it is alive", response_model=messages.Live)
    async def live(_: Request) -> Response:
        return _json(messages.Live(live=True))

    @router.get(
        "/v2/health/ready",
        summary="Whether it takes requests",
        response_model=messages.Ready,
        responses=refusals(503),
    )
    async def ready(_: Request) -> Response:
        check_ready(state)
        return _json(messages.Ready(ready=True))

    _add_model_routes(router, state)
    _add_infer(router, state)
    return router


def _add_model_routes(router: APIRouter, state: State) -> None:
    name, version = _called(state)
    about: dict[str, Any] = {"summary": "What a model takes and gives"}
    about["response_model"] = messages.ModelMetadata
    ready: dict[str, Any] = {"summary": "Whether a model takes requests"}
    ready["response_model"] = messages.ModelReady

    @router.get(MODEL, **about, **described(404, name=name))
    @router.get(VERSION, **about, **described(404, name=name, version=version))
    async def model_metadata(request: Request) -> Response:
        return _json(metadata(_served(state, request)))

    @router.get(MODEL + "/ready", **ready, **described(404, 503, name=name))
    @router.get(VERSION + "/ready", **ready, **described(404, 503, name=name, version=version))
    async def model_ready(request: Request) -> Response:
        loaded = _served(state, request)
        check_ready(state)
        return _json(messages.ModelReady(name=loaded.predictor.bundle.schema.entity, ready=True))


def _add_infer(router: APIRouter, state: State) -> None:
    name, version = _called(state)
    shown = example(state.router.current, public=not state.settings.keyed)
    about: dict[str, Any] = {"summary": "Predict rows, sent as tensors"}
    about["response_model"] = messages.InferenceResponse

    @router.post(MODEL + "/infer", **about, **described_infer(example=shown, name=name))
    @router.post(
        VERSION + "/infer", **about, **described_infer(example=shown, name=name, version=version)
    )
    async def infer(request: Request) -> Response:
        loaded = _served(state, request)
        body = await request.body()
        sent, binary = split(body, request.headers.get(HEADER))
        asked = exchange.of(request.scope)
        arguments = (state, loaded, sent, binary, asked)
        return await loaded.aside(_inferred, *arguments, many=len(body) > IN_PLACE)


def _inferred(
    state: State,
    loaded: Loaded,
    sent: messages.InferenceRequest,
    binary: memoryview,
    asked: exchange.Exchange,
) -> Response:
    bundle = loaded.predictor.bundle
    chosen = wanted(sent, bundle.manifest)
    rows = rows_of(sent, binary, bundle.schema, state.settings.max_rows)
    outcome = answer(loaded, checked(loaded, rows), asked)
    if state.journal is not None:
        note(state.journal, outcome, rows, replies(outcome).kept, asked)
    return reply(outcome, chosen, sent.id)


def _called(state: State) -> tuple[str, str]:
    loaded = state.router.current
    return loaded.predictor.bundle.schema.entity, loaded.version


def _served(state: State, request: Request) -> Loaded:
    name, version = _called(state)
    if request.path_params["name"] != name:
        raise Problem(404, f"there is no such model; {name} is served")
    if request.path_params.get("version", version) != version:
        raise Problem(404, f"there is no such version of {name}; {version} is served")
    return state.router.current


def _json(message: BaseModel) -> Response:
    return JsonReply(message.model_dump_json().encode())
