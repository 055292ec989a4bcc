"""Row rules: which rows break which rule."""

import re
from datetime import datetime
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.validation.verdicts import verdicts
from tests.validation.shop import ORDERS, column, schema


def judge(values: Any, kind: str, /, **constraints: Any) -> dict[str, list[bool]]:
    """Return the verdicts on one column of canonical values, by kind of rule."""
    dtype = {"string": object, "date": "datetime64[s]", "timestamp": "datetime64[s]"}
    array = np.array(values, dtype=dtype.get(kind, np.float64))
    masks = verdicts(schema(column("x", kind, **constraints)), {"x": array})
    return {rule.removeprefix("x: "): mask.tolist() for rule, mask in masks.items()}


def test_bounds_are_inclusive_or_exclusive_as_the_contract_says() -> None:
    """Minimum and maximum are allowed themselves, exclusive bounds are not, missing is neither."""
    values = [0, 1, 5, 6, np.nan]
    inclusive = judge(values, "number", minimum=1.0, maximum=5.0)
    assert inclusive["range"] == [True, False, False, True, False]
    exclusive = judge(values, "number", exclusive_minimum=1.0, exclusive_maximum=5.0)
    assert exclusive["range"] == [True, True, True, True, False]


def test_of_two_bounds_for_one_end_the_tighter_counts() -> None:
    """An inclusive and an exclusive bound together leave what both allow."""
    both = judge([1, 2, 3], "number", minimum=1.0, exclusive_minimum=2.0, maximum=9.0)
    assert both["range"] == [True, True, False]
    equal = judge([1, 2], "number", minimum=1.0, exclusive_minimum=1.0)
    assert equal["range"] == [True, False]


def test_bounds_of_dates() -> None:
    """The earliest and the latest day are allowed themselves."""
    days = ["2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01", "NaT"]
    found = judge(days, "date", earliest="2024-01-01", latest="2024-12-31")
    assert found["range"] == [True, False, False, True, False]
    assert judge(days, "date", latest="2024-01-01")["range"] == [False, False, True, True, False]


def test_allowed_values_are_compared_by_meaning() -> None:
    """The allowed value 3.0 is the number 3, the allowed word yes is true."""
    assert judge([3, 4, np.nan], "integer", values=("3.0",))["values"] == [False, True, False]
    assert judge([1, 0], "boolean", values=("yes",))["values"] == [False, True]
    days = judge(["2024-01-01", "2024-01-02"], "date", values=("2024-01-01",))
    assert days["values"] == [False, True]
    texts = judge(["a", "b", ""], "string", values=("a",))
    assert texts["values"] == [False, True, False]


def test_a_pattern_matches_the_whole_text() -> None:
    """A pattern that matches a part only is broken; a missing text breaks none."""
    found = judge(["ab", "abc", "xab", "ab\n", ""], "string", pattern="ab|a")
    assert found["pattern"] == [False, True, True, True, False]


ATOMS = st.sampled_from(["a", "_", "5", " ", "-", "[ab]", "[0-9]", "[a-c5_]", ".", r"\d", "(a|b)"])
REPEATED = st.sampled_from(["", "*", "+", "?", "{2}", "{0}", "{1,2}", "+?"])
PATTERNS = st.lists(st.tuples(ATOMS, REPEATED).map("".join), min_size=1, max_size=4).map("".join)


@settings(max_examples=200, deadline=None)
@given(PATTERNS, st.lists(st.text("ab5_ -\n٣", max_size=6), min_size=1, max_size=8))
def test_a_pattern_means_what_it_means_to_python(pattern: str, texts: list[str]) -> None:
    """Whichever engine reads a pattern, the verdict on every text is that of `re.fullmatch`."""
    found = judge(texts, "string", pattern=pattern)
    expected = [text != "" and re.fullmatch(pattern, text) is None for text in texts]
    assert found["pattern"] == expected


def test_length_is_counted_in_characters() -> None:
    """Four bytes of one character are one character; both bounds are allowed themselves."""
    found = judge(["", "a", "ab", "🦊🦊🦊", "abcd"], "string", min_length=2, max_length=3)
    assert found["length"] == [False, True, False, False, True]
    assert judge(["abcd"], "string", max_length=3)["length"] == [True]
    assert judge(["abcd"], "string", min_length=3)["length"] == [False]


def test_required_values() -> None:
    """A missing value breaks `required` where the contract, or the caller, asks for it."""
    assert judge([1, np.nan], "number", nullable=False)["required"] == [False, True]
    assert "required" not in judge([1, np.nan], "number")
    contract = schema(column("a", nullable=False), column("b"))
    columns = {"a": np.array([np.nan]), "b": np.array([np.nan])}
    masks = verdicts(contract, columns, required=["b"])
    assert "a: required" not in masks
    assert masks["b: required"].tolist() == [True]


def test_a_cell_that_could_not_be_read_breaks_type_alone() -> None:
    """It is not reported as missing on top."""
    contract = schema(column("a", nullable=False, minimum=0.0))
    masks = verdicts(contract, {"a": np.array([np.nan])}, {"a": np.array([True])})
    assert {rule for rule, mask in masks.items() if mask.any()} == {"a: type"}


ROWS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["", "o1", "o22", "x1", "o1 ", "o"]),
        "price": st.sampled_from([np.nan, 0.0, 100.0, 100.0000001, -1.0]) | st.floats(-5, 105),
        "pieces": st.sampled_from([np.nan, 0.0, 1.0, -1.0]),
        "kind": st.sampled_from(["", "book", "toy", "Book", "bookend"]),
        "gift": st.sampled_from([np.nan, 0.0, 1.0]),
        "paid_on": st.datetimes(datetime(2019, 12, 30), datetime(2020, 1, 3)) | st.none(),
    }
)


def naive(row: dict[str, Any]) -> set[str]:
    """Judge a row of ORDERS as plainly as possible."""
    broken = set()
    if row["id"] == "":
        broken.add("id: required")
    elif not re.fullmatch("o[0-9]+", row["id"]):
        broken.add("id: pattern")
    if np.isnan(row["price"]):
        broken.add("price: required")
    elif not 0 <= row["price"] <= 100:
        broken.add("price: range")
    if not np.isnan(row["pieces"]) and not row["pieces"] > 0:
        broken.add("pieces: range")
    if row["kind"] not in ("", "book", "toy"):
        broken.add("kind: values")
    if row["paid_on"] is not None and row["paid_on"] < datetime(2020, 1, 1):
        broken.add("paid_on: range")
    return broken


@given(rows=st.lists(ROWS, max_size=20))
@settings(max_examples=100, deadline=None)
def test_masks_equal_a_plain_check_row_by_row(rows: list[dict[str, Any]]) -> None:
    """The masks of a batch say the same as a check of each row by itself."""
    rows = [
        row | {"paid_on": row["paid_on"] and row["paid_on"].replace(microsecond=0)} for row in rows
    ]
    types = {"id": object, "kind": object, "paid_on": "datetime64[s]"}
    columns = {
        name: np.array([row[name] for row in rows], dtype=types.get(name, np.float64))
        for name in ORDERS.names
    }
    masks = verdicts(ORDERS, columns)
    for place, row in enumerate(rows):
        assert {rule for rule, mask in masks.items() if mask[place]} == naive(row)
