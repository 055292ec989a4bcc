"""What a name in featurize.features stands for."""

from collections.abc import Callable

import pytest

from lockgate.errors import FeatureError
from lockgate.features import resolve
from tests.features.parcels import column, schema


def test_null_takes_every_feature_column_and_dates_by_their_parts() -> None:
    """Without a list, all feature columns are used, and no key, group, time or target."""
    features = resolve(None, None, schema())
    parts = ("due_year", "due_month", "due_day_of_week", "due_days", "due_hour")
    assert tuple(each.name for each in features) == ("weight", "pieces", "insured", "size", *parts)


def test_the_kind_follows_from_the_type() -> None:
    """Numbers, integers and booleans are numbers, and text is a category."""
    kinds = {each.name: each.kind for each in resolve(None, None, schema())}
    assert kinds["weight"] == kinds["pieces"] == kinds["insured"] == kinds["due_month"] == "number"
    assert kinds["size"] == "category"


def test_a_plain_column_has_no_source() -> None:
    """Only code has a source hash; a column as it stands has none."""
    plain, computed = resolve(["weight", "sent_on_month"], None, schema())
    assert plain.source_hash is None
    assert computed.source_hash is not None


def test_functions_of_the_module_are_features(module: Callable[[str], str]) -> None:
    """A function's name is the feature's, and its parameters are the columns that it reads."""
    path = module(
        "def weight_per_piece(weight, pieces):\n    return weight / pieces\n\n\n"
        "def shout(size):\n    return np.array([s.upper() for s in size], dtype=object)\n"
    )
    first, second = resolve(["weight_per_piece", "shout"], path, schema())
    assert (first.columns, first.kind) == (("weight", "pieces"), "number")
    assert (second.columns, second.kind) == (("size",), "category")


def test_a_function_may_read_the_time(module: Callable[[str], str]) -> None:
    """The time column is known at prediction, so a feature may be made of it."""
    path = module("def hour(sent_on):\n    return sent_on.astype('datetime64[h]').astype(float)\n")
    assert resolve(["hour"], path, schema())[0].columns == ("sent_on",)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cost", "'cost' has the role target"),
        ("parcel_id", "'parcel_id' has the role key"),
        ("sender", "'sender' has the role group"),
        ("note", "'note' has the role ignore"),
        ("weigth", "did you mean 'weight'"),
        ("sent_on_moth", "did you mean 'sent_on_month'"),
        ("due", "due_year, due_month, due_day_of_week, due_days"),
        ("sent_on", "sent_on_days"),
        ("cost_year", "there is no feature 'cost_year'"),
    ],
)
def test_a_name_that_is_no_feature_is_refused(name: str, message: str) -> None:
    """The message says why the name cannot be a feature, or which one was meant."""
    with pytest.raises(FeatureError, match=message):
        resolve([name], None, schema())


def test_the_nearest_function_is_proposed(module: Callable[[str], str]) -> None:
    """A misspelt function is found among the module's own."""
    path = module("def weight_per_piece(weight, pieces):\n    return weight / pieces\n")
    with pytest.raises(FeatureError, match="did you mean 'weight_per_piece'"):
        resolve(["weight_per_pice"], path, schema())


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def f(cost):\n    return cost\n", "reads 'cost', whose role is target"),
        ("def f(sender):\n    return sender\n", "reads 'sender', whose role is group"),
        ("def f(note):\n    return note\n", "reads 'note', whose role is ignore"),
        ("def f(wieght):\n    return wieght\n", "did you mean 'weight'"),
        ("def f(*columns):\n    return columns[0]\n", "reads 'columns'"),
        ("def f():\n    return np.zeros(1)\n", "reads no column"),
        ("def f(weight):\n    return weight.mean()\n", r"shape \(\) for 1 rows"),
        ("def f(sent_on):\n    return sent_on\n", "neither numbers nor text"),
        ("def f(weight):\n    return weight.upper()\n", "fails with AttributeError"),
        ("def f(weight):\n    raise SystemExit('no')\n", "fails with SystemExit: no"),
    ],
)
def test_a_function_that_cannot_be_a_feature_is_refused(
    module: Callable[[str], str], code: str, message: str
) -> None:
    """Whatever is wrong with a function is known before any row is read, and names it."""
    with pytest.raises(FeatureError, match=message) as refusal:
        resolve(["f"], module(code), schema())
    assert "feature f" in str(refusal.value)


def test_a_function_may_not_take_a_columns_name(module: Callable[[str], str]) -> None:
    """A changed column is a new feature with a name of its own."""
    path = module("def weight(weight):\n    return weight * 2\n")
    with pytest.raises(FeatureError, match="has a column of the same name"):
        resolve(["weight"], path, schema())


def test_private_and_imported_functions_are_not_features(module: Callable[[str], str]) -> None:
    """A helper with an underscore, or from elsewhere, does not become a feature by accident."""
    path = module("from math import dist\n\n\ndef _half(weight):\n    return weight / 2\n")
    for name in ("_half", "dist"):
        with pytest.raises(FeatureError, match="there is no feature"):
            resolve([name], path, schema())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:\n", r"own_features_\d+\.py:3: .*SyntaxError"),
        ("x = 1\nimport no_such_package\n", r"own_features_\d+\.py:4: .*no_such_package"),
        ("def g():\n    return 1 / 0\n\n\ng()\n", r"own_features_\d+\.py:7: .*ZeroDivisionError"),
        ("\0", "null bytes"),
        ("raise SystemExit(3)\n", r"own_features_\d+\.py:3: .*SystemExit: 3"),
    ],
)
def test_a_module_that_cannot_be_imported_says_why(
    module: Callable[[str], str], text: str, message: str
) -> None:
    """A mistake in the user's module is reported with its file and line, not as a traceback."""
    with pytest.raises(FeatureError, match=message):
        resolve(["f"], module(text), schema())


def test_a_missing_module_says_where_it_is_named() -> None:
    """A wrong featurize.module points at the parameter."""
    with pytest.raises(FeatureError, match=r"featurize\.module: the module 'nowhere\.to'"):
        resolve(["f"], "nowhere.to", schema())


def test_a_feature_listed_twice_is_refused() -> None:
    """Two equal columns would confuse importance and cost time."""
    with pytest.raises(FeatureError, match="weight is listed twice"):
        resolve(["weight", "size", "weight"], None, schema())


def test_an_empty_list_is_refused() -> None:
    """A model needs an input; null, not an empty list, takes all."""
    with pytest.raises(FeatureError, match="no feature is listed"):
        resolve([], None, schema())


def test_a_number_among_classes_is_still_a_number() -> None:
    """Allowed values do not turn a numeric column into a category."""
    grade = column("grade", "integer", values=("1", "2", "3"))
    assert resolve(["grade"], None, schema(grade=grade))[0].kind == "number"
