"""Errors as problem details (RFC 9457): what is wrong and where, never what was sent."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import BaseModel, Field
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One field that does not fit."""

    row: int | None = Field(None, description="Place of the row in the request, from 0.")
    field: str = Field(description="Its name; empty for the row itself.")
    problem: str = Field(description="What is wrong, with the bound that it breaks.")


class ProblemDetail(BaseModel):
    """Why a request was not answered, as RFC 9457 has it."""

    type: str = Field("about:blank", description="Kind of problem; about:blank: see status.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong with this request, and what to do.")
    errors: list[FieldError] = Field([], description="Each field that does not fit.")


class Problem(Exception):
    """A request that is answered by problem details.

    Parameters
    ----------
    status : int
        HTTP status.
    detail : str
        What is wrong with this request, and what to do.
    errors : sequence of dict
        Fields of `FieldError`.
    headers : dict of str to str
        More headers, such as Retry-After.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[dict[str, Any]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers

    def response(self) -> Response:
        """Return it as an HTTP response."""
        return _ProblemResponse(self)


class _ProblemResponse(Response):
    """Problem details; under /v2, the error that clients of the Open Inference Protocol read."""

    def __init__(self, problem: Problem) -> None:
        content: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(problem.status).phrase,
            "status": problem.status,
            "detail": problem.detail,
        }
        if problem.errors:
            content["errors"] = list(problem.errors)
        super().__init__(orjson.dumps(content), problem.status, problem.headers, MEDIA_TYPE)
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not speaks_v2(scope["path"]):
            await super().__call__(scope, receive, send)
            return
        problem = self._problem
        error = orjson.dumps({"error": problem.detail})
        brief = Response(error, problem.status, problem.headers, "application/json")
        await brief(scope, receive, send)


MEANINGS = {
    400: "The body cannot be read.",
    401: "No valid API key was sent.",
    403: "The API key has not the scope that this needs.",
    404: "There is no such thing.",
    409: "It contradicts what was sent before.",
    413: "The request is too large.",
    415: "The body is compressed, or its type is none of JSON's.",
    422: "Fields do not fit; each is named with the bound that it breaks.",
    429: "Too many requests; Retry-After says when to ask again.",
    431: "The headers are too many or too large.",
    500: "The service failed; its log tells why.",
    503: "The service cannot answer now; ask again, or another instance.",
}


def speaks_v2(path: str) -> bool:
    """Tell whether a path is one of the Open Inference Protocol."""
    return f"{path}/".startswith("/v2/")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what FastAPI's `responses` needs for these statuses to be in the OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetail"}}}
    return {status: {"description": MEANINGS[status], "content": content} for status in statuses}
