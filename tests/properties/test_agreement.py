"""Contract, request model and published JSON Schema say the same of every value.

They are compared on values as JSON has them (I-JSON, RFC 7493): finite numbers of float64 and text
that is Unicode. JSON Schema speaks of canonical writing: trimmed text, null for the contract's
words for a missing value, dates and times as RFC 3339 has them. It cannot say two things: bounds
of dates, for which the names of its validator Ajv are used, and Unicode's line breaks and white
space in patterns.
"""

import math
import re
from datetime import UTC, datetime
from typing import Any

import jsonschema
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from jsonschema.validators import extend
from pydantic import BaseModel, ValidationError

from lockgate.contract import Column, Schema
from lockgate.predict.request import request_model
from lockgate.validation.parse import missing_values, read_cells
from lockgate.validation.verdicts import verdicts
from tests.properties.contracts import contracts, examples, schema_of
from tests.properties.values import near, rows

FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date", raises=ValueError)
def _is_date(value: Any) -> bool:
    shape = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII)
    return not isinstance(value, str) or bool(shape and datetime.fromisoformat(value))


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: Any) -> bool:
    shape = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    matches = isinstance(value, str) and re.fullmatch(shape, value, re.ASCII)
    return not isinstance(value, str) or bool(matches and datetime.fromisoformat(value))


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Any:
    if isinstance(value, str) and not re.search(pattern, value, re.ASCII):
        yield jsonschema.ValidationError("pattern")


def _minimum(_: Any, bound: str, value: Any, __: Any) -> Any:
    if isinstance(value, str) and value < bound:
        yield jsonschema.ValidationError("formatMinimum")


def _maximum(_: Any, bound: str, value: Any, __: Any) -> Any:
    if isinstance(value, str) and value > bound:
        yield jsonschema.ValidationError("formatMaximum")


# With pattern as ECMA 262 reads it, and Ajv's bounds of dates, whose texts sort as they do.
Validator: Any = extend(
    jsonschema.Draft202012Validator,
    {"pattern": _pattern, "formatMinimum": _minimum, "formatMaximum": _maximum},
)


def by_contract(column: Column, value: Any) -> bool:
    """Tell whether the contract admits a value in a request."""
    read = _as_delivered(column, value)
    if read is None:
        return False
    values, failed = read
    schema = Schema(entity="e", entities="e", version="1", columns=(column,))
    required = {column.name} if column.needed else set()
    masks = verdicts(schema, {column.name: values}, {column.name: failed}, required)
    return not any(mask.any() for mask in masks.values())


def _as_delivered(column: Column, value: Any) -> Any:
    """Read a value as that of a typed file; None when JSON's type is not the column's."""
    if value is None:
        return missing_values(column, 1), np.array([False])
    if isinstance(value, bool):
        fits = column.type == "boolean"
        return read_cells(np.array([float(value)]), column) if fits else None
    if isinstance(value, int | float):
        fits = column.type in ("number", "integer") and math.isfinite(value)
        return read_cells(np.array([float(value)]), column) if fits else None
    if isinstance(value, str) and not column.numeric:
        iso = column.model_copy(update={"format": None})
        return read_cells(np.array([value], dtype=object), iso)
    return None


def by_model(model: type[BaseModel], row: dict[str, Any]) -> bool:
    """Tell whether the request model takes a row."""
    try:
        model(**row)
    except ValidationError:
        return False
    return True


def by_json_schema(model: type[BaseModel], row: dict[str, Any]) -> bool:
    """Tell whether a row is valid by the JSON Schema that the request model publishes."""
    validator = Validator(model.model_json_schema(), format_checker=FORMATS)
    return bool(validator.is_valid(row))


def canonical(column: Column, value: Any) -> Any:
    """Return a value in the writing that the published schema is about."""
    if isinstance(value, str) and not column.numeric:
        text = value.strip()
        if text in column.missing:
            return None
        return _rfc3339(column, text) if column.temporal else text
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    numeric = plain and column.type in ("number", "integer")
    return None if numeric and value in column.missing_numbers else value


def _rfc3339(column: Column, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment.astimezone(UTC) if moment.tzinfo else moment).replace(microsecond=0)
    except OverflowError:
        return "a moment that an offset puts beyond the years 1 to 9999"
    except ValueError:
        return text
    moment = moment.replace(tzinfo=None)
    day = column.type == "date" and moment.time() == datetime.min.time()
    return str(moment.date()) if day else f"{moment.isoformat()}Z"


@examples(100)
@given(st.data())
def test_a_value_is_valid_for_all_or_for_none(data: st.DataObject) -> None:
    """What validate accepts is what the predictor takes, and what OpenAPI says."""
    schema = schema_of(data.draw(contracts(most=3)))
    model = request_model(schema)
    for column in schema.columns:
        if column.role in ("target", "ignore"):
            continue
        fill = data.draw(rows(schema))
        for value in data.draw(st.lists(near(column), min_size=1, max_size=4), label=column.name):
            admitted = by_contract(column, value)
            row = fill | {column.name: value}
            assert by_model(model, row) == admitted, (column, value)
            shown = fill | {column.name: canonical(column, value)}
            if not (isinstance(value, float) and not math.isfinite(value)):
                assert by_json_schema(model, shown) == admitted, (column, value, shown)


@examples(60)
@given(st.data())
def test_a_row_is_valid_for_both_or_for_none(data: st.DataObject) -> None:
    """Required, unknown and unwanted fields are the same by the model and by what it publishes."""
    schema = schema_of(data.draw(contracts()))
    model = request_model(schema)
    row = data.draw(rows(schema))
    assert by_model(model, row)
    assert by_json_schema(model, row)
    names = st.sampled_from([*schema.names, "something else"])
    dropped = data.draw(st.sets(names))
    row = {name: value for name, value in row.items() if name not in dropped}
    row |= dict.fromkeys(data.draw(st.sets(names, max_size=2)))
    assert by_model(model, row) == by_json_schema(model, row)
