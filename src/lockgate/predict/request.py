"""The shape of a row to predict, derived from the schema."""

from collections.abc import Callable, Sequence
from types import GenericAlias
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model, with_config
from typing_extensions import TypedDict

from lockgate.contract import Column, Schema
from lockgate.errors import Problem, RequestError, did_you_mean
from lockgate.predict.fields import field

SHOWN = 10
LONGEST = 60


def request_model(schema: Schema) -> type[BaseModel]:
    """Derive the model of one row.

    A column that the contract requires of a request must be there; every other may be absent or
    null, which is the same. The target is refused, columns with the role ignore are not looked at.
    See `lockgate.predict.fields` for values.

    Parameters
    ----------
    schema : Schema
        As the bundle embeds it.

    Returns
    -------
    type of BaseModel
        Frozen; its fields are called as the columns are, by alias.
    """
    fields: Any = {f"column_{place}": field(each) for place, each in enumerate(_asked(schema))}
    config = ConfigDict(frozen=True, extra="forbid", title=schema.entity)
    return create_model("Row", __config__=config, **fields)


def request_check(schema: Schema) -> Callable[[Sequence[Any]], list[dict[str, Any]]]:
    """Derive the check of many rows, by the rules of `request_model`.

    Returns
    -------
    callable
        From rows to dicts that hold every column of the request, absent ones as None; raises
        ``ValidationError``. Dicts take two thirds of the time that instances of a model do.
    """
    kinds = {each.name: Annotated[field(each)] for each in _asked(schema)}
    # As a plain callable, because a type checker takes only a literal for its fields.
    typed_dict: Any = TypedDict
    row = typed_dict("Row", kinds)
    rows: Any = GenericAlias(list, (with_config(extra="forbid")(row),))
    check: Callable[[Sequence[Any]], list[dict[str, Any]]]
    check = TypeAdapter(rows).validator.validate_python
    return check


def _asked(schema: Schema) -> list[Column]:
    return [column for column in schema.columns if column.role != "target"]


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
        return unknown(field_of(error), schema)
    if error["input"] is None and kind != "missing":
        return "must not be null"
    template = SENTENCES.get(kind)
    return template.format(**error.get("ctx", {})) if template else str(error["msg"])


def _printable(name: str) -> str:
    """Cut a name that a stranger chose to a length and to characters that can be written."""
    return name[:LONGEST].encode("utf-8", "backslashreplace").decode()


SENTENCES = {
    "missing": "is required",
    "invalid_key": "has a name that is no text",
    "json_invalid": "must be JSON",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than_equal": "must be at least {ge:.15g}",
    "greater_than": "must be above {gt:.15g}",
    "less_than_equal": "must be at most {le:.15g}",
    "less_than": "must be below {lt:.15g}",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "dict_type": "must be an object of column names and values",
    "model_type": "must be an object of column names and values",
    "model_attributes_type": "must be an object of column names and values",
}


def unknown(name: str, schema: Schema) -> str:
    """Say that no column of a request has this name, in words that follow it."""
    if name == schema.target.name:
        return "is what the model predicts; leave it out"
    known = [column.name for column in schema.columns if column.role != "target"]
    return f"is not a column of the contract{did_you_mean(name, known)}"
