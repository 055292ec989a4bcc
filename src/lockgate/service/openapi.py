"""The OpenAPI document: what routes say of themselves, and what the layers around them answer."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from lockgate.service.access import OPEN, needed
from lockgate.service.problems import ProblemDetail, documented, speaks_v2
from lockgate.service.v2 import InferenceError, InferenceRequest, refusals

# A request may be refused before it reaches its route, and any route may fail.
BEFORE = (413, 415, 429, 431, 500, 503)
UNKNOWN_CALLER = (401, 403)
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def describe(app: FastAPI, *, keyed: bool) -> dict[str, Any]:
    """Return the OpenAPI document of an app.

    Parameters
    ----------
    app : FastAPI
        With all its routes.
    keyed : bool
        Whether requests need an API key.
    """
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for model in (ProblemDetail, InferenceRequest, InferenceError):
        found = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= found.pop("$defs", {}) | {model.__name__: found}
    if keyed:
        components["securitySchemes"] = SCHEMES
    for path, methods in document["paths"].items():
        for operation in methods.values():
            _complete(operation, path, keyed)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                # A model brings what it refers to along, and refers to it where it is put here.
                schemas |= content.get("schema", {}).pop("$defs", {})
    return document


def _complete(operation: dict[str, Any], path: str, keyed: bool) -> None:
    statuses: tuple[int, ...] = BEFORE
    if keyed and path not in OPEN:
        statuses += UNKNOWN_CALLER
        operation["security"] = [{name: []} for name in SCHEMES]
        operation["x-scope"] = needed(path)
    refused = refusals(*statuses) if speaks_v2(path) else documented(*statuses)
    common = {str(status): content for status, content in refused.items()}
    operation["responses"] = dict(sorted((common | operation["responses"]).items()))
