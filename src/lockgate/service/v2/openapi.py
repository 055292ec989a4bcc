"""What the OpenAPI document says of routes that read their requests themselves."""

from http import HTTPStatus
from typing import Any

from lockgate.service.v2.messages import InferenceError

JSON, BINARY = "application/json", "application/octet-stream"
HEADER = "Inference-Header-Content-Length"

_BYTES = {"type": "string", "format": "binary"}
_NAME = {"name": "name", "description": "The contract's name of a row."}
_VERSION = {"name": "version", "description": "The version that is served."}
_LENGTH = {
    "name": HEADER,
    "in": "header",
    "description": "Bytes of the JSON, where binary data follow it.",
    "schema": {"type": "integer", "minimum": 0},
}
_REQUEST = {
    "required": True,
    "content": {
        JSON: {"schema": {"$ref": "#/components/schemas/InferenceRequest"}},
        BINARY: {"schema": _BYTES},
    },
}


def documented(*statuses: int, versioned: bool = False) -> dict[str, Any]:
    """Return what FastAPI needs to describe a route of one model and its errors."""
    names = [_NAME, _VERSION] if versioned else [_NAME]
    placed = {"in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "responses": errors(*statuses),
        "openapi_extra": {"parameters": [each | placed for each in names]},
    }


def documented_infer(*statuses: int, versioned: bool = False) -> dict[str, Any]:
    """Return what FastAPI needs to describe a route that predicts."""
    about = documented(*statuses, versioned=versioned)
    about["responses"][200] = {
        "content": {BINARY: {"schema": _BYTES}},
        "headers": {HEADER: {key: _LENGTH[key] for key in ("description", "schema")}},
    }
    about["openapi_extra"]["parameters"].append(_LENGTH)
    about["openapi_extra"]["requestBody"] = _REQUEST
    return about


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for these statuses, with the protocol's body."""
    return {
        status: {"model": InferenceError, "description": HTTPStatus(status).phrase}
        for status in statuses
    }
