"""What a feature is, and how features are computed."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lockgate.errors import FeatureError
from lockgate.features.places import place_in
from lockgate.tables import Columns

Kind = Literal["number", "category"]
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Feature:
    """One input of the model.

    Attributes
    ----------
    name : str
        The function's name, or the column's.
    columns : tuple of str
        The contract's columns that it reads, in the order of the function's parameters.
    kind : {"number", "category"}
        Whether the values are float64 or str.
    source_hash : str or None
        sha256 of the code that computes it; None where it is a column as it stands.
    function : callable
        Takes the columns as arrays of shape (rows,) and returns an array of shape (rows,).
    """

    name: str
    columns: tuple[str, ...]
    kind: Kind
    source_hash: str | None
    function: Callable[..., Any]


def compute(features: Iterable[Feature], columns: Columns) -> Columns:
    """Compute each feature for each row.

    Parameters
    ----------
    features : iterable of Feature
        As `resolve` returns them.
    columns : Columns
        The contract's columns, each of shape (rows,).

    Returns
    -------
    Columns
        One array of shape (rows,) for each feature: float64, with NaN where the function
        returned NaN or an infinity (a division by 0 has no value), or object with str, ""
        being a missing category.

    Raises
    ------
    FeatureError
        When a column is absent or a function fails or returns another length or type.
    """
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return {feature.name: _values(feature, columns) for feature in features}


def kind_of(name: str, values: Array) -> Kind:
    """Tell the kind of a feature from an array that it returned.

    Raises
    ------
    FeatureError
        When the array holds neither numbers nor text.
    """
    if values.dtype.kind in "fiub":
        return "number"
    if values.dtype.kind in "OU":
        return "category"
    raise FeatureError(
        f"returned values of type {values.dtype}, which are neither numbers nor text",
        where=f"feature {name}",
        hint="return float64, or an object array of str",
    )


def call(name: str, function: Callable[..., Any], arguments: list[Array]) -> Array:
    """Call a feature function and check that it gives one value a row.

    Parameters
    ----------
    name : str
        For the message.
    function : callable
        The feature's function.
    arguments : list of array, each of shape (rows,)
        At least one.

    Raises
    ------
    FeatureError
        When the function raises, or returns an array of another shape.
    """
    try:
        values = np.asarray(function(*arguments))
    except Exception as problem:
        raise FeatureError(
            f"fails with {type(problem).__name__}: {problem}",
            where=f"feature {name} ({place_in(function, problem)})",
            hint="it must take every row that the contract admits, missing values among them",
        ) from problem
    if values.shape != arguments[0].shape:
        raise FeatureError(
            f"returned an array of shape {values.shape} for {len(arguments[0])} rows",
            where=f"feature {name} ({place_in(function)})",
            hint="return one value a row, without looking at other rows",
        )
    return values


def _values(feature: Feature, columns: Columns) -> Array:
    try:
        read = [columns[name] for name in feature.columns]
    except KeyError as absent:
        raise FeatureError(
            f"reads {absent}, which the rows do not have", where=f"feature {feature.name}"
        ) from None
    if feature.source_hash is None:
        return read[0]
    values = call(feature.name, feature.function, read)
    kind = kind_of(feature.name, values)
    if kind != feature.kind:
        raise FeatureError(
            f"returned a {kind}, and is a {feature.kind} for a row of missing values",
            where=f"feature {feature.name}",
            hint="return the same type for every row, NaN or '' where there is no value",
        )
    return _numbers(values) if kind == "number" else _texts(feature, values)


def _numbers(values: Array) -> Array:
    numbers = values.astype(np.float64, copy=False)
    infinite = np.isinf(numbers)
    return np.where(infinite, np.nan, numbers) if infinite.any() else numbers


def _texts(feature: Feature, values: Array) -> Array:
    texts = np.empty(len(values), dtype=object)
    texts[:] = [_text(feature, value) for value in values.tolist()]
    return texts


def _text(feature: Feature, value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    raise FeatureError(
        f"returned {value!r} among texts",
        where=f"feature {feature.name}",
        hint="return str for every row, '' where there is no value",
    )
