"""Columns in memory to and from Arrow tables."""

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.errors import TableError
from lockgate.tables import from_columns, to_columns

numbers = st.lists(st.none() | st.floats(allow_nan=False), max_size=20)
texts = st.lists(st.none() | st.text(min_size=1), max_size=20)
times = st.lists(st.none() | st.integers(-(10**10), 10**10), max_size=20)


@settings(max_examples=50, deadline=None)
@given(numbers, texts, times)
def test_arrow_and_back_is_the_identity(number, text, time):
    """What columns hold, missing values included, survives the way through Arrow."""
    for values, kind in ((number, pa.float64()), (text, pa.string()), (time, pa.timestamp("s"))):
        table = pa.table({"x": pa.array(values, kind)})
        columns = to_columns(table)
        assert from_columns(columns).equals(table)
        again = to_columns(from_columns(columns))["x"]
        np.testing.assert_array_equal(again, columns["x"])
        assert again.dtype == columns["x"].dtype


def test_each_type_has_its_canonical_form():
    """Numbers, truth values and decimals are float64, strings str, days and times seconds."""
    day = datetime.date(2024, 2, 29)
    noon = datetime.datetime(2024, 2, 29, 12, 0, 0, 999_999)
    table = pa.table(
        {
            "int": pa.array([1, None], pa.int64()),
            "bool": pa.array([True, None]),
            "float32": pa.array([0.5, None], pa.float32()),
            "decimal": pa.array([Decimal("1.25"), None]),
            "null": pa.array([None, None]),
            "string": pa.array(["a", None]),
            "large": pa.array(["a", None], pa.large_string()),
            "category": pa.array(["a", None]).dictionary_encode(),
            "date": pa.array([day, None]),
            "time": pa.array([noon, None], pa.timestamp("us")),
        }
    )
    columns = to_columns(table)
    for name, first in {
        "int": 1,
        "bool": 1,
        "float32": 0.5,
        "decimal": 1.25,
        "null": np.nan,
    }.items():
        assert columns[name].dtype == np.float64
        np.testing.assert_array_equal(columns[name], [first, np.nan])
    for name in ("string", "large", "category"):
        assert columns[name].dtype == object
        assert columns[name].tolist() == ["a", ""]
    assert columns["date"].dtype == columns["time"].dtype == np.dtype("datetime64[s]")
    assert str(columns["date"][0]) == "2024-02-29T00:00:00"
    assert str(columns["time"][0]) == "2024-02-29T12:00:00"
    assert np.isnat(columns["date"][1])
    assert np.isnat(columns["time"][1])


def test_a_time_before_1970_is_cut_to_its_second_too():
    """As text of the same moment is."""
    moment = datetime.datetime(1969, 12, 31, 23, 59, 59, 500_000)
    table = pa.table({"t": pa.array([moment, None], pa.timestamp("us"))})
    assert str(to_columns(table)["t"][0]) == "1969-12-31T23:59:59"


def test_a_time_with_a_zone_is_held_in_utc():
    """Two clocks that show the same moment give the same value."""
    moment = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)
    table = pa.table({"t": pa.array([moment], pa.timestamp("ms", tz="America/New_York"))})
    assert str(to_columns(table)["t"][0]) == "2024-01-01T12:00:00"


def test_few_levels_and_many_give_the_same_kind_of_column():
    """A category and a column of ids differ in speed only, chunked or not."""
    for values in (["condo", None, "house"] * 2000, [f"H{i}" for i in range(6000)]):
        array = pa.array(values)
        expected = [value or "" for value in values]
        assert (
            to_columns(pa.table({"x": pa.chunked_array([array[:10], array[10:]])}))["x"].tolist()
            == expected
        )
        assert to_columns(pa.record_batch({"x": array}))["x"].tolist() == expected


def test_numpy_strings_and_truth_values_are_taken():
    """Arrays that numpy made by itself need no conversion first."""
    table = from_columns({"name": np.array(["a", ""]), "flag": np.array([True, False])})
    assert table.to_pydict() == {"name": ["a", None], "flag": [True, False]}


@pytest.mark.parametrize(
    "values",
    [[[1]], [b"raw"], [datetime.time(1)], [datetime.timedelta(1)], [{"a": 1}]],
)
def test_a_type_without_a_canonical_form_is_refused(values):
    """Lists, bytes, times of day and the like name their column and what to do."""
    with pytest.raises(TableError, match="column x: a column of type .* cannot be used"):
        to_columns(pa.table({"x": pa.array(values)}))
