"""What may become a part of the final model: an estimator with its answers on unseen rows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lockgate.learning.calibration import apply_temperature
from lockgate.learning.estimators import build
from lockgate.learning.folds import Fold
from lockgate.learning.links import Link, link_for
from lockgate.learning.metrics import class_losses
from lockgate.learning.problem import Problem
from lockgate.params import MemberParams, ModelParams

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Candidate:
    """An unfitted pipeline, and how it did on the folds.

    Attributes
    ----------
    name : str
        Of the member, and the number of the trial where there were several.
    entry : MemberParams
        What it was built from.
    link : Link or None
        The target's scale; None for classification.
    pipeline : sklearn.pipeline.Pipeline
        Unfitted.
    out_of_fold : array of float, shape (rows,) or (rows, classes)
        Prediction of each training row by a fit without it: in the target's unit, or
        probabilities.
    score : float
        Mean over the folds of `loss`.
    """

    name: str
    entry: MemberParams
    link: Link | None
    pipeline: "Pipeline"
    out_of_fold: Array
    score: float


def assembled(problem: Problem, entry: ModelParams, y: Array) -> tuple["Pipeline", Link | None]:
    """Build an entry's pipeline; a member may have a target transform of its own.

    Raises
    ------
    TrainingError
        When it cannot be built, or its transform does not fit the target.
    """
    link = None
    if problem.schema.task == "regression":
        own = entry.target_transform if isinstance(entry, MemberParams) else None
        link = link_for(own or problem.params.target_transform, problem.schema.target, y)
    levels, seed = problem.params.levels, problem.seed
    return build(entry, problem.inputs, link=link, levels=levels, seed=seed), link


def loss(y: Array, answers: Array) -> float:
    """Return the loss by which candidates are compared.

    Parameters
    ----------
    y : array, shape (rows,)
        Numbers, or indices of the true class.
    answers : array of float, shape (rows,) or (rows, classes)
        Numbers or probabilities.

    Returns
    -------
    float
        The mean absolute error in the target's unit, or the log loss of what would be served
        without calibration.
    """
    if answers.ndim == 2:
        return float(np.mean(class_losses(y, apply_temperature(answers, 1.0))))
    return float(np.mean(np.abs(answers - y)))


def gathered(parts: list[Fold], answers: list[Array]) -> Array:
    """Put the answers of the folds in the order of the rows."""
    rows = sum(len(held) for _, held in parts)
    whole = np.empty((rows, *answers[0].shape[1:]))
    for (_, held), each in zip(parts, answers, strict=True):
        whole[held] = each
    return whole
