"""One estimator or several, cross-validated and combined, ready to be fitted on all rows."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.learning.candidates import assembled
from lockgate.learning.ensembles import combination
from lockgate.learning.folds import Fold, folds
from lockgate.learning.links import Link, link_for
from lockgate.learning.pipelines import complaints, fitted, frame, predicted
from lockgate.learning.problem import Problem
from lockgate.learning.search import Steps, search, studies
from lockgate.learning.settled import settled
from lockgate.learning.trials import Trial
from lockgate.learning.workers import fitted_together, workers
from lockgate.params import EnsembleParams, EntryParams, ModelParams

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Recipe:
    """What was fitted.

    Attributes
    ----------
    estimator : str
        Import path of the estimator's class, or of the ensemble's.
    params : dict
        The arguments of the estimator, or how the ensemble combines.
    trials : tuple of Trial
        What was tried to find it.
    """

    estimator: str
    params: dict[str, Any]
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True)
class Learned:
    """An unfitted model, and what is known of it before it is fitted on all rows."""

    pipeline: Any
    link: Link | None
    out_of_fold: Array
    recipe: Recipe


def learned_from(
    problem: Problem, entry: EntryParams, y: Array, parts: list[Fold], done: Steps
) -> Learned:
    """Cross-validate an entry of ``train.models``; an ensemble is searched and combined.

    Parameters
    ----------
    problem : Problem
        What is to be learned.
    entry : ModelParams or EnsembleParams
        With what.
    y : array, shape (rows,)
        The target of the training rows.
    parts : list of Fold
        The folds.
    done : callable
        Told of each fit.

    Raises
    ------
    TrainingError
        When an estimator refuses its arguments or the rows.
    """
    if isinstance(entry, ModelParams):
        return _one(problem, entry, y, parts, done)
    return _several(problem, entry, y, parts, done)


def fit_count(problem: Problem, entry: EntryParams, y: Array) -> int:
    """Return how many fits of an entry are told of, the one on all rows included.

    Raises
    ------
    TrainingError
        When a member cannot be built.
    """
    trials = 1
    if isinstance(entry, EnsembleParams):
        trials = sum(study.left for study in studies(problem, entry, y))
    return trials * problem.params.cv_folds + 1


def fitted_on_all(pipeline: Any, problem: Problem, y: Array) -> Any:
    """Fit a model on all training rows; a stack learns from answers crossed over `folds`.

    Parameters
    ----------
    pipeline : Any
        A pipeline, or a voting or stacking ensemble of pipelines; stays as it is.
    problem : Problem
        Whose rows.
    y : array, shape (rows,)
        Their target.

    Raises
    ------
    TrainingError
        When it refuses its arguments or the rows.
    """
    from sklearn.base import clone

    inputs = frame(problem.train, problem.features)
    if not hasattr(pipeline, "cv"):
        return settled(fitted_together(pipeline, inputs, y))
    parts = folds(problem.train, y, problem.schema, pipeline.cv, problem.seed)
    stack = fitted_together(clone(pipeline).set_params(cv=parts), inputs, y)
    return settled(stack).set_params(cv=pipeline.cv)


def _one(problem: Problem, entry: ModelParams, y: Array, parts: list[Fold], done: Steps) -> Learned:
    """Cross-validate an estimator."""
    pipeline, link = assembled(problem, entry, y)
    inputs = frame(problem.train, problem.features)
    classes = len(problem.schema.classes)
    answers = np.empty((len(y), classes) if classes else len(y))
    for fitted_on, held in parts:
        part = fitted(pipeline, inputs.iloc[fitted_on], y[fitted_on])
        with complaints(part, "cannot predict"):
            answers[held] = predicted(part, inputs.iloc[held], classes)
        done()
    return Learned(pipeline, link, answers, _recipe(entry, link))


def _several(
    problem: Problem, entry: EnsembleParams, y: Array, parts: list[Fold], done: Steps
) -> Learned:
    """Search the members of an ensemble and combine what was found."""
    with workers(problem, y, parts) as crew:
        found = search(problem, entry, crew, done)
    combined = combination(entry.combine, found.candidates, y, parts)
    trials = tuple(found.trials)
    if len(combined.candidates) == 1:
        (only,) = combined.candidates
        recipe = replace(_recipe(only.entry, only.link), trials=trials)
        return Learned(combined.model, only.link, combined.out_of_fold, recipe)
    name = type(combined.model).__name__
    recipe = Recipe(f"sklearn.ensemble.{name}", {"combine": entry.combine}, trials)
    if problem.schema.task != "regression":
        return Learned(combined.model, None, combined.out_of_fold, recipe)
    link = link_for(problem.params.target_transform, problem.schema.target, y)
    return Learned(combined.model, link, link.bounded(combined.out_of_fold), recipe)


def _recipe(entry: ModelParams, link: Link | None) -> Recipe:
    return Recipe(str(entry.regressor if link else entry.classifier), entry.params)
