"""Contracts of any shape."""

import math
from datetime import date, datetime
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from lockgate.contract import Schema
from lockgate.contract.compile import compile_schema
from lockgate.contract.odcs import Contract
from lockgate.contract.schema import LARGEST_INTEGER
from lockgate.errors import ContractError
from lockgate.strict import parse
from lockgate.validation.constraints import check_constraints

TYPES = ("number", "integer", "string", "boolean", "date", "timestamp")
NAMES = (
    "a",
    "b_2",
    "größe",
    "sq ft",
    "x,y",
    'q"t',
    "per;cent",
    "class",
    "Z",
    "naïve|tab",
    "d_e",
    "x'",
)
PATTERNS = ("[a-z]+", "S[0-9]{1,3}", r"\d+-\d+", "a|ab|abc", "[^,;]*", "(?:x|y)?z", r"\w+( \w+)*")
FORMATS = {
    "date": (None, "%d.%m.%Y", "%Y/%m/%d"),
    "timestamp": (None, "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H-%M-%S"),
}
WORDS = ("?", "n/a", "-999", "NULL", "0.5")


finite = st.floats(allow_nan=False, allow_infinity=False)
whole = st.integers(-int(LARGEST_INTEGER), int(LARGEST_INTEGER))
small = st.integers(-3, 3)
days = st.dates(date(1000, 1, 1), date(9999, 12, 30)) | st.dates(date(2020, 1, 1), date(2020, 2, 1))
moments = st.datetimes(datetime(1000, 1, 1)).map(lambda moment: moment.replace(microsecond=0))


def examples(count: int) -> settings:
    """Return settings for `count` examples, and more of them in a deeper profile."""
    return settings(max_examples=math.ceil(count * settings().max_examples / 100))


@st.composite
def contracts(draw: st.DrawFn, *, most: int = 6) -> dict[str, Any]:
    """Return a contract with columns of any kind and role, as plain data."""
    roles = [role for role in ("key", "group", "time", "ignore") if draw(st.booleans())]
    roles += ["feature"] * draw(st.integers(1, most))
    kinds = {"key": ("string", "integer"), "time": ("date", "timestamp")}
    named = zip(draw(st.permutations(NAMES)), roles, strict=False)
    columns = {name: (draw(st.sampled_from(kinds.get(role, TYPES))), role) for name, role in named}
    return draw(contracts_of(columns, draw(targets("y"))))


@st.composite
def contracts_of(
    draw: st.DrawFn, columns: dict[str, tuple[str, str]], target: dict[str, Any]
) -> dict[str, Any]:
    """Return a contract with these columns, each with its type and role, under any rules."""
    items = [draw(_described(name, *rest)) for name, rest in columns.items()]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "any",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": "things", "properties": draw(st.permutations([*items, target]))}],
    }


def schema_of(document: dict[str, Any]) -> Schema:
    """Return the schema of a contract, checked as `validate` checks it."""
    schema = compile_schema(parse(Contract, document, Path("contract.yaml"), ContractError))
    check_constraints(schema)
    return schema


@st.composite
def _described(draw: st.DrawFn, name: str, kind: str, role: str) -> dict[str, Any]:
    item = {
        "name": name,
        "logicalType": kind,
        "required": draw(st.booleans()),
        "classification": draw(st.sampled_from(("internal", "personal"))),
        "unique": draw(st.integers(0, 5)) == 5,
        **draw(_limits(kind)),
    }
    words = draw(st.lists(st.sampled_from(WORDS), unique=True, max_size=2))
    allowed = [v for rule in item.get("quality", ()) for v in rule["arguments"]["validValues"]]
    custom = {"role": role, "missingTokens": ["", *(w for w in words if w not in allowed)]}
    if draw(st.booleans()):
        custom["delivery"] = draw(st.sampled_from(("required", "optional")))
    if role == "feature" and draw(st.booleans()):
        custom["request"] = draw(st.sampled_from(("required", "optional")))
    custom_properties = [{"property": key, "value": value} for key, value in custom.items()]
    return item | {"customProperties": custom_properties}


@st.composite
def targets(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Return a column to predict: a number, a boolean, or one of a few texts or numbers."""
    words = ("no", "yes", "may,be", "1", "2", "3.5")
    kind, limits = draw(
        st.tuples(st.just("number"), st.just({}) | _ranges(finite))
        | st.just(("boolean", {}))
        | st.tuples(st.just("string"), st.integers(2, 6).map(lambda n: _allowed(words[:n])))
        | st.tuples(st.just("number"), st.integers(4, 5).map(lambda n: _allowed(words[n - 1 :])))
    )
    custom = [{"property": "role", "value": "target"}]
    return {"name": name, "logicalType": kind, **limits, "customProperties": custom}


def _limits(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return (
        st.just({})
        | {
            "number": _ranges(finite | small.map(float)) | _choices(finite.map(repr)),
            "integer": _ranges((whole | small).map(float)) | _choices((whole | small).map(str)),
            "string": _texts()
            | _choices(st.sampled_from(("a", "B", "a b", "1", "é", 'x"', "a,b"))),
            "boolean": _choices(st.sampled_from(("true", "No"))),
            "date": _days("date"),
            "timestamp": _days("timestamp"),
        }[kind]
    )


@st.composite
def _ranges(draw: st.DrawFn, numbers: st.SearchStrategy[float]) -> dict[str, Any]:
    # Far enough apart for a value, even a whole one, between two bounds that are excluded.
    ends = st.tuples(numbers, numbers).map(sorted).filter(lambda each: each[1] - each[0] > 2)
    low, high = draw(ends)
    bounds = {
        draw(st.sampled_from(("minimum", "exclusiveMinimum", ""))): low,
        draw(st.sampled_from(("maximum", "exclusiveMaximum", ""))): high,
    }
    return {"logicalTypeOptions": {key: bound for key, bound in bounds.items() if key}}


def _choices(words: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.lists(words, min_size=1, max_size=4, unique=True).map(_allowed)


def _allowed(words: Any) -> dict[str, Any]:
    rule = {"metric": "invalidValues", "arguments": {"validValues": list(words)}, "mustBe": 0}
    return {"quality": [rule]}


@st.composite
def _texts(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {"logicalTypeOptions": {"pattern": draw(st.sampled_from(PATTERNS))}}
    shortest = draw(st.integers(0, 3))
    return {"logicalTypeOptions": {"minLength": shortest, "maxLength": draw(st.integers(4, 9))}}


@st.composite
def _days(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    form = draw(st.sampled_from(FORMATS[kind]))
    first, last = sorted((draw(days), draw(days)))
    if draw(st.integers(0, 3)) == 3:
        allowed = [datetime(each.year, each.month, each.day) for each in (first, last)]
        return {"logicalTypeOptions": {"format": form}} | _allowed(
            sorted({stamp(each, form) for each in allowed})
        )
    bounds = {"minimum": first, "maximum": last}
    kept = {key: str(day) for key, day in bounds.items() if draw(st.booleans())}
    return {"logicalTypeOptions": kept | {"format": form}}


def stamp(moment: datetime, form: str | None) -> str:
    """Write a moment by a strptime format, in ISO 8601 without one; years have four digits."""
    if form is None:
        return moment.isoformat() if moment.time() != datetime.min.time() else str(moment.date())
    return moment.strftime(form.replace("%Y", f"{moment.year:04}"))
