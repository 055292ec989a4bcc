"""JSON Schema in words: a line for each field, however deep it lies."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DEEPEST = 5
BOUNDS = {
    "minimum": "at least {:,.12g}",
    "exclusiveMinimum": "above {:,.12g}",
    "maximum": "at most {:,.12g}",
    "exclusiveMaximum": "below {:,.12g}",
    "formatMinimum": "not before {}",
    "formatMaximum": "not after {}",
    "minLength": "{:,} characters or more",
    "maxLength": "{:,} characters or fewer",
    "minItems": "{:,} or more",
    "maxItems": "{:,} or fewer",
    "pattern": "matches {}",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One field.

    Attributes
    ----------
    name : str
        With the names that lead to it: ``houses[].square_feet``.
    kind : str
        Its type in words.
    allowed : str
        Bounds and allowed values.
    """

    name: str
    kind: str
    needed: bool
    allowed: str
    text: str


def lines(
    schema: dict[str, Any],
    document: dict[str, Any],
    *,
    name: str = "",
    needed: bool = True,
    depth: int = 0,
) -> Iterator[Line]:
    """Yield a line for a schema that has a name, then those of its fields.

    Parameters
    ----------
    schema : dict
        JSON Schema.
    document : dict
        The OpenAPI document that its references are about.
    name : str
        Of what it describes, "" for a body as a whole.
    needed : bool
        Whether that must be there.
    depth : int
        How many names lead to it.
    """
    variants = [_resolved(each, document) for each in _variants(_resolved(schema, document))]
    nullable = any(each.get("type") == "null" for each in variants)
    variants = [each for each in variants if each.get("type") != "null"]
    if name:
        kinds = dict.fromkeys(_kind(each) for each in variants)
        kind = " or ".join([*kinds, *(["null"] if nullable else [])])
        allowed = "; or ".join(filter(None, dict.fromkeys(_allowed(each) for each in variants)))
        yield Line(name, kind, needed, allowed, _text(schema, variants))
    if depth < DEEPEST:
        for each in variants:
            yield from _inner(each, document, name, depth)


def _inner(
    schema: dict[str, Any], document: dict[str, Any], name: str, depth: int
) -> Iterator[Line]:
    if schema.get("items"):
        found = lines(schema["items"], document, name=f"{name}[]", depth=depth + 1)
        # The list has told what it is a list of.
        yield from (each for each in found if each.name != f"{name}[]")
    for inner, entry in schema.get("properties", {}).items():
        path = f"{name}.{inner}" if name else inner
        needed = inner in schema.get("required", ())
        yield from lines(entry, document, name=path, needed=needed, depth=depth + 1)


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    target = document
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}


def _variants(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return schema.get("anyOf") or schema.get("oneOf") or [schema]


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "any")
    if kind == "array":
        return "list"
    return {"date": "date", "date-time": "time"}.get(schema.get("format", ""), str(kind))


def _allowed(schema: dict[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        return ", ".join(str(each) for each in schema.get("enum", [schema.get("const")]))
    stated = [text.format(schema[name]) for name, text in BOUNDS.items() if name in schema]
    if "default" in schema and schema["default"] is not None:
        stated.append(f"{schema['default']} unless said")
    return ", ".join(stated)


def _text(schema: dict[str, Any], variants: list[dict[str, Any]]) -> str:
    told = (each.get("description", "") for each in (schema, *variants))
    return next(filter(None, told), "").replace("`", "")
