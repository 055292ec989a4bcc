"""What a feature is, and how its function is called."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lockgate.errors import FeatureError
from lockgate.features.places import place_in

Kind = Literal["number", "category", "text"]
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
    kind : {"number", "category", "text"}
        Whether the values are float64 or str; of a text matters what it says, of a category
        only which one it is.
    source_hash : str or None
        sha256 of the code that computes it; None where it is a column as it stands.
    function : callable
        Takes the columns as arrays of shape (rows,) and returns an array of shape (rows,).
    cyclic : bool
        Whether the values are few whole numbers that begin again, as the months do.
    """

    name: str
    columns: tuple[str, ...]
    kind: Kind
    source_hash: str | None
    function: Callable[..., Any]
    cyclic: bool = False


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


def call(name: str, function: Callable[..., Any], arguments: Sequence[Array]) -> Array:
    """Call a feature function and check that it gives one value a row.

    Parameters
    ----------
    name : str
        For the message.
    function : callable
        The feature's function.
    arguments : sequence of array, each of shape (rows,)
        At least one.

    Raises
    ------
    FeatureError
        When the function raises, or returns an array of another shape.
    """
    try:
        values = np.asarray(function(*arguments))
    except (Exception, SystemExit) as problem:
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
