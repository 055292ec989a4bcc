"""GET /docs: the OpenAPI document for a person, without the internet."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

from lockgate.service.feedback import EXAMPLE_ID
from lockgate.service.lean import JSON
from lockgate.service.page import stamp
from lockgate.service.schemas import Line, lines
from lockgate.service.state import State

# Stands for the address that the page is asked at.
HERE = "http://service.invalid"


@dataclass(frozen=True, slots=True)
class Operation:
    """One route and method.

    Attributes
    ----------
    scope : str
        Of the API key that it needs, "" when it needs none.
    accepts, answers : str
        Media types; "" without a body.
    parameters, body, reply : list of Line
        What may be sent in the address, what in the body, and what comes back.
    statuses : list of (str, str)
        Each HTTP status with its meaning.
    curl : str
        A line that asks it.
    """

    verb: str
    path: str
    summary: str
    text: str
    scope: str
    accepts: str
    answers: str
    parameters: list[Line]
    body: list[Line]
    reply: list[Line]
    statuses: list[tuple[str, str]]
    curl: str

    @property
    def anchor(self) -> str:
        """Its place in the page."""
        return (
            f"{self.verb}-{self.path}".lower().replace("/", "-").replace("{", "").replace("}", "")
        )


def reference_routes(state: State) -> APIRouter:
    """Return the route of the page."""
    router = APIRouter(include_in_schema=False)
    keyed = state.settings.keyed

    @router.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        page = reference_page(request.app, keyed)
        here = str(request.base_url).rstrip("/")
        return HTMLResponse(page.replace(HERE, escape(here)))

    return router


@lru_cache(maxsize=1)
def reference_page(app: FastAPI, keyed: bool) -> str:
    """Return the page as HTML; its curl lines ask `HERE`."""
    # Templates take memory that a worker need not have unless somebody looks.
    from lockgate.html import render

    document = app.openapi()
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for verb, entry in methods.items():
            group = next(iter(entry.get("tags", ())), "other")
            groups.setdefault(group, []).append(_operation(verb, path, entry, document))
    return render(
        "docs.html",
        title=document["info"]["title"],
        version=document["info"]["version"],
        groups=groups,
        keyed=keyed,
        stamp=stamp(),
    )


def _operation(verb: str, path: str, entry: dict[str, Any], document: dict[str, Any]) -> Operation:
    accepts, body = _content(entry.get("requestBody", {}))
    answers, reply = _content(entry["responses"].get("200", {}))
    return Operation(
        verb=verb.upper(),
        path=path,
        summary=entry.get("summary", ""),
        text=entry.get("description", ""),
        scope=entry.get("x-scope", ""),
        accepts=accepts,
        answers=answers,
        parameters=[_parameter(each, document) for each in entry.get("parameters", ())],
        body=list(lines(body.get("schema", {}), document)),
        reply=list(lines(reply.get("schema", {}), document)),
        statuses=[(code, each["description"]) for code, each in entry["responses"].items()],
        curl=" \\\n  ".join(_curl(verb, path, entry, accepts, body)),
    )


def _content(entry: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the first media type of a body, and what is said of it."""
    return next(iter(entry.get("content", {}).items()), ("", {}))


def _parameter(entry: dict[str, Any], document: dict[str, Any]) -> Line:
    told = {"description": entry.get("description", "")} | entry.get("schema", {})
    (line,) = lines(told, document, name=entry["name"], needed=entry.get("required", False))
    return line


def _curl(
    verb: str, path: str, entry: dict[str, Any], accepts: str, body: dict[str, Any]
) -> Iterator[str]:
    address = HERE + path
    for each in entry.get("parameters", ()):
        if each["in"] == "path":
            shown = str(each.get("example", each["name"].upper()))
            address = address.replace(f"{{{each['name']}}}", shown)
    method = "" if verb == ("post" if accepts else "get") else f" -X {verb.upper()}"
    yield f"curl -s{method} {shlex.quote(address).replace(EXAMPLE_ID, '$ID')}"
    if "security" in entry:
        yield '-H "Authorization: Bearer $KEY"'
    if accepts:
        yield f"-H 'content-type: {accepts}'"
    if "example" in body:
        example = body["example"]
        text = example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)
        data = shlex.quote(text).replace(EXAMPLE_ID, "'\"$ID\"'")
        yield f"{'-d' if accepts == JSON else '--data-binary'} {data}"
