"""Expectations that the contract lists: checked before any row is read."""

from datetime import date

import pytest

from lockgate.contract import Rule
from lockgate.errors import ContractError
from lockgate.validation.listed import Listed, listed_expectations
from tests.validation.shop import ORDERS, rule, schema


def listed(*rules: Rule) -> tuple[Listed, ...]:
    """List expectations beside the columns of ORDERS."""
    return listed_expectations(schema(*ORDERS.columns, rules=rules))


@pytest.mark.parametrize(
    ("kind", "arguments", "scope"),
    [
        ("expect_column_values_to_be_between", {"column": "price", "min_value": 1}, "rows"),
        ("expect_column_values_to_be_unique", {"column": "price"}, "table"),
        ("expect_column_mean_to_be_between", {"column": "price", "min_value": 1}, "merged"),
        (
            "expect_column_max_to_be_between",
            {"column": "paid_on", "max_value": "2030-01-01"},
            "table",
        ),
        ("expect_column_stdev_to_be_between", {"column": "price", "min_value": 1}, "table"),
        ("expect_table_row_count_to_equal", {"value": 3}, "merged"),
        (
            "expect_multicolumn_sum_to_equal",
            {"column_list": ["price", "pieces"], "sum_total": 3},
            "rows",
        ),
    ],
)
def test_how_a_rule_is_judged(kind: str, arguments: dict[str, object], scope: str) -> None:
    """Rows one by one where that is possible, merged aggregates, else the whole column."""
    (item,) = listed(rule(kind, **arguments))
    assert item.scope == scope


def test_names() -> None:
    """A rule is named by its columns and its type; a second one of the same name by a number."""
    mean = rule("expect_column_mean_to_be_between", column="price", min_value=1)
    camel = rule("ExpectColumnMeanToBeBetween", column="price", min_value=2)
    count = rule("ExpectTableRowCountToEqual", value=1)
    assert [item.name for item in listed(mean, camel, count)] == [
        "price: column_mean_to_be_between",
        "price: column_mean_to_be_between (2)",
        "table: table_row_count_to_equal",
    ]


def test_a_condition_on_rows_names_columns_too() -> None:
    """An aggregate over some rows is judged on the columns of its condition as well."""
    condition = {"row_condition": 'kind=="book"', "condition_parser": "pandas"}
    (item,) = listed(
        rule("expect_column_mean_to_be_between", column="price", min_value=1, **condition)
    )
    assert item.scope == "table"
    assert item.columns == ("price", "kind")


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("expect_column_meen_to_be_between", {}, "did you mean 'expect_column_mean_to_be_between'"),
        ("expect_column_values_to_be_between", {"column": "prise"}, "did you mean 'price'"),
        (
            "expect_column_values_to_be_between",
            {"column": "price", "min_valu": 1},
            "unknown argument 'min_valu' .did you mean 'min_value'",
        ),
        ("expect_column_values_to_be_between", {"column": "price"}, "cannot both be None"),
        ("expect_column_values_to_be_in_set", {"column": "price"}, "value_set: field required"),
        ("expect_column_values_to_be_between", {"column": "paid_on", "min_value": "May"}, "'May'"),
        ("unexpected_rows_expectation", {"unexpected_rows_query": "x"}, "needs a database"),
    ],
)
def test_a_wrong_rule_is_explained(kind: str, arguments: dict[str, object], message: str) -> None:
    """Types, arguments and columns that do not exist are named with the nearest that do."""
    with pytest.raises(ContractError, match=message) as caught:
        listed(rule(kind, **arguments))
    assert "mean" in str(caught.value) or kind in str(caught.value)


def test_days_may_be_written_as_yaml_writes_them() -> None:
    """A day may come as a date or as text."""
    bounds = {"min_value": date(2024, 1, 1), "max_value": "2024-12-31"}
    (item,) = listed(rule("expect_column_values_to_be_between", column="paid_on", **bounds))
    assert item.expectation.min_value.year == 2024
    assert item.expectation.max_value.month == 12
    (item,) = listed(
        rule("expect_column_values_to_be_in_set", column="paid_on", value_set=("2024-01-01",))
    )
    assert item.expectation.value_set[0].day == 1
