"""Fitting a model, and learning from its mistakes on rows that it did not see."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.errors import TrainingError
from lockgate.features.target import target_values
from lockgate.learning.calibration import apply_temperature, fit_temperature
from lockgate.learning.folds import FEWEST_ROWS, folds, latest
from lockgate.learning.intervals import HalfWidth, fit_half_width
from lockgate.learning.learned import Recipe, fitted_on_all, learned_from
from lockgate.learning.links import Link
from lockgate.learning.metrics import classification_metrics, point_metrics
from lockgate.learning.pipelines import complaints, frame, predicted
from lockgate.learning.problem import FEWEST_VALUES, Problem
from lockgate.learning.sampling import searched_part
from lockgate.learning.search import Steps, unheard
from lockgate.learning.sets import fit_thresholds, lowered
from lockgate.learning.workers import fitted_together
from lockgate.params import EntryParams, ModelParams

Array = npt.NDArray[Any]

# The model that the chosen one has to beat, and that stands in for it when it fails.
BASELINE = ModelParams(
    regressor="sklearn.linear_model.Ridge",
    classifier="sklearn.linear_model.LogisticRegression",
    encoding="onehot",
    params={"max_iter": 1000},
)


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    pipeline : sklearn.pipeline.Pipeline, or a voting or stacking ensemble of such
        Fitted on the whole train part.
    link : Link or None
        The target's scale; None for classification. Members of an ensemble have their own.
    half_width : HalfWidth or None
        Of the interval, on that scale.
    beta : float or None
        Inverse temperature of the probabilities; None for regression.
    thresholds : tuple of float
        From which probability on each class is in the prediction set; empty for regression.
    out_of_fold : array of float, shape (rows,) or (rows, classes)
        Prediction of each training row, or of those that were searched on, by a model that was
        fitted without it; probabilities are not calibrated.
    folds : dict
        From each metric to its value in each fold.
    recipe : Recipe
        What was fitted.
    """

    pipeline: Any
    link: Link | None
    half_width: HalfWidth | None
    beta: float | None
    thresholds: tuple[float, ...]
    out_of_fold: Array
    folds: dict[str, list[float]]
    recipe: Recipe


def fit(problem: Problem, entry: EntryParams, done: Steps = unheard) -> Fit:
    """Fit an entry of ``train.models`` by cross-validation, and once on all training rows.

    The interval's half-width, or the temperature of the probabilities and the thresholds of the
    prediction sets, are taken from rows that the model in question was not fitted on: the
    calibration part, else the out-of-fold predictions (cross-conformal, see
    `lockgate.learning.intervals`). Where there is a time column, intervals and sets are widened
    half of the way to holding the latest rows too, as predicted by a model that was fitted on the
    earlier ones: new rows will be later than all of them.

    Parameters
    ----------
    problem : Problem
        What is to be learned.
    entry : ModelParams or EnsembleParams
        With what.
    done : callable
        Told of each of the `lockgate.learning.learned.fit_count` fits.

    Raises
    ------
    TrainingError
        When the estimator refuses its arguments or the rows, or there are too few of them.
    """
    y = target_values(problem.train, problem.schema)
    if not problem.inputs:
        raise TrainingError(
            f"no feature has {FEWEST_VALUES} values in the train part",
            where="params.yaml, featurize.features",
            hint="give more rows or other features",
        )
    judged = searched_part(problem, entry, y)
    known = y if judged is problem else target_values(judged.train, problem.schema)
    parts = folds(judged.train, known, problem.schema, problem.params.cv_folds, problem.seed)
    learned = learned_from(judged, entry, known, parts, done)
    link, out_of_fold = learned.link, learned.out_of_fold
    final = fitted_on_all(learned.pipeline, problem, y)
    done()
    seen, truth = out_of_fold, known
    if problem.calibration is not None:
        seen, truth = _calibration(final, problem)
    ahead, level = _ahead(learned.pipeline, problem, y), problem.params.interval_level
    if link is None:
        beta = fit_temperature(seen, truth)
        shown = apply_temperature(out_of_fold, beta)
        thresholds = fit_thresholds(apply_temperature(seen, beta), truth, level)
        if ahead is not None:
            later, came = ahead
            thresholds = lowered(thresholds, apply_temperature(later, beta), came, level)
        values = [classification_metrics(known[held], shown[held]) for _, held in parts]
        by_metric = _by_metric(values)
        return Fit(final, link, None, beta, thresholds, out_of_fold, by_metric, learned.recipe)
    half_width = fit_half_width(*_errors(link, seen, truth), level)
    if ahead is not None:
        half_width = half_width.widened(*_errors(link, *ahead), level)
    values = [point_metrics(known[held], out_of_fold[held]) for _, held in parts]
    return Fit(final, link, half_width, None, (), out_of_fold, _by_metric(values), learned.recipe)


def spread(model: Fit) -> dict[str, dict[str, float]]:
    """Return mean and standard deviation over the folds, ``mean`` and ``std``, by metric."""
    return {
        name: {"mean": float(np.mean(values)), "std": float(np.std(values, ddof=1))}
        for name, values in model.folds.items()
    }


def _calibration(final: Any, problem: Problem) -> tuple[Array, Array]:
    assert problem.calibration is not None
    inputs = frame(problem.calibration, problem.features)
    with complaints(final, "cannot predict"):
        seen = predicted(final, inputs, len(problem.schema.classes))
    return seen, target_values(problem.calibration, problem.schema)


def _ahead(pipeline: Any, problem: Problem, y: Array) -> tuple[Array, Array] | None:
    """Return predictions and truth of the latest rows, by a model of the earlier ones."""
    found = latest(problem.train, problem.schema, problem.params.cv_folds)
    if found is None:
        return None
    earlier, late = found
    if not problem.known_in(earlier):
        return None
    if problem.schema.classes:
        counts = np.unique(y[earlier], return_counts=True)[1]
        if len(counts) < 2 or counts.min() < FEWEST_ROWS:
            return None
    inputs = frame(problem.train, problem.features)
    part = fitted_together(pipeline, inputs.iloc[earlier], y[earlier])
    with complaints(part, "cannot predict"):
        return predicted(part, inputs.iloc[late], len(problem.schema.classes)), y[late]


def _errors(link: Link, seen: Array, truth: Array) -> tuple[Array, Array]:
    # Neither an answer nor an interval goes beyond the bounds; rows of the calibration part may.
    scores, reached = (link.forward(link.bounded(each)) for each in (seen, truth))
    return scores, reached - scores


def _by_metric(values: list[dict[str, float]]) -> dict[str, list[float]]:
    common = [name for name in values[0] if all(name in each for each in values)]
    return {name: [each[name] for each in values] for name in common}
