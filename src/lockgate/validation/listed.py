"""Expectations of Great Expectations that the contract lists, and how each can be judged."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from lockgate.contract import Rule, Schema
from lockgate.errors import ContractError, did_you_mean
from lockgate.validation.instants import instants

Scope = Literal["rows", "merged", "table"]

# Great Expectations maps these over rows, but a row's verdict depends on the other rows or on the
# column's type.
_OF_THE_WHOLE_COLUMN = frozenset(
    {
        "expect_column_value_z_scores_to_be_less_than",
        "expect_column_values_to_be_decreasing",
        "expect_column_values_to_be_in_type_list",
        "expect_column_values_to_be_increasing",
        "expect_column_values_to_be_of_type",
        "expect_column_values_to_be_unique",
        "expect_column_values_to_not_be_outliers",
        "expect_compound_columns_to_be_unique",
    }
)
_OF_A_DATABASE = frozenset(
    {
        "expect_query_results_to_match_comparison",
        "expect_table_row_count_to_equal_other_table",
        "unexpected_rows_expectation",
    }
)
MERGED = {
    "expect_column_max_to_be_between": "maximum",
    "expect_column_mean_to_be_between": "mean",
    "expect_column_min_to_be_between": "minimum",
    "expect_column_proportion_of_non_null_values_to_be_between": "filled_share",
    "expect_column_sum_to_be_between": "sum",
    "expect_table_row_count_to_be_between": "rows",
    "expect_table_row_count_to_equal": "rows",
}
_COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list")
_MOMENT_ARGUMENTS = ("min_value", "max_value", "value_set")


@dataclass(frozen=True, eq=False)
class Listed:
    """An expectation that the contract lists, ready to run.

    Attributes
    ----------
    name : str
        ``<columns>: <type>``, as in the metrics.
    rule : Rule
        As the contract states it.
    scope : "rows", "merged" or "table"
        Judged row by row; on an aggregate that merges over batches; on whole columns.
    columns : tuple of str
        The columns that it reads; for a rule that names none, all.
    expectation : great_expectations.expectations.Expectation
    """

    name: str
    rule: Rule
    scope: Scope
    columns: tuple[str, ...]
    expectation: Any

    @property
    def stated(self) -> str:
        """The arguments that are no columns, in words."""
        arguments = _plain(self.rule.kwargs).items()
        words = [f"{key}: {value}" for key, value in arguments if key not in _COLUMN_ARGUMENTS]
        return ", ".join(words) or "every row"


def listed_expectations(schema: Schema) -> tuple[Listed, ...]:
    """Return the expectations that the contract lists.

    Raises
    ------
    ContractError
        When a type, an argument or a column is unknown, or an argument cannot be used.
    """
    taken: Counter[str] = Counter()
    return tuple(_listed(rule, schema, taken) for rule in schema.rules)


def _listed(rule: Rule, schema: Schema, taken: Counter[str]) -> Listed:
    kind = _registered(rule.type)
    arguments = {key: _plain(value) for key, value in rule.kwargs.items()}
    columns = _columns(kind, arguments, schema)
    column = arguments.get("column")
    if column in schema.names and schema.column(column).temporal:
        dated = [key for key in _MOMENT_ARGUMENTS if arguments.get(key) is not None]
        arguments |= {key: _moments(arguments[key], rule.type) for key in dated}
    name = f"{', '.join(columns) or 'table'}: {kind.expectation_type.removeprefix('expect_')}"
    taken[name] += 1
    if taken[name] > 1:
        name = f"{name} ({taken[name]})"
    return Listed(
        name=name,
        rule=rule,
        scope=_scope(kind, arguments, columns, schema),
        columns=columns or schema.names,
        expectation=_built(kind, arguments | {"meta": {"rule": name}}, rule.type),
    )


def _registered(name: str) -> Any:
    from great_expectations.expectations import registry

    known = registry.list_registered_expectation_implementations()
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    if snake not in known:
        raise ContractError(
            f"Great Expectations has no expectation '{name}'{did_you_mean(snake, known)}",
            where=name,
            hint="mend the implementation's type in data/contract.yaml",
        )
    if snake in _OF_A_DATABASE:
        raise ContractError("this expectation needs a database, not files", where=name)
    return registry.get_expectation_impl(snake)


def _columns(kind: Any, arguments: dict[str, Any], schema: Schema) -> tuple[str, ...]:
    """Return the columns that the arguments and a condition on rows name; all must be known."""
    named: list[str] = []
    for key in _COLUMN_ARGUMENTS:
        given = arguments.get(key, []) if key in kind.__fields__ else []
        named += [given] if isinstance(given, str) else given
    for name in named:
        schema.column(name)
    words = set(re.findall(r"\w+", str(arguments.get("row_condition", ""))))
    named += [name for name in schema.names if name in words]
    return tuple(dict.fromkeys(named))


def _scope(kind: Any, arguments: dict[str, Any], columns: tuple[str, ...], schema: Schema) -> Scope:
    from great_expectations.expectations import expectation as bases

    row_wise = (
        bases.ColumnMapExpectation,
        bases.ColumnPairMapExpectation,
        bases.MulticolumnMapExpectation,
    )
    name = kind.expectation_type
    if issubclass(kind, row_wise) and name not in _OF_THE_WHOLE_COLUMN:
        return "rows"
    plain = "row_condition" not in arguments
    numeric = all(schema.column(column).numeric for column in columns)
    return "merged" if name in MERGED and plain and numeric else "table"


def _built(kind: Any, arguments: dict[str, Any], name: str) -> Any:
    """Make the expectation; Great Expectations checks its arguments with pydantic 1."""
    try:
        return kind(**arguments)
    except ValueError as problem:
        lines = [_sentence(item, kind) for item in getattr(problem, "errors", list)()]
        raise ContractError(
            "; ".join(lines) or str(problem),
            where=name,
            hint="mend the implementation's kwargs in data/contract.yaml",
        ) from None


def _sentence(item: dict[str, Any], kind: Any) -> str:
    place = str(item["loc"][0])
    if item["type"] == "value_error.extra":
        return f"unknown argument '{place}'{did_you_mean(place, kind.__fields__)}"
    return item["msg"] if place == "__root__" else f"{place}: {item['msg']}"


def _moments(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_moments(item, name) for item in value]
    moment = instants(pa.array([str(value)]), None)[0]
    if np.isnat(moment):
        raise ContractError(f"'{value}' is not a day in ISO 8601", where=name)
    return moment.item()


def _plain(value: Any) -> Any:
    """Turn the tuples of a frozen schema into the lists that Great Expectations asks for."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
