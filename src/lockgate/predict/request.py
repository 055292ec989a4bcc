"""The shape of a row to predict, derived from the schema: one pydantic model for every door."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError

from lockgate.contract import Column, Schema
from lockgate.errors import Problem, RequestError, did_you_mean

SHOWN = 10
LONGEST = 60
MIDNIGHT = time()
EPOCH = datetime(1970, 1, 1)
SECOND = timedelta(seconds=1)


def request_model(schema: Schema) -> type[BaseModel]:
    """Derive the model of one row.

    A column that the contract requires of a request must be there; every other may be absent or
    null, which is the same. Numbers are finite and within the contract's range, and never text.
    The target is refused, columns with the role ignore are not looked at.

    Parameters
    ----------
    schema : Schema
        As the bundle embeds it.

    Returns
    -------
    type of BaseModel
        Frozen; its fields are called as the columns are, by alias.
    """
    fields: Any = {
        f"column_{number}": _field(column)
        for number, column in enumerate(schema.columns)
        if column.role != "target"
    }
    config = ConfigDict(frozen=True, extra="forbid", title=schema.entity)
    return create_model("Row", __config__=config, **fields)


def problems_of(problem: ValidationError, schema: Schema) -> tuple[Problem, ...]:
    """Return what pydantic says of a list of rows, in words.

    The offending values are not repeated: they may be personal, or huge.
    """
    return tuple(
        Problem(int(error["loc"][0]), field_of(error), what(error, schema))
        for error in problem.errors(include_url=False)
    )


def refusal(problems: tuple[Problem, ...], rows: int) -> RequestError:
    """Return the error that names row and field of what is wrong with a request of `rows` rows."""
    shown = []
    for each in problems[:SHOWN]:
        row = f"row {each.row}" if rows > 1 else ""
        subject = ", ".join(filter(None, (row, each.field))) or "the row"
        shown.append(f"{subject} {each.what}")
    more = len(problems) - len(shown)
    told = "; ".join(shown) + (f"; and {more} more" if more else "")
    return RequestError(told, problems=problems)


def field_of(error: Any) -> str:
    """Return the name of the field that a pydantic error is about, "" for the row itself."""
    return _printable(".".join(part for part in error["loc"][1:] if isinstance(part, str)))


def what(error: Any, schema: Schema) -> str:
    """Say what is wrong, in words that follow the field's name."""
    kind = error["type"]
    if kind == "extra_forbidden":
        return _unknown(field_of(error), schema)
    if error["input"] is None and kind != "missing":
        return "must not be null"
    template = SENTENCES.get(kind)
    return template.format(**error.get("ctx", {})) if template else str(error["msg"])


def _printable(name: str) -> str:
    """Cut a name that a stranger chose to a length and to characters that can be written."""
    return name[:LONGEST].encode("utf-8", "backslashreplace").decode()


SENTENCES = {
    "missing": "is required",
    "json_invalid": "must be JSON",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than_equal": "must be at least {ge:g}",
    "greater_than": "must be above {gt:g}",
    "less_than_equal": "must be at most {le:g}",
    "less_than": "must be below {lt:g}",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "literal_error": "must be one of {expected}",
    "model_type": "must be an object of column names and values",
    "model_attributes_type": "must be an object of column names and values",
}


def _unknown(name: str, schema: Schema) -> str:
    if name == schema.target.name:
        return "is what the model predicts; leave it out"
    known = [column.name for column in schema.columns if column.role != "target"]
    return f"is not a column of the contract{did_you_mean(name, known)}"


def _field(column: Column) -> tuple[Any, Any]:
    if column.role == "ignore":
        return Any, Field(default=None, alias=column.name)
    kind = TYPES[column.type](column)
    default = ... if column.requested else None
    field = Field(default, alias=column.name, description=column.unit)
    return kind if column.requested and not column.nullable else kind | None, field


def _number(column: Column) -> Any:
    bounds = Field(
        strict=True,
        allow_inf_nan=False,
        ge=column.minimum,
        le=column.maximum,
        gt=column.exclusive_minimum,
        lt=column.exclusive_maximum,
    )
    kind: Any = Annotated[float, bounds]
    if column.values is not None:
        kind = Annotated[kind, AfterValidator(_one_of(column.values))]
    return kind


def _integer(column: Column) -> Any:
    return Annotated[
        _number(column), AfterValidator(_whole), Field(json_schema_extra={"type": "integer"})
    ]


def _whole(value: float) -> float:
    # above it, neighbouring integers are one and the same float
    if not value.is_integer() or abs(value) > 2.0**53:
        raise PydanticCustomError("whole_number", "must be a whole number")
    return value


def _one_of(values: tuple[str, ...]) -> Any:
    allowed = frozenset(float(value) for value in values)

    def check(value: float) -> float:
        if value not in allowed:
            raise PydanticCustomError("one_of", f"must be one of {', '.join(values)}")
        return value

    return check


def _string(column: Column) -> Any:
    if column.values is not None:
        return Literal[column.values]
    # An empty text is a missing value.
    shortest = max(column.min_length or 0, 1) if column.requested else column.min_length
    kind: Any = Annotated[
        str, Field(strict=True, min_length=shortest, max_length=column.max_length)
    ]
    if column.pattern is None:
        return kind
    return Annotated[kind, AfterValidator(_matching(column.pattern))]


def _matching(pattern: str) -> Any:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if value and not compiled.fullmatch(value):
            raise PydanticCustomError("pattern", "must match the contract's pattern")
        return value

    return check


def _temporal(column: Column) -> Any:
    shape = {"type": "string", "format": "date" if column.type == "date" else "date-time"}
    return Annotated[int, PlainValidator(_moment(column)), WithJsonSchema(shape)]


def _moment(column: Column) -> Any:
    example = "a date such as 2026-01-31"
    if column.type == "timestamp":
        example = "a time such as 2026-01-31T12:00:00"
    earliest, latest = (
        None if text is None else _parsed(text) for text in (column.earliest, column.latest)
    )

    def check(value: Any) -> int:
        try:
            moment = _parsed(value)
        except (ValueError, TypeError, OverflowError):
            raise PydanticCustomError("moment", f"must be {example}") from None
        if column.type == "date" and moment.time() != MIDNIGHT:
            raise PydanticCustomError("moment", f"must be {example}, without a time of day")
        if earliest is not None and moment < earliest:
            raise PydanticCustomError("moment", f"must not be before {column.earliest}")
        if latest is not None and moment > latest:
            raise PydanticCustomError("moment", f"must not be after {column.latest}")
        # As datetime64[s] counts, because numpy takes long over a datetime.
        return (moment - EPOCH) // SECOND

    return check


def _parsed(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime.combine(value, MIDNIGHT)
    raise TypeError(type(value))


TYPES: dict[str, Any] = {
    "number": _number,
    "integer": _integer,
    "string": _string,
    "boolean": lambda _: Annotated[bool, Field(strict=True)],
    "date": _temporal,
    "timestamp": _temporal,
}
