"""Prediction sets: the classes that cannot be ruled out, from the probabilities of the past."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.learning.intervals import order_statistic, rows_needed

Array = npt.NDArray[Any]


def fit_thresholds(probabilities: Array, y: Array, level: float) -> tuple[float, ...]:
    """Learn from which probability on a class is in the set.

    A class is in the set where it is at least as probable as the true class was in the share
    `level` of its own rows: conformal prediction with the probability as score and each class by
    itself (Vovk 2012, "Conditional validity of inductive conformal predictors"; Sadinle, Lei and
    Wasserman 2019, "Least Ambiguous Set-Valued Classifiers with Bounded Error Levels"). So the
    level holds for a rare class as for a common one. A class of too few rows has the threshold of
    all rows.

    Parameters
    ----------
    probabilities : array of float, shape (rows, classes)
        Calibrated, of rows that the model was not fitted on.
    y : array of int, shape (rows,)
        The index of the true class.
    level : float
        Between 0 and 1.

    Returns
    -------
    tuple of float
        One for each class.

    Raises
    ------
    TrainingError
        When there are too few rows for the level.
    """
    own = probabilities[np.arange(len(y)), y]
    parts = [own[y == place] for place in range(probabilities.shape[1])]
    enough = rows_needed(level)
    chosen = [part if len(part) >= enough else own for part in parts]
    return tuple(-order_statistic(-part, level) for part in chosen)


def lowered(
    thresholds: tuple[float, ...], probabilities: Array, y: Array, level: float
) -> tuple[float, ...]:
    """Multiply thresholds, if need be, until the sets hold some other rows at the level too.

    Parameters
    ----------
    thresholds : tuple of float
        As `fit_thresholds` returns them.
    probabilities, y, level
        As of `fit_thresholds`. Too few rows for the level lower nothing.
    """
    if len(y) < rows_needed(level):
        return thresholds
    own = probabilities[np.arange(len(y)), y]
    # The likeliest class is in the set whatever the threshold.
    ratios = np.where(probabilities.argmax(axis=1) == y, np.inf, own / np.array(thresholds)[y])
    factor = min(1.0, -order_statistic(-ratios, level))
    return tuple(factor * each for each in thresholds)


def members(probabilities: Array, thresholds: npt.ArrayLike) -> Array:
    """Tell which classes are in the set of each row.

    Parameters
    ----------
    probabilities : array of float, shape (rows, classes)
        Calibrated.
    thresholds : array of float, shape (classes,)
        As `fit_thresholds` returns them.

    Returns
    -------
    array of bool, shape (rows, classes)
        The likeliest class is always in.
    """
    likeliest = np.maximum.reduce(probabilities, axis=1, keepdims=True)
    return np.asarray(probabilities >= np.minimum(thresholds, likeliest))
