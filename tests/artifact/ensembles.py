"""Ensembles of pipelines, as the train stage fits them."""

import warnings
from functools import cache
from typing import Any

import pandas as pd
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV

from lockgate.artifact import Trained
from lockgate.features import compute, resolve
from lockgate.learning.estimators import build
from lockgate.learning.intervals import HalfWidth
from lockgate.learning.links import Link
from lockgate.params import LevelParams, ModelParams
from tests.artifact import cases

ENSEMBLE, LINEAR = "sklearn.ensemble.", "sklearn.linear_model."
# The bounds of each member and of the whole; those of a log target are tighter.
LINKS = {"identity": Link("identity", 0.0, None), "log": Link("log", 0.0, 2000.0)}
Part = tuple[str, str, str, dict[str, Any]]
REGRESSORS: dict[str, Part] = {
    "boosted": (ENSEMBLE + "HistGradientBoostingRegressor", "native", "log", {"max_iter": 12}),
    "again": (ENSEMBLE + "HistGradientBoostingRegressor", "native", "identity", {"max_iter": 9}),
    "extra": (ENSEMBLE + "ExtraTreesRegressor", "onehot", "log", {"n_estimators": 8}),
    "ridge": (LINEAR + "Ridge", "onehot", "identity", {"alpha": 3.0}),
}
CLASSIFIERS: dict[str, Part] = {
    "boosted": (ENSEMBLE + "HistGradientBoostingClassifier", "native", "", {"max_iter": 8}),
    "extra": (ENSEMBLE + "ExtraTreesClassifier", "onehot", "", {"n_estimators": 8}),
    "logistic": (LINEAR + "LogisticRegression", "onehot", "", {"max_iter": 300}),
}
NEIGHBOURS: Part = ("sklearn.neighbors.KNeighborsRegressor", "onehot", "identity", {})


def parts_of(task: str) -> dict[str, Part]:
    """Return the members for a task."""
    return REGRESSORS if task == "regression" else CLASSIFIERS


def pipeline(part: Part, features: Any) -> Any:
    """Return an unfitted member."""
    path, encoding, scale, params = part
    entry = ModelParams(regressor=path, classifier=path, encoding=encoding, params=params)
    levels = LevelParams(max_levels=20, min_rows=8)
    return build(entry, features, link=LINKS.get(scale), levels=levels, seed=0)


def fit(
    task: str,
    ensemble: Any,
    parts: dict[str, Part] | None = None,
    names: tuple[str, ...] = cases.FEATURES,
    **options: Any,
) -> cases.Fitted:
    """Fit an ensemble of all members of a task, or of others."""
    rows = cases.make_rows()
    features = resolve(names, cases.MODULE, cases.make_schema(task))
    members = [(n, pipeline(p, features)) for n, p in (parts or parts_of(task)).items()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = ensemble(members, **options).fit(
            pd.DataFrame(compute(features, rows)), cases.target_of(task, rows)
        )
    answer: dict[str, Any] = {"beta": 1.25}
    if task == "regression":
        answer = {"link": LINKS["log"], "half_width": HalfWidth.even(0.2)}
    path = f"sklearn.ensemble.{ensemble.__name__}"
    return cases.Fitted(task, Trained(model, path, {}, **answer), features)


@cache
def voted(task: str, weighted: bool = True) -> cases.Fitted:
    """Return a weighted vote, or one of equals."""
    weights = [0.5, 3, 1.25, 0.75][: len(parts_of(task))] if weighted else None
    if task == "regression":
        return fit(task, VotingRegressor, weights=weights)
    return fit(task, VotingClassifier, voting="soft", weights=weights)


@cache
def stacked(task: str) -> cases.Fitted:
    """Return a stack that ends in a linear model."""
    if task == "regression":
        return fit(task, StackingRegressor, final_estimator=RidgeCV(), cv=3)
    return fit(task, StackingClassifier, final_estimator=LogisticRegression(), cv=3)


def voted_with(part: Part, **options: Any) -> cases.Fitted:
    """Return a vote of two, one of them `part`."""
    parts = {"ridge": REGRESSORS["ridge"], "other": part}
    return fit("regression", VotingRegressor, parts, **options)
