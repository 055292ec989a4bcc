"""The one loss by which models of a task are compared, row by row."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.contract.schema import Task
from lockgate.learning.metrics import class_losses
from lockgate.tables import Columns

Array = npt.NDArray[Any]

MAIN_METRIC: dict[Task, str] = {
    "regression": "mae",
    "binary": "log_loss",
    "multiclass": "log_loss",
}


def row_losses(y: Array, answer: Columns) -> Array:
    """Return the loss of each row; its mean is the task's main metric.

    Parameters
    ----------
    y : array, shape (rows,)
        Numbers, or indices of the true class.
    answer : Columns
        Of a served model: ``value`` of shape (rows,), or ``probabilities`` of shape
        (rows, classes).

    Returns
    -------
    array of float, shape (rows,)
        Absolute error in the target's unit, or log loss.
    """
    if "probabilities" in answer:
        return class_losses(y, answer["probabilities"])
    return np.asarray(np.abs(answer["value"] - y))
