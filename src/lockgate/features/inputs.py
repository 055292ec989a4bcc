"""Features side by side, as models take them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lockgate.features.feature import Array
from lockgate.tables import Columns


class Inputs(NamedTuple):
    """The features of some rows, all numbers in one array.

    For one row, what is done to each of twenty arrays takes longer than the model itself.

    Attributes
    ----------
    names : tuple of str
        Of the numbers.
    numbers : array of float, shape (len(names), rows)
        NaN where there is no value.
    texts : Columns
        The categories, each of shape (rows,).
    """

    names: tuple[str, ...]
    numbers: Array
    texts: Columns

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.numbers.shape[1])

    def pick(self, names: tuple[str, ...]) -> Array:
        """Return some of the numbers, shape (len(names), rows)."""
        if names == self.names:
            return self.numbers
        return self.numbers[[self.names.index(name) for name in names]]

    def part(self, rows: slice) -> "Inputs":
        """Return some of the rows."""
        texts = {name: values[rows] for name, values in self.texts.items()}
        return Inputs(self.names, self.numbers[:, rows], texts)

    def columns(self) -> Columns:
        """Return each feature as an array of its own."""
        return dict(zip(self.names, self.numbers, strict=True)) | self.texts


class Alone(NamedTuple):
    """The features of a single row, which arrays would only make slower.

    Attributes
    ----------
    names : tuple of str
        Of the numbers.
    numbers : list of float
        NaN where there is no value.
    texts : dict of str to str
        The categories.
    """

    names: tuple[str, ...]
    numbers: list[float]
    texts: dict[str, str]

    def inputs(self) -> Inputs:
        """Return them as those of several rows are."""
        texts = {name: np.array([text], dtype=object) for name, text in self.texts.items()}
        return Inputs(self.names, np.array([self.numbers]).T, texts)

    def pick(self, names: tuple[str, ...]) -> list[float]:
        """Return some of the numbers."""
        if names == self.names:
            return self.numbers
        return [self.numbers[self.names.index(name)] for name in names]


Features = Columns | Inputs | Alone


def inputs_of(features: Features) -> Inputs:
    """Return features of shape (rows,) side by side."""
    if isinstance(features, Inputs):
        return features
    if isinstance(features, Alone):
        return features.inputs()
    texts = {name: values for name, values in features.items() if values.dtype == object}
    names = tuple(name for name in features if name not in texts)
    rows = len(next(iter(features.values())))
    return Inputs(names, stacked([features[name] for name in names], rows), texts)


def columns_of(features: Features) -> Columns:
    """Return features as arrays of shape (rows,)."""
    return inputs_of(features).columns() if isinstance(features, Inputs | Alone) else features


def stacked(arrays: Sequence[Array], rows: int) -> Array:
    """Return arrays of shape (rows,), of which there may be none, as one: (arrays, rows)."""
    if not arrays:
        return np.empty((0, rows))
    return np.concatenate(arrays, dtype=np.float64).reshape(len(arrays), rows)
