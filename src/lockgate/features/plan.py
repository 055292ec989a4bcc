"""Computing features: the work that is the same for every batch is done once."""

from collections.abc import Callable, Iterable, Sequence
from math import inf, isnan, nan
from operator import itemgetter
from typing import Any

import numpy as np

from lockgate.errors import FeatureError
from lockgate.features.batches import rows_of
from lockgate.features.feature import Array, Feature, call, kind_of
from lockgate.features.inputs import Alone, Inputs, stacked
from lockgate.tables import Columns

INFINITIES = (inf, -inf)
FLOAT = np.dtype(np.float64)


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
    plan = Plan(features)
    found = plan(columns).columns()
    return {each.name: found[each.name] for each in plan.features}


class Plan:
    """What `compute` does for some features, prepared for many batches.

    Parameters
    ----------
    features : iterable of Feature
        As `resolve` returns them.
    """

    def __init__(self, features: Iterable[Feature]) -> None:
        self.features = tuple(features)
        plain = {each.name: each.columns[0] for each in self.features if not each.source_hash}
        self._plain, self._read_plain = tuple(plain), picker(plain.values())
        self._computed = [(f, picker(f.columns)) for f in self.features if f.source_hash]
        self._numbers, self._texts = (
            tuple(each.name for each in self.features if (each.kind == "number") == number)
            for number in (True, False)
        )
        self._pick_numbers = picker(self._numbers)

    @np.errstate(divide="ignore", over="ignore", invalid="ignore")
    def __call__(self, columns: Columns) -> Inputs:
        """Return side by side what `compute` returns for `columns`, and raise what it raises."""
        try:
            found = dict(zip(self._plain, self._read_plain(columns), strict=True))
            for feature, read in self._computed:
                found[feature.name] = values(feature, read(columns))
        except KeyError as absent:
            raise self._lacking(absent.args[0]) from None
        numbers = stacked(self._pick_numbers(found), rows_of(found))
        infinite = np.isinf(numbers)
        if np.count_nonzero(infinite):
            numbers[infinite] = np.nan
        return Inputs(self._numbers, numbers, {name: found[name] for name in self._texts})

    def one(self, plain: dict[str, Any], columns: Columns, known: dict[str, Any]) -> Alone:
        """Compute the features of one row, to the same bits as among others.

        Parameters
        ----------
        plain : dict of str to float or str
            Of the columns that are features as they stand, under the same name; no infinity.
        columns : Columns
            The columns that the other features read, each of shape (1,).
        known : dict of str to float or str
            Features that were computed before.
        """
        found = plain | known
        for feature, read in self._computed:
            if feature.name not in known:
                found[feature.name] = value(feature, read(columns))
        texts = {name: found[name] for name in self._texts}
        return Alone(self._numbers, list(self._pick_numbers(found)), texts)

    def _lacking(self, column: str) -> FeatureError:
        name = next(each.name for each in self.features if column in each.columns)
        return FeatureError(
            f"reads '{column}', which the rows do not have", where=f"feature {name}"
        )


def picker(names: Iterable[str]) -> Callable[[dict[str, Any]], Sequence[Any]]:
    """Return the function that takes the values called `names` out of a dict, in this order."""
    wanted = tuple(names)
    if len(wanted) > 1:
        return itemgetter(*wanted)
    if not wanted:
        return lambda _: ()
    # For a single name, itemgetter returns no sequence.
    (only,) = wanted
    return lambda values: (values[only],)


def value(feature: Feature, arguments: Sequence[Array]) -> Any:
    """Return a computed feature of a single row, a float or a str; raise what `compute` raises."""
    found = values(feature, arguments).item()
    return nan if found in INFINITIES else found


def values(feature: Feature, arguments: Sequence[Array]) -> Array:
    """Return a computed feature of some rows, shape (rows,); raise what `compute` raises.

    An infinity is still one.
    """
    found = call(feature.name, feature.function, arguments)
    if feature.kind == "number" and found.dtype == FLOAT:
        return found
    kind = kind_of(feature.name, found)
    if kind != feature.kind:
        raise FeatureError(
            f"returned a {kind}, and is a {feature.kind} for a row of missing values",
            where=f"feature {feature.name}",
            hint="return the same type for every row, NaN or '' where there is no value",
        )
    return np.asarray(found, np.float64) if kind == "number" else _texts(feature, found)


def _texts(feature: Feature, values: Array) -> Array:
    texts = np.empty(len(values), dtype=object)
    texts[:] = [_text(feature, value) for value in values.tolist()]
    return texts


def _text(feature: Feature, value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    raise FeatureError(
        f"returned {value!r} among texts",
        where=f"feature {feature.name}",
        hint="return str for every row, '' where there is no value",
    )
