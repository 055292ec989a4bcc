"""One field of a request: read as a delivery's value is, and held to the same rules.

What JSON Schema can say of the rules is published; it is about values in canonical writing, that
is trimmed text, null for a missing value, and moments as RFC 3339 has them.
"""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from lockgate.contract import Column
from lockgate.contract.patterns import published_pattern, text_pattern
from lockgate.contract.schema import LARGEST_INTEGER, LONGEST_TEXT, TRUE
from lockgate.predict.moments import check_absent, moment


def field(column: Column) -> tuple[Any, Any]:
    """Return the annotation and the default of a column's field, for `pydantic.create_model`.

    Text is trimmed, and the contract's words for a missing value are null. Numbers are finite and
    never text. Dates and timestamps are in ISO 8601, whatever the format of deliveries.
    """
    if column.role == "ignore":
        return Any, Field(default=None, alias=column.name)
    kind = _KINDS[column.type](column)
    if not column.needed:
        kind = kind | None
    if column.missing_numbers and column.type in ("number", "integer"):
        kind = Annotated[kind, BeforeValidator(_without_missing(column))]
    default = ... if column.requested else None
    return kind, Field(default, alias=column.name, description=column.unit)


def _without_missing(column: Column) -> Callable[[Any], Any]:
    numbers = column.missing_numbers

    def read(value: Any) -> Any:
        if isinstance(value, int | float) and value in numbers:
            check_absent(column)
            return None
        return value

    return read


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
    return kind if column.values is None else _one_of(kind, column)


def _integer(column: Column) -> Any:
    shape: dict[str, Any] = {"type": "integer"}
    if column.minimum is None and column.exclusive_minimum is None:
        shape["minimum"] = -int(LARGEST_INTEGER)
    if column.maximum is None and column.exclusive_maximum is None:
        shape["maximum"] = int(LARGEST_INTEGER)
    return Annotated[_number(column), AfterValidator(_whole), Field(json_schema_extra=shape)]


def _whole(value: float) -> float:
    if not value.is_integer() or abs(value) > LARGEST_INTEGER:
        raise PydanticCustomError("whole_number", "must be a whole number")
    return value


def _boolean(column: Column) -> Any:
    kind: Any = Annotated[bool, Field(strict=True)]
    return kind if column.values is None else _one_of(kind, column)


def _string(column: Column) -> Any:
    if column.values is not None:
        return _text(_choice(column), {"enum": list(column.values)})
    # An empty text is a missing value.
    shortest = max(column.min_length or 0, 1) if column.needed else column.min_length
    pattern = None if column.pattern is None else published_pattern(column.pattern)
    shape = {"minLength": shortest, "maxLength": _longest(column), "pattern": pattern}
    stated = {name: bound for name, bound in shape.items() if bound is not None}
    return _text(_free_text(column), stated)


def _text(read: Callable[[str], str | None], shape: dict[str, Any]) -> Any:
    return Annotated[str, Field(strict=True, json_schema_extra=shape), AfterValidator(read)]


def _choice(column: Column) -> Callable[[str], str | None]:
    words, allowed = frozenset(column.missing), column.values or ()

    def read(value: str) -> str | None:
        text = value.strip()
        if text in allowed:
            return text
        if text not in words:
            raise PydanticCustomError("one_of", f"must be one of {', '.join(allowed)}")
        check_absent(column)
        return None

    return read


def _free_text(column: Column) -> Callable[[str], str | None]:
    words, matches = frozenset(column.missing), text_pattern(column).fullmatch
    shortest, longest = column.min_length or 0, _longest(column)

    def read(value: str) -> str | None:
        text = value.strip()
        if text in words:
            check_absent(column)
            return None
        if not _encodable(text):
            raise PydanticCustomError("string_unicode", "must be text")
        if len(text) < shortest:
            raise PydanticCustomError("length", f"must have at least {shortest} characters")
        if len(text) > longest:
            raise PydanticCustomError("length", f"must have at most {longest} characters")
        if column.pattern is not None and not matches(text):
            raise PydanticCustomError("pattern", "must match the contract's pattern")
        return text

    return read


def _longest(column: Column) -> int:
    return LONGEST_TEXT if column.max_length is None else column.max_length


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _one_of(kind: Any, column: Column) -> Any:
    words = column.values or ()
    allowed: list[Any] = [_meaning(word, column) for word in words]

    def check(value: Any) -> Any:
        if value not in allowed:
            raise PydanticCustomError("one_of", f"must be one of {', '.join(words)}")
        return value

    return Annotated[kind, AfterValidator(check), Field(json_schema_extra={"enum": allowed})]


def _meaning(word: str, column: Column) -> float:
    if column.type == "boolean":
        return word.lower() in TRUE
    number = float(word)
    return int(number) if number.is_integer() else number


_KINDS: dict[str, Callable[[Column], Any]] = {
    "number": _number,
    "integer": _integer,
    "string": _string,
    "boolean": _boolean,
    "date": moment,
    "timestamp": moment,
}
