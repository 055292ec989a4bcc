"""What the OpenAPI document says of routes that read their requests themselves."""

from http import HTTPStatus
from typing import Any

from lockgate.service.lean import JSON
from lockgate.service.v2.messages import InferenceError

BINARY = "application/octet-stream"
HEADER = "Inference-Header-Content-Length"

_BYTES = {"type": "string", "format": "binary"}
_LENGTH = {
    "name": HEADER,
    "in": "header",
    "description": "Bytes of the JSON, where binary data follow it.",
    "schema": {"type": "integer", "minimum": 0},
}


def described(*statuses: int, name: str, version: str = "") -> dict[str, Any]:
    """Return what FastAPI needs to describe a route of one model.

    Parameters
    ----------
    statuses : int
        Of the errors that the route itself answers.
    name, version : str
        Of the model that is served; without a version the path has none.
    """
    served = {"name": name} | ({"version": version} if version else {})
    places = [
        {"name": each, "in": "path", "required": True, "schema": {"type": "string"}, "example": it}
        for each, it in served.items()
    ]
    return {"responses": refusals(*statuses), "openapi_extra": {"parameters": places}}


def described_infer(*, example: Any, name: str, version: str = "") -> dict[str, Any]:
    """Return what FastAPI needs to describe a route that predicts, with a request to show."""
    about = described(400, 404, 422, name=name, version=version)
    about["responses"][200] = {
        "content": {BINARY: {"schema": _BYTES}},
        "headers": {HEADER: {key: _LENGTH[key] for key in ("description", "schema")}},
    }
    about["openapi_extra"]["parameters"].append(_LENGTH)
    schema = {"$ref": "#/components/schemas/InferenceRequest"}
    content = {JSON: {"schema": schema, "example": example}, BINARY: {"schema": _BYTES}}
    about["openapi_extra"]["requestBody"] = {"required": True, "content": content}
    return about


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for these statuses, with the protocol's body."""
    content = {JSON: {"schema": {"$ref": f"#/components/schemas/{InferenceError.__name__}"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }
