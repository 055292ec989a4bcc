"""How much a model leans on each of its inputs."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lockgate.tables import Columns


@dataclass(frozen=True)
class Importance:
    """By how much the loss grows when a column's values are dealt out anew among the rows.

    Attributes
    ----------
    name : str
        The column.
    mean, spread : float
        Mean and standard deviation of the increase over the repeats.
    """

    name: str
    mean: float
    spread: float


def permutation_importance(
    columns: Columns,
    names: Sequence[str],
    loss: Callable[[Columns], float],
    *,
    repeats: int,
    seed: int,
) -> list[Importance]:
    """Permute one column at a time (Breiman 2001, "Random Forests", section 10).

    Of two columns that say the same, each may look unimportant, because the other is left.

    Parameters
    ----------
    columns : Columns
        What the loss is computed from, arrays of shape (rows,): the contract's columns or the
        features.
    names : sequence of str
        The columns to permute.
    loss : callable
        From columns to the mean loss.
    repeats : int
        How often each column is permuted.
    seed : int
        A column's permutations depend on it and on the column's name alone.

    Returns
    -------
    list of Importance
        The most important first.
    """
    before = loss(columns)
    found = []
    for name in names:
        random = np.random.default_rng([seed, zlib.crc32(name.encode())])
        rises = [
            loss(columns | {name: random.permutation(columns[name])}) - before
            for _ in range(repeats)
        ]
        found.append(Importance(name, float(np.mean(rises)), float(np.std(rises))))
    return sorted(found, key=lambda each: (-each.mean, each.name))
