"""A date or timestamp in a request."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from lockgate.contract import Column

_REMEMBERED = 4096
_MIDNIGHT = time()
_EPOCH = datetime(1970, 1, 1)
_SECOND = timedelta(seconds=1)
_EXAMPLES = {
    "date": "a date such as 2026-01-31",
    "timestamp": "a time such as 2026-01-31T12:00:00",
}
_FORMATS = {"date": "date", "timestamp": "date-time"}


def moment(column: Column) -> Any:
    """Return the annotation of a date or timestamp: text in ISO 8601, or a Python date.

    As in deliveries it is cut to the second, and UTC unless it says otherwise. JSON Schema has no
    bounds for moments, so that they are published by the names that its validator Ajv has for
    them.
    """
    shape: dict[str, Any] = {"type": "string", "format": _FORMATS[column.type]}
    bounds = {"formatMinimum": column.earliest, "formatMaximum": column.latest}
    for name, bound in bounds.items():
        if bound is not None:
            shape[name] = _written(_parsed(bound), column)
    if column.values is not None:
        shape["enum"] = [_written(each, column) for each in _allowed(column)]
    return Annotated[int, PlainValidator(_check(column)), WithJsonSchema(shape)]


def check_absent(column: Column) -> None:
    """Refuse a word for a missing value where the column needs a value.

    Raises
    ------
    PydanticCustomError
    """
    if column.needed:
        raise PydanticCustomError("missing_value", "must not be missing")


def _check(column: Column) -> Callable[[Any], int | None]:
    earliest, latest = (
        None if bound is None else _parsed(bound) for bound in (column.earliest, column.latest)
    )
    words, allowed = frozenset(column.missing), _allowed(column)
    example = _EXAMPLES[column.type]

    def held(value: Any) -> int:
        try:
            when = _parsed(value)
            # pandas' NaT is a datetime that has none.
            time_of_day = when.time()
        except (ValueError, TypeError, OverflowError):
            raise PydanticCustomError("moment", f"must be {example}") from None
        if column.type == "date" and time_of_day != _MIDNIGHT:
            raise PydanticCustomError("moment", f"must be {example}, without a time of day")
        if earliest is not None and when < earliest:
            raise PydanticCustomError("moment", f"must not be before {column.earliest}")
        if latest is not None and when > latest:
            raise PydanticCustomError("moment", f"must not be after {column.latest}")
        if column.values is not None and when not in allowed:
            raise PydanticCustomError("moment", f"must be one of {', '.join(column.values)}")
        # As datetime64[s] counts, because numpy takes long over a datetime.
        return (when - _EPOCH) // _SECOND

    # The same days are asked about again and again. What is refused is not remembered.
    remembered = lru_cache(_REMEMBERED)(held)

    def check(value: Any) -> int | None:
        if not isinstance(value, str):
            return held(value)
        text = value.strip()
        if text in words:
            check_absent(column)
            return None
        return remembered(text)

    return check


def _parsed(value: Any, format: str | None = None) -> datetime:
    if isinstance(value, str):
        value = datetime.strptime(value, format) if format else datetime.fromisoformat(value)
    if isinstance(value, datetime):
        utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return utc.replace(microsecond=0) if utc.microsecond else utc
    if isinstance(value, date):
        return datetime.combine(value, _MIDNIGHT)
    raise TypeError(type(value))


def _allowed(column: Column) -> list[datetime]:
    return [_parsed(value, column.format) for value in column.values or ()]


def _written(when: datetime, column: Column) -> str:
    return f"{when.date()}" if column.type == "date" else f"{when.isoformat()}Z"
