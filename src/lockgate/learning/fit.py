"""Fitting a model, and learning from its mistakes on rows that it did not see."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lockgate.contract import Schema
from lockgate.errors import TrainingError
from lockgate.features import Feature
from lockgate.features.target import target_values
from lockgate.learning.calibration import apply_temperature, fit_temperature
from lockgate.learning.estimators import build
from lockgate.learning.folds import Fold, folds, latest
from lockgate.learning.intervals import HalfWidth, fit_half_width
from lockgate.learning.links import Link, link_for
from lockgate.learning.metrics import classification_metrics, point_metrics
from lockgate.learning.pipelines import complaints, fitted, frame, predicted
from lockgate.params import ModelParams, TrainParams
from lockgate.tables import Columns

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Array = npt.NDArray[Any]

# The model that the chosen one has to beat, and that stands in for it when it fails.
BASELINE = ModelParams(
    regressor="sklearn.linear_model.Ridge",
    classifier="sklearn.linear_model.LogisticRegression",
    encoding="onehot",
    params={"max_iter": 1000},
)

FEWEST_VALUES = 10


@dataclass(frozen=True)
class Problem:
    """What is to be learned, whatever the estimator.

    Attributes
    ----------
    schema : Schema
        Names the target and the group.
    features : tuple of Feature
        The inputs.
    params : TrainParams
        Folds, levels, target transform and interval level.
    seed : int
        The one seed.
    train, calibration : Columns
        The contract's columns and the features, each of shape (rows,). Without calibration rows
        the out-of-fold predictions of the train part calibrate.
    """

    schema: Schema
    features: tuple[Feature, ...]
    params: TrainParams
    seed: int
    train: Columns
    calibration: Columns | None = None

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The features that can be learned from: no number that is known in a few rows only.

        A column that the contract has gained lately may have no value yet. A fold, or early
        stopping's own division of it, could be left without any, which boosting cannot bin.
        """
        return tuple(each for each in self.features if self._known(each, slice(None)))

    def known_in(self, rows: Array) -> bool:
        """Tell whether all inputs can be learned from some of the training rows alone."""
        return all(self._known(each, rows) for each in self.inputs)

    def _known(self, feature: Feature, rows: Array | slice) -> bool:
        values = self.train[feature.name][rows]
        return feature.kind != "number" or int(np.sum(~np.isnan(values))) >= FEWEST_VALUES


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Fitted on the whole train part.
    link : Link or None
        The target's scale; None for classification.
    half_width : HalfWidth or None
        Of the interval, on that scale.
    beta : float or None
        Inverse temperature of the probabilities; None for regression.
    out_of_fold : array of float, shape (rows,) or (rows, classes)
        Prediction of each training row by a model that was fitted without it; probabilities
        are not calibrated.
    folds : dict
        From each metric to its value in each fold.
    """

    pipeline: "Pipeline"
    link: Link | None
    half_width: HalfWidth | None
    beta: float | None
    out_of_fold: Array
    folds: dict[str, list[float]]


def fit(problem: Problem, entry: ModelParams, done: Callable[[], None] = lambda: None) -> Fit:
    """Fit an entry of ``train.models`` by cross-validation, and once on all training rows.

    The interval's half-width, or the temperature of the probabilities, is taken from rows that
    the model in question was not fitted on: the calibration part, else the out-of-fold
    predictions (cross-conformal, see `lockgate.learning.intervals`). Where there is a time
    column, intervals are widened until they hold the latest rows too, as predicted by a model
    that was fitted on the earlier ones: new rows will be later than all of them.

    Parameters
    ----------
    problem : Problem
        What is to be learned.
    entry : ModelParams
        With what.
    done : callable
        Called after each of the ``cv_folds`` + 1 fits.

    Raises
    ------
    TrainingError
        When the estimator refuses its arguments or the rows, or there are too few of them.
    """
    y = target_values(problem.train, problem.schema)
    link = _link(problem, y)
    if not problem.inputs:
        raise TrainingError(
            f"no feature has {FEWEST_VALUES} values in the train part",
            where="params.yaml, featurize.features",
            hint="give more rows or other features",
        )
    pipeline = build(
        entry, problem.inputs, link=link, levels=problem.params.levels, seed=problem.seed
    )
    parts = folds(problem.train, y, problem.schema, problem.params.cv_folds, problem.seed)
    out_of_fold = _out_of_fold(pipeline, problem, y, parts, done)
    final = fitted(pipeline, frame(problem.train, problem.features), y)
    done()
    seen, truth = (out_of_fold, y) if problem.calibration is None else _calibration(final, problem)
    if link is None:
        beta = fit_temperature(seen, truth)
        shown = apply_temperature(out_of_fold, beta)
        values = [classification_metrics(y[held], shown[held]) for _, held in parts]
        return Fit(final, link, None, beta, out_of_fold, _by_metric(values))
    level = problem.params.interval_level
    half_width = fit_half_width(*_errors(link, seen, truth), level)
    ahead = _ahead(pipeline, problem, y)
    if ahead is not None:
        half_width = half_width.widened(*_errors(link, *ahead), level)
    values = [point_metrics(y[held], out_of_fold[held]) for _, held in parts]
    return Fit(final, link, half_width, None, out_of_fold, _by_metric(values))


def spread(model: Fit) -> dict[str, dict[str, float]]:
    """Return mean and standard deviation over the folds, ``mean`` and ``std``, by metric."""
    return {
        name: {"mean": float(np.mean(values)), "std": float(np.std(values, ddof=1))}
        for name, values in model.folds.items()
    }


def _link(problem: Problem, y: Array) -> Link | None:
    if problem.schema.task != "regression":
        return None
    return link_for(problem.params.target_transform, problem.schema.target, y)


def _out_of_fold(
    pipeline: "Pipeline", problem: Problem, y: Array, parts: list[Fold], done: Callable[[], None]
) -> Array:
    inputs = frame(problem.train, problem.features)
    classes = len(problem.schema.classes)
    answers = np.empty((len(y), classes) if classes else len(y))
    for fitted_on, held in parts:
        part = fitted(pipeline, inputs.iloc[fitted_on], y[fitted_on])
        with complaints(part, "cannot predict"):
            answers[held] = predicted(part, inputs.iloc[held], classes)
        done()
    return answers


def _calibration(final: "Pipeline", problem: Problem) -> tuple[Array, Array]:
    assert problem.calibration is not None
    inputs = frame(problem.calibration, problem.features)
    with complaints(final, "cannot predict"):
        seen = predicted(final, inputs, len(problem.schema.classes))
    return seen, target_values(problem.calibration, problem.schema)


def _ahead(pipeline: "Pipeline", problem: Problem, y: Array) -> tuple[Array, Array] | None:
    """Return predictions and truth of the latest rows, by a model of the earlier ones."""
    found = latest(problem.train, problem.schema, problem.params.cv_folds)
    if found is None or not problem.known_in(found[0]):
        return None
    earlier, late = found
    inputs = frame(problem.train, problem.features)
    part = fitted(pipeline, inputs.iloc[earlier], y[earlier])
    with complaints(part, "cannot predict"):
        return predicted(part, inputs.iloc[late], len(problem.schema.classes)), y[late]


def _errors(link: Link, seen: Array, truth: Array) -> tuple[Array, Array]:
    scores = link.forward(seen)
    return scores, link.forward(truth) - scores


def _by_metric(values: list[dict[str, float]]) -> dict[str, list[float]]:
    common = [name for name in values[0] if all(name in each for each in values)]
    return {name: [each[name] for each in values] for name in common}
