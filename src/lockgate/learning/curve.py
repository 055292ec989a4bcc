"""The loss of a fit, iteration by iteration, where the estimator keeps it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lockgate.tables import Columns

PARTS = ("train", "validation")


@dataclass(frozen=True)
class Step:
    """The loss after an iteration, on the rows it was fitted on or on those it stops by."""

    iteration: int
    part: str
    loss: float


def learning_curve(pipeline: Any) -> list[Step]:
    """Return the losses that the last step of a fitted pipeline recorded; none of an ensemble.

    Understood are what histogram boosting (with early stopping), gradient boosting, and the
    multi-layer perceptron of scikit-learn record, on the scale that they minimise.
    """
    if not hasattr(pipeline, "named_steps"):
        return []
    model = pipeline["model"]
    model = getattr(model, "regressor_", model)
    return [
        Step(iteration, part, float(loss))
        for part, losses in _losses(model).items()
        for iteration, loss in enumerate(losses)
    ]


def curve_columns(steps: list[Step]) -> Columns:
    """Return ``iteration``, ``train`` and ``validation``, each of shape (iterations,).

    A column for each part is what DVC draws as a line each; a loss that is not known is NaN.
    """
    losses = {(step.part, step.iteration): float(f"{step.loss:.6g}") for step in steps}
    iterations = sorted({step.iteration for step in steps})
    columns: Columns = {"iteration": np.array(iterations, dtype=np.int64)}
    for part in PARTS:
        columns[part] = np.array([losses.get((part, each), np.nan) for each in iterations])
    return columns


def _losses(model: Any) -> dict[str, Any]:
    if hasattr(model, "loss_curve_"):
        return {"train": model.loss_curve_}
    train = np.asarray(getattr(model, "train_score_", []))
    validation = getattr(model, "validation_score_", None)
    if validation is None:
        return {"train": train}
    # Histogram boosting keeps scores, which are larger when they are better.
    return {"train": -train, "validation": -np.asarray(validation)}
