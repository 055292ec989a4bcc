"""Fewer rows to search on, where there are more than a search needs."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.errors import TrainingError
from lockgate.features.batches import select
from lockgate.features.hashing import entity_hash
from lockgate.learning.estimators import ENTRIES
from lockgate.learning.intervals import rows_needed
from lockgate.learning.problem import Problem
from lockgate.params import EnsembleParams, EntryParams

Array = npt.NDArray[Any]

# Of a class and of the values of an input, however rare they are, if there are so many.
FEWEST_OF_A_KIND = 50


def searched_part(problem: Problem, entry: EntryParams, y: Array) -> Problem:
    """Return the problem with the training rows that an entry is searched on.

    These are all of them, or about as many as ``search.rows``, drawn at random by the seed:
    entities whole, the lowest and the highest target, and at least 50 rows of each class and of
    those in which an input is known, because all rows are fitted with the inputs that these have.

    Parameters
    ----------
    problem : Problem
        What is to be learned.
    entry : ModelParams or EnsembleParams
        With what.
    y : array, shape (rows,)
        The target of the training rows.

    Raises
    ------
    TrainingError
        When the rows are too few to be divided, or for the interval, and all would not be.
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
    kinds = [y == code for code in range(len(problem.schema.classes))]
    kinds += [problem.known(each) for each in problem.inputs]
    wanted += [order[kind[order]][:FEWEST_OF_A_KIND] for kind in kinds]
    chosen = np.isin(units, units[np.concatenate(wanted)])
    if _enough(units, problem) and not _enough(units[chosen], problem):
        raise TrainingError(
            f"search.rows is {search.rows}, and the {np.sum(chosen)} rows that it draws are too "
            "few for train.cv_folds and train.interval_level",
            where=ENTRIES,
            hint="raise search.rows, or leave it out to search on all rows",
        )
    return replace(problem, train=select(problem.train, chosen))


def _enough(units: Array, problem: Problem) -> bool:
    params = problem.params
    needed = 0 if problem.calibration is not None else rows_needed(params.interval_level)
    return len(units) >= needed and len(np.unique(units)) >= params.cv_folds
