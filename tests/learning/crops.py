"""Crops: a small table of numbers, gaps and words, with a target of each task."""

from typing import Any

import numpy as np

from lockgate.contract import Column, Schema
from lockgate.features import Feature, resolve
from lockgate.learning.problem import Problem
from lockgate.params import EnsembleParams, LevelParams, ModelParams, TrainParams
from lockgate.strict import tuples
from lockgate.tables import Columns

SOILS = np.array(["clay", "loam", "sand", ""], dtype=object)
TARGETS: dict[str, dict[str, Any]] = {
    "regression": {"type": "number"},
    "binary": {"type": "string", "values": ("no", "yes")},
    "multiclass": {"type": "string", "values": ("poor", "fair", "good")},
}
RIDGE = ModelParams(
    regressor="sklearn.linear_model.Ridge", classifier="sklearn.linear_model.LogisticRegression"
)
BOOSTING = ModelParams(
    regressor="sklearn.ensemble.HistGradientBoostingRegressor",
    classifier="sklearn.ensemble.HistGradientBoostingClassifier",
    encoding="native",
    params={"max_iter": 30, "early_stopping": True},
)
TREES = ModelParams(
    regressor="sklearn.ensemble.ExtraTreesRegressor",
    classifier="sklearn.ensemble.ExtraTreesClassifier",
    params={"n_estimators": 10},
)


def ensemble(
    combine: str, search: dict[str, Any] | None = None, **members: dict[str, Any] | ModelParams
) -> EnsembleParams:
    """Make an ensemble of members, which may be given as plain data."""
    plain = {
        name: each.model_dump() if isinstance(each, ModelParams) else each
        for name, each in members.items()
    }
    entry = {"combine": combine, "search": search, "members": plain}
    return EnsembleParams.model_validate(tuples(entry))


def schema(
    task: str = "regression", *, group: bool = False, time: bool = False, **target: Any
) -> Schema:
    """Describe crops with the target of a task."""
    columns = [
        Column(name="cut_on", type="date", role="time" if time else "ignore"),
        Column(name="field", type="integer", role="group" if group else "ignore"),
        Column(name="rain", type="number", role="feature", maximum=100.0),
        Column(name="depth", type="number", role="feature"),
        Column(name="soil", type="string", role="feature"),
        Column(name="crop", role="target", **(TARGETS[task] | target)),
    ]
    return Schema(entity="crop", entities="crops", version="1", columns=tuple(columns))


def crops(rows: int, task: str = "regression", seed: int = 0) -> Columns:
    """Make rows in which the crop follows from rain, depth and soil, with noise."""
    random = np.random.default_rng(seed)
    rain, depth = random.uniform(0, 100, rows), random.normal(0, 1, rows)
    soil = random.integers(0, 4, rows)
    crop = 20 + rain + 10 * (soil == 1) + 5 * depth + random.normal(0, 5, rows)
    return {
        "cut_on": np.datetime64("2025-01-01", "s") + np.arange(rows) * np.timedelta64(86_400, "s"),
        "field": random.integers(0, max(rows // 4, 1), rows).astype(float),
        "rain": np.where(random.random(rows) < 0.1, np.nan, rain),
        "depth": depth,
        "soil": SOILS[soil],
        "crop": _target(np.maximum(crop, 0), task),
    }


def features(described: Schema) -> tuple[Feature, ...]:
    """Take all feature columns."""
    return resolve(None, None, described)


def problem(task: str = "regression", rows: int = 200, **changed: Any) -> Problem:
    """Make a learning problem; arguments change its parts or its params."""
    described = changed.pop("schema", schema(task))
    parts = {name: changed.pop(name) for name in ("train", "calibration") if name in changed}
    params = {
        "model": "ridge",
        "models": {"ridge": RIDGE},
        "levels": LevelParams(max_levels=10, min_rows=2),
        "target_transform": "none",
        "cv_folds": 3,
        "interval_level": 0.9,
    }
    return Problem(
        schema=described,
        features=features(described),
        params=TrainParams.model_validate(params | changed),
        seed=3,
        **({"train": crops(rows, task)} | parts),
    )


def _target(crop: np.ndarray, task: str) -> np.ndarray:
    if task == "regression":
        return crop
    classes = np.array(TARGETS[task]["values"], dtype=object)
    edges = np.quantile(crop, np.linspace(0, 1, len(classes) + 1))[1:-1]
    return classes[np.searchsorted(edges, crop)]
