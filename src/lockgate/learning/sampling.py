"""Fewer rows to search on, where there are more than a search needs."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.features.batches import select
from lockgate.features.hashing import entity_hash
from lockgate.learning.problem import Problem
from lockgate.params import EnsembleParams, EntryParams

Array = npt.NDArray[Any]

# Of a class, however rare it is, if there are so many.
FEWEST_OF_A_CLASS = 50


def searched_part(problem: Problem, entry: EntryParams, y: Array) -> Problem:
    """Return the problem with the training rows that an entry is searched on.

    These are all of them, or about as many as ``search.rows``, drawn at random by the seed:
    entities whole, rare classes with at least 50 rows, and the lowest and the highest target.

    Parameters
    ----------
    problem : Problem
        What is to be learned.
    entry : ModelParams or EnsembleParams
        With what.
    y : array, shape (rows,)
        The target of the training rows.
    """
    search = entry.search if isinstance(entry, EnsembleParams) else None
    if search is None or search.rows is None or search.rows >= len(y):
        return problem
    units = np.arange(len(y))
    if problem.schema.group is not None:
        hashes = entity_hash(problem.train, problem.schema)
        units = np.unique(hashes, return_inverse=True)[1]
    drawn = np.random.default_rng(problem.seed).permutation(units.max() + 1)[units]
    order = np.argsort(drawn, kind="stable")
    wanted: list[Array] = [order[: search.rows], np.array([np.argmin(y), np.argmax(y)])]
    for code in range(len(problem.schema.classes)):
        wanted.append(order[y[order] == code][:FEWEST_OF_A_CLASS])
    chosen = np.isin(units, units[np.concatenate(wanted)])
    return replace(problem, train=select(problem.train, chosen))
