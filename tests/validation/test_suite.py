"""Great Expectations runs the contract's rules and agrees with the row masks."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.contract import Schema
from lockgate.errors import ContractError
from lockgate.tables import Columns
from lockgate.validation.suite import Suite
from lockgate.validation.verdicts import verdicts
from tests.validation.shop import ORDERS, column, rule, schema

NUMBERS = schema(column("a"), column("b"), column("t", "timestamp"), column("s", "string"))


def numbers(**values: list[Any]) -> Columns:
    """Return columns of NUMBERS, missing where they are not given."""
    rows = len(next(iter(values.values())))
    missing: dict[str, Any] = {
        "a": np.full(rows, np.nan),
        "b": np.full(rows, np.nan),
        "t": np.full(rows, np.datetime64("NaT", "s")),
        "s": np.full(rows, "", dtype=object),
    }
    return {name: np.array(values.get(name, old), old.dtype) for name, old in missing.items()}


def suite(*rules: Any, contract: Schema = NUMBERS) -> Suite:
    """Return a suite with these listed expectations."""
    return Suite(schema(*contract.columns, rules=rules))


STRICT = schema(
    column("a", nullable=False, exclusive_minimum=0.0, maximum=1.0, values=("0", "0.5", "1")),
    column("b", "integer", minimum=0.0, exclusive_maximum=3.0),
    column("t", "timestamp", earliest="2024-01-01", latest="2024-01-01T12:00", nullable=False),
    column("s", "string", pattern="[aA]+|b", min_length=2, max_length=3, values=("aa", "AAA", "b")),
)
ROW = st.tuples(
    st.sampled_from([np.nan, 0.0, 0.5, 1.0, 2.0]),
    st.sampled_from([np.nan, -1.0, 0.0, 3.0]),
    st.sampled_from(["NaT", "2023-12-31T23:59:59", "2024-01-01", "2024-01-01T12:00:01"]),
    st.sampled_from(["", "aa", "AAA", "aaaa", "b", "bb", "xaa", "aa\n"]),
)


@given(rows=st.lists(ROW, min_size=1, max_size=10))
@settings(max_examples=25, deadline=None)
def test_counts_equal_the_row_masks(rows: list[Any]) -> None:
    """For rules of every kind Great Expectations counts the rows that the masks mark."""
    a, b, t, s = zip(*rows, strict=True)
    columns = numbers(a=list(a), b=list(b), t=list(t), s=list(s))
    masks = verdicts(STRICT, columns)
    expected = {rule: int(mask.sum()) for rule, mask in masks.items() if not rule.endswith("type")}
    assert SUITE_OF_STRICT.counts(columns) == expected


SUITE_OF_STRICT = Suite(STRICT)


def test_a_contract_without_rules() -> None:
    """Nothing to check is nothing broken."""
    assert suite().counts(numbers(a=[1.0])) == {}
    assert suite().failing(numbers(a=[1.0])) == {}


def test_rows_of_listed_expectations() -> None:
    """A listed row-wise expectation says which rows break it and how many it looked at."""
    pair = rule(
        "expect_column_pair_values_a_to_be_greater_than_b",
        column_A="a",
        column_B="b",
        ignore_row_if="either_value_is_missing",
    )
    late = rule("expect_column_values_to_be_between", column="t", max_value="2024-01-31")
    found = suite(pair, late).failing(
        numbers(a=[1, 5, np.nan], b=[2, 1, 1], t=["2024-01-31", "2024-02-01", "NaT"])
    )
    mask, looked_at = found["a, b: column_pair_values_a_to_be_greater_than_b"]
    assert mask.tolist() == [True, False, False]
    assert looked_at == 2
    assert found["t: column_values_to_be_between"][0].tolist() == [False, True, False]


def test_a_condition_on_rows_keeps_the_places() -> None:
    """Rows outside of a condition shift nothing."""
    cheap = rule(
        "expect_column_values_to_be_between",
        column="a",
        max_value=1,
        row_condition='s=="x"',
        condition_parser="pandas",
    )
    columns = numbers(a=[9, 9, 1, 9], s=["y", "x", "x", "x"])
    (found,) = suite(cheap).failing(columns).values()
    assert found[0].tolist() == [False, True, False, True]


def test_whole_columns() -> None:
    """What does not merge over batches is judged on the whole column, with what was seen."""
    steady = rule("expect_column_stdev_to_be_between", column="a", max_value=0.1)
    tested = suite(steady)
    (item,) = tested.listed
    finding = tested.judge(item, numbers(a=[1, 2, 3]))
    assert finding.value == 1.0
    assert not finding.passed
    assert finding.bound == "max_value: 0.1"


def test_uniqueness_as_a_listed_expectation() -> None:
    """An expectation over rows that needs the whole column shows the share that breaks it."""
    tested = suite(rule("expect_column_values_to_be_unique", column="s"))
    (item,) = tested.listed
    finding = tested.judge(item, numbers(s=["x", "x", "y", "z"]))
    assert (finding.value, finding.bound, finding.passed) == (
        "broken by 50 % of the rows",
        "every row",
        False,
    )


def test_a_column_without_a_value() -> None:
    """Where there was nothing to look at, nothing was seen."""
    tested = suite(rule("expect_column_values_to_be_unique", column="s"))
    (item,) = tested.listed
    assert tested.judge(item, numbers(s=["", ""])).value is None


def test_no_rows_at_all() -> None:
    """Of no rows nothing is true, and Great Expectations is not even asked."""
    tested = suite(rule("expect_column_values_to_be_unique", column="s"))
    (item,) = tested.listed
    assert not tested.judge(item, numbers(s=[])).passed


def test_an_observation_that_is_no_number() -> None:
    """Whatever was observed is shown as text."""
    ranges = {"quantiles": [0.5], "value_ranges": [[0, 1]]}
    tested = suite(
        rule("expect_column_quantile_values_to_be_between", column="a", quantile_ranges=ranges)
    )
    (item,) = tested.listed
    assert "2.0" in str(tested.judge(item, numbers(a=[1, 2, 3])).value)


def test_an_expectation_that_cannot_run_is_an_error() -> None:
    """A pattern on a number is neither passed nor failed: it is a mistake in the contract."""
    tested = suite(rule("expect_column_values_to_be_between", column="s", min_value=1))
    with pytest.raises(ContractError, match="s: column_values_to_be_between: .* could not run"):
        tested.failing(numbers(s=["x"]))


def test_the_orders_of_the_shop() -> None:
    """Each rule of a contract becomes one expectation."""
    columns = {
        "id": np.array(["o1", "x"], dtype=object),
        "price": np.array([np.nan, 101.0]),
        "pieces": np.array([0.0, 1.0]),
        "kind": np.array(["toy", "car"], dtype=object),
        "gift": np.array([1.0, np.nan]),
        "paid_on": np.array(["2019-12-31", "NaT"], "datetime64[s]"),
    }
    assert Suite(ORDERS).counts(columns) == {
        "id: required": 0,
        "id: pattern": 1,
        "price: required": 1,
        "price: range": 1,
        "pieces: range": 1,
        "kind: values": 1,
        "paid_on: range": 1,
    }
