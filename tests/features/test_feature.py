"""Computing features: one row, many rows, missing values."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.errors import FeatureError
from lockgate.features import compute, resolve
from lockgate.features.batches import select
from tests.features.parcels import parcels, schema


def test_numbers_are_float64_and_categories_are_str() -> None:
    """Whatever the feature, its values come in one of two forms."""
    values = compute(resolve(None, None, schema()), parcels(20))
    for name, array in values.items():
        assert array.dtype == (object if name == "size" else np.float64), name
        assert array.shape == (20,)


def test_features_come_in_the_order_of_the_list() -> None:
    """The model's inputs stand in the order in which params lists them."""
    features = resolve(["size", "weight", "pieces"], None, schema())
    assert list(compute(features, parcels(3))) == ["size", "weight", "pieces"]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), row=st.integers(0, 29))
def test_one_row_equals_the_same_row_in_a_batch(seed: int, row: int) -> None:
    """A row has exactly the features alone that it has among others, missing values included."""
    columns = parcels(30, seed)
    features = resolve(None, None, schema())
    alone = compute(features, select(columns, np.array([row])))
    for name, among in compute(features, columns).items():
        np.testing.assert_array_equal(alone[name], among[[row]])


@pytest.mark.filterwarnings("error")
def test_an_infinite_value_is_missing(module: Callable[[str], str]) -> None:
    """A division by zero has no value, and no warning clutters the terminal."""
    path = module("def ratio(weight, pieces):\n    return weight / pieces\n")
    columns = {"weight": np.array([1.0, 0.0, 6.0]), "pieces": np.array([0.0, 0.0, 2.0])}
    (values,) = compute(resolve(["ratio"], path, schema()), columns).values()
    np.testing.assert_array_equal(values, [np.nan, np.nan, 3.0])


def test_missing_text_is_the_empty_text(module: Callable[[str], str]) -> None:
    """None and NaN in a category become one and the same missing level."""
    path = module(
        "def f(size):\n"
        "    return np.array([None if s == '' else float('nan') if s == 'odd' else s\n"
        "                     for s in size], dtype=object)\n"
    )
    columns = {"size": np.array(["small", "", "odd"], dtype=object)}
    (values,) = compute(resolve(["f"], path, schema()), columns).values()
    assert values.tolist() == ["small", "", ""]


def test_fixed_width_text_is_taken_as_text(module: Callable[[str], str]) -> None:
    """What np.where and np.char return is as good as an object array."""
    path = module("def f(weight):\n    return np.where(weight > 1, 'heavy', 'light')\n")
    (values,) = compute(resolve(["f"], path, schema()), {"weight": np.array([2.0])}).values()
    assert values.dtype == object
    assert values.tolist() == ["heavy"]


def test_true_and_false_are_numbers(module: Callable[[str], str]) -> None:
    """A comparison is a feature of 0 and 1."""
    path = module("def f(weight):\n    return weight > 1\n")
    (values,) = compute(resolve(["f"], path, schema()), {"weight": np.array([2.0, 0.5])}).values()
    assert values.tolist() == [1.0, 0.0]


def test_an_absent_column_is_named() -> None:
    """Computing from rows that lack a column says which feature asked for which."""
    with pytest.raises(FeatureError, match="feature weight: reads 'weight', which the rows"):
        compute(resolve(["weight"], None, schema()), {"pieces": np.ones(1)})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("weight[:1] if len(weight) > 1 else weight", r"shape \(1,\) for 2 rows"),
        ("weight if np.isnan(weight).all() else weight.astype(str)", "returned a category"),
        ("1 / 0 if len(weight) > 1 else weight", "fails with ZeroDivisionError"),
    ],
)
def test_a_function_that_fails_on_real_rows_is_named(
    module: Callable[[str], str], body: str, message: str
) -> None:
    """A function that was fine when probed and fails on the data is named with what it did."""
    features = resolve(["f"], module(f"def f(weight):\n    return {body}\n"), schema())
    with pytest.raises(FeatureError, match=f"^feature f\\b.*{message}"):
        compute(features, {"weight": np.array([1.0, 2.0])})


def test_a_number_among_texts_is_refused(module: Callable[[str], str]) -> None:
    """A category of str and numbers would have levels that no request could name."""
    path = module(
        "def f(size):\n    return np.array(['' if s == '' else 3.5 for s in size], dtype=object)\n"
    )
    with pytest.raises(FeatureError, match="returned 3.5 among texts"):
        compute(resolve(["f"], path, schema()), {"size": np.array(["x"], dtype=object)})
