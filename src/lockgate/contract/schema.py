"""The canonical schema: what later stages, the bundle and the service know of a row."""

import json
import re
from typing import Any, Literal

from pydantic import ValidationError

from lockgate.errors import ContractError, did_you_mean
from lockgate.strict import Strict, tuples

Type = Literal["number", "integer", "string", "boolean", "date", "timestamp"]
Role = Literal["key", "group", "time", "target", "feature", "ignore"]
Task = Literal["regression", "binary", "multiclass"]

NUMERIC: frozenset[str] = frozenset({"number", "integer", "boolean"})
TEMPORAL: frozenset[str] = frozenset({"date", "timestamp"})
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
TRUE = ("true", "t", "yes", "y", "1", "1.0")
FALSE = ("false", "f", "no", "n", "0", "0.0")
# Above it, an integer and its neighbour are one and the same float64.
LARGEST_INTEGER = 2.0**53 - 1
# What a cell of a spreadsheet holds: longer texts are a mistake unless the contract allows them.
LONGEST_TEXT = 32_767


class Column(Strict):
    """One column.

    Attributes
    ----------
    nullable : bool
        A row may lack the value.
    delivered : bool
        Each delivery must have the column.
    requested : bool
        A prediction request must have the value.
    missing : tuple of str
        Texts that stand for a missing value, after trimming.
    earliest, latest : str or None
        ISO 8601 bounds of a date or timestamp, both included.
    format : str or None
        ``strptime`` format of a date or timestamp; ISO 8601 when None; ``%s`` and ``%s%3N`` are
        seconds and milliseconds since 1970.
    decimal, grouping : str
        What stands before the decimals of a number, and between its groups of three digits; a
        space is any space that does not break lines as well, an apostrophe a curved one too.
    text : bool
        A string of which matters what it says, not which one of several it is.
    affixes : tuple of str
        Signs and units that may stand before or after a number, such as ``$`` or ``%``.
    negative : str
        How a number below zero is written: with a minus, or, as in accounts, also in brackets.
    """

    name: str
    type: Type
    role: Role
    text: bool = False
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    earliest: str | None = None
    latest: str | None = None
    values: tuple[str, ...] | None = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    format: str | None = None
    decimal: Literal[".", ","] = "."
    grouping: Literal["", ",", ".", " ", "'"] = ""
    affixes: tuple[str, ...] = ()
    negative: Literal["minus", "brackets"] = "minus"
    nullable: bool = True
    delivered: bool = True
    requested: bool = False
    unique: bool = False
    personal: bool = False
    missing: tuple[str, ...] = ("",)

    @property
    def numeric(self) -> bool:
        """Whether values are held as float64."""
        return self.type in NUMERIC

    @property
    def temporal(self) -> bool:
        """Whether values are held as datetime64[s]."""
        return self.type in TEMPORAL

    @property
    def missing_numbers(self) -> frozenset[float]:
        """The words for a missing value that are numbers: a typed value may be one of them."""
        return frozenset(float(word) for word in self.missing if re.fullmatch(NUMBER, word))

    @property
    def needed(self) -> bool:
        """Whether a prediction request without a value is refused."""
        return self.requested and not self.nullable


class Rule(Strict):
    """A Great Expectations expectation that the contract lists and lockgate passes through."""

    type: str
    kwargs: dict[str, Any]
    severity: Literal["error", "warning"]


class TableBound(Strict):
    """A bound on an aggregate of the whole table, as ODCS library metrics state it."""

    metric: Literal["rowCount", "missingValues", "nullValues", "duplicateValues", "invalidValues"]
    column: str | None
    unit: Literal["rows", "percent"]
    minimum: float | None
    maximum: float | None
    severity: Literal["error", "warning"]


class Schema(Strict):
    """What a row is, without prose: two contracts with the same meaning give the same schema."""

    entity: str
    entities: str
    version: str
    columns: tuple[Column, ...]
    bounds: tuple[TableBound, ...] = ()
    rules: tuple[Rule, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column called `name`.

        Raises
        ------
        ContractError
            Naming the nearest known column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        hint = did_you_mean(name, self.names)
        raise ContractError(f"the contract has no column '{name}'{hint}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in the contract's order."""
        return tuple(column.name for column in self.columns)

    @property
    def target(self) -> Column:
        """The column that is predicted."""
        return self.with_role("target")[0]

    @property
    def key(self) -> Column | None:
        """The column that identifies a row."""
        return next(iter(self.with_role("key")), None)

    @property
    def group(self) -> Column | None:
        """The column that identifies the entity which rows repeat."""
        return next(iter(self.with_role("group")), None)

    @property
    def time(self) -> Column | None:
        """The column that says when a row happened."""
        return next(iter(self.with_role("time")), None)

    def with_role(self, role: Role) -> tuple[Column, ...]:
        """Return the columns that have `role`."""
        return tuple(column for column in self.columns if column.role == role)

    @property
    def task(self) -> Task:
        """What the target asks for: a number is regression, two values are binary."""
        if self.target.type in {"number", "integer"} and not self.target.values:
            return "regression"
        return "binary" if len(self.classes) == 2 else "multiclass"

    @property
    def classes(self) -> tuple[str, ...]:
        """Class labels of a classification target, in the contract's order; else empty."""
        if self.target.type == "boolean":
            return ("false", "true")
        return self.target.values or ()

    def to_json(self) -> str:
        """Return the canonical JSON text: equal schemas give equal bytes."""
        data = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Schema":
        """Read what `to_json` wrote.

        Raises
        ------
        ContractError
            When the text is not a schema.
        """
        try:
            return cls.model_validate(tuples(json.loads(text)))
        except (ValidationError, ValueError) as problem:
            raise ContractError(f"not a lockgate schema: {problem}") from None
