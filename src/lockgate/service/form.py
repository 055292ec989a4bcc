"""The form of a row, derived from the schema inside the bundle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lockgate.artifact import Bundle
from lockgate.contract import Column
from lockgate.predict.remarks import last_dates
from lockgate.service.examples import PRIVATE, example_row

MOST_SUGGESTIONS = 200
Input = Literal["number", "text", "textarea", "date", "datetime-local", "select"]
INPUTS: dict[str, Input] = {
    "number": "number",
    "integer": "number",
    "string": "text",
    "date": "date",
    "timestamp": "datetime-local",
}


@dataclass(frozen=True, slots=True)
class FormField:
    """What a person fills in for one column.

    Attributes
    ----------
    input : {"number", "text", "textarea", "date", "datetime-local", "select"}
        How.
    sends : {"number", "text", "boolean"}
        What it becomes in JSON.
    null : bool
        Whether it is sent as null when it is empty; else it is left out.
    choices : tuple of (str, str)
        Value and label of each that is allowed.
    suggestions : tuple of str
        Texts that training rows had, where others are allowed too.
    example : str
        What it is filled in with.
    """

    name: str
    label: str
    input: Input
    sends: Literal["number", "text", "boolean"]
    unit: str
    required: bool
    null: bool
    minimum: str
    maximum: str
    step: str
    hint: str
    choices: tuple[tuple[str, str], ...]
    suggestions: tuple[str, ...]
    example: str


def form_fields(bundle: Bundle, *, public: bool = True) -> list[FormField]:
    """Return the fields of the columns that the model reads or a request must have.

    Parameters
    ----------
    bundle : Bundle
        What is served.
    public : bool
        As in `lockgate.service.examples.example_row`.
    """
    read = {name for each in bundle.features for name in each.columns}
    row = example_row(bundle, public=public)
    return [
        _field(column, bundle, row, public)
        for column in bundle.schema.columns
        if column.role not in {"target", "ignore"} and (column.requested or column.name in read)
    ]


def label(name: str) -> str:
    """Return a column's name as a person would write it."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def allowed(column: Column) -> str:
    """Say in words which values a column may have, "" when any of its type will do."""
    if column.values is not None:
        return ", ".join(column.values)
    bounds = {
        "at least": column.minimum,
        "above": column.exclusive_minimum,
        "at most": column.maximum,
        "below": column.exclusive_maximum,
    }
    told = [f"{word} {bound:,.12g}" for word, bound in bounds.items() if bound is not None]
    moments = {"not before": column.earliest, "not after": column.latest}
    told += [f"{word} {moment}" for word, moment in moments.items() if moment]
    return ", ".join(told)


def _field(column: Column, bundle: Bundle, row: Mapping[str, Any], public: bool) -> FormField:
    choices = _choices(column)
    return FormField(
        name=column.name,
        label=label(column.name),
        input=_input(column),
        sends=_sends(column),
        unit=column.unit or "",
        required=column.needed,
        null=column.requested and column.nullable,
        minimum=_bound(column.minimum, column.earliest),
        maximum=_bound(column.maximum, column.latest),
        step={"integer": "1", "timestamp": "1"}.get(column.type, "any"),
        hint=_hint(column, bundle),
        choices=choices,
        suggestions=_suggestions(column, bundle) if public else (),
        example=_written(row.get(column.name)),
    )


def _input(column: Column) -> Input:
    if _choices(column):
        return "select"
    return "textarea" if column.text else INPUTS[column.type]


def _sends(column: Column) -> Literal["number", "text", "boolean"]:
    if column.type == "boolean":
        return "boolean"
    return "number" if column.numeric else "text"


def _choices(column: Column) -> tuple[tuple[str, str], ...]:
    if column.type == "boolean":
        return (("true", "yes"), ("false", "no"))
    if column.temporal:
        return ()
    values = column.values or ()
    written = (f"{float(value):.17g}" if column.numeric else value for value in values)
    return tuple((each, each) for each in written)


def _bound(number: float | None, moment: str | None) -> str:
    return moment or ("" if number is None else f"{number:.17g}")


def _hint(column: Column, bundle: Bundle) -> str:
    last = last_dates(bundle).get(column.name)
    if last is not None and column.role == "time":
        return f"empty: {last}, the last day of training"
    if column.minimum is not None and column.maximum is not None and column.values is None:
        return f"{column.minimum:,.12g} to {column.maximum:,.12g}"
    if column.values is None and column.max_length is not None:
        return f"up to {column.max_length:,} characters"
    if _choices(column):
        return ""
    return ", ".join(
        filter(None, (allowed(column), "in UTC" if column.type == "timestamp" else ""))
    )


def _suggestions(column: Column, bundle: Bundle) -> tuple[str, ...]:
    levels = bundle.levels.get(column.name, frozenset()) - {""}
    told = column.values is None and column.role not in PRIVATE and not column.personal
    return tuple(sorted(levels)) if told and len(levels) <= MOST_SUGGESTIONS else ()


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).removesuffix("Z")
