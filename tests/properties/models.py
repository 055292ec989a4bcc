"""Small models of every served form, trained on a table with every type of column."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge

from lockgate import Predictor, load_predictor
from lockgate.artifact import Trained, Training, save
from lockgate.contract import Column, Schema
from lockgate.features import Feature, compute, resolve
from lockgate.features.target import target_values
from lockgate.learning.estimators import build
from lockgate.learning.intervals import HalfWidth
from lockgate.learning.links import Link
from lockgate.params import LevelParams, ModelParams, SplitParams
from lockgate.tables import Columns

FORMS: dict[str, tuple[str, str, Any, dict[str, Any]]] = {
    "boosting": (
        "sklearn.ensemble.HistGradientBoostingRegressor",
        "sklearn.ensemble.HistGradientBoostingClassifier",
        "native",
        {"max_iter": 8},
    ),
    "forest": (
        "sklearn.ensemble.RandomForestRegressor",
        "sklearn.ensemble.RandomForestClassifier",
        "onehot",
        {"n_estimators": 6},
    ),
    "linear": (
        "sklearn.linear_model.Ridge",
        "sklearn.linear_model.LogisticRegression",
        "onehot",
        {},
    ),
    "network": (
        "sklearn.neural_network.MLPRegressor",
        "sklearn.neural_network.MLPClassifier",
        "onehot",
        {
            "hidden_layer_sizes": (6, 4),
            "max_iter": 5,
            "early_stopping": True,
            "n_iter_no_change": 1,
            "tol": 1e9,
        },
    ),
    "leafwise boosting": (
        "lightgbm.LGBMRegressor",
        "lightgbm.LGBMClassifier",
        "native",
        {"n_estimators": 8, "verbose": -1, "n_jobs": 1},
    ),
    "the pipeline itself": (
        "sklearn.neighbors.KNeighborsRegressor",
        "sklearn.neighbors.KNeighborsClassifier",
        "onehot",
        {},
    ),
}
LINKS = {"number": Link("identity", None, None), "log": Link("log", 0.0, 4000.0)}
ENSEMBLES = ("vote", "stack")
MODULE = "tests.artifact.ratios"
COLUMNS = {
    "sold_on": ("date", "time"),
    "area": ("number", "feature"),
    "share": ("number", "feature"),
    "rooms": ("integer", "feature"),
    "kind": ("string", "feature"),
    "place": ("string", "feature"),
    "new": ("boolean", "feature"),
    "built_on": ("date", "feature"),
    "seen_at": ("timestamp", "feature"),
}
HALF_WIDTHS = {
    "number": HalfWidth((100.0, 300.0, 600.0), (40.0, 20.0, 60.0)),
    "log": HalfWidth((5.0, 6.0, 7.0), (0.3, 0.2, 0.25)),
}
KINDS = ("flat", "house", "loft")
TASKS: dict[str, dict[str, Any]] = {
    "number": {"type": "number"},
    "log": {"type": "number"},
    "binary": {"type": "boolean"},
    "multiclass": {"type": "string", "values": ("low", "middle", "high")},
}


def schema_for(task: str) -> Schema:
    """Return a schema that admits nearly anything, and of texts levels that training never saw."""
    target = Column(name="rent", role="target", **TASKS[task])
    texts: Any = {
        "kind": {"values": (*KINDS, "castle")},
        "place": {"pattern": "p[0-9]{1,2}|[a-z ]+"},
    }
    plain: Any = COLUMNS
    columns = tuple(
        Column(name=name, type=kind, role=role, **texts.get(name, {}))
        for name, (kind, role) in plain.items()
    )
    return Schema(entity="flat", entities="flats", version="1", columns=(*columns, target))


@cache
def predictor_of(form: str, task: str) -> Predictor:
    """Train a model of a form for a task, save it as a bundle, and load it."""
    primary = _combine(form, task) if form in ENSEMBLES else _fit(form, task)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        _save(path, task, primary=primary, baseline=_fit("linear", task))
        return load_predictor(path)


def _features(schema: Schema) -> tuple[Feature, ...]:
    names = [feature.name for feature in resolve(None, None, schema)]
    return resolve([*names, "area_per_room", "log_area", "place_and_kind"], MODULE, schema)


def _save(path: Path, task: str, *, primary: Trained, baseline: Trained) -> None:
    schema = schema_for(task)
    training = Training(
        schema=schema,
        features=_features(schema),
        feature_module=MODULE,
        rows=_rows(task),
        level=0.9,
        data_hash="0123456789abcdef0123456789abcdef.dir",
        seed=0,
        split=SplitParams(test_from="2026-01-01", test_share=0.2, calibration_share=0.0),
    )
    save(path, training, primary=primary, baseline=baseline)


def _fit(form: str, task: str) -> Trained:
    schema, rows = schema_for(task), _rows(task)
    answer = _answer(task)
    pipeline = _pipeline(form, task, answer.get("link"))
    pipeline.fit(pd.DataFrame(compute(_features(schema), rows)), target_values(rows, schema))
    return Trained(pipeline, FORMS[form][0], FORMS[form][3], **answer)


def _combine(form: str, task: str) -> Trained:
    """Fit a vote or a stack of three models, of which one learned on another scale."""
    schema, rows = schema_for(task), _rows(task)
    numeric = schema.task == "regression"
    link = LINKS["log" if task == "number" else "number"] if numeric else None
    answer = _answer(task)
    members = [
        ("boosting", _pipeline("boosting", task, answer.get("link"))),
        ("forest", _pipeline("forest", task, link)),
        ("linear", _pipeline("linear", task, answer.get("link"))),
    ]
    model: Any = {
        ("vote", True): VotingRegressor(members, weights=[3, 1, 0.5]),
        ("vote", False): VotingClassifier(members, voting="soft", weights=[3, 1, 0.5]),
        ("stack", True): StackingRegressor(members, Ridge(), cv=2),
        ("stack", False): StackingClassifier(members, LogisticRegression(), cv=2),
    }[form, numeric]
    model.fit(pd.DataFrame(compute(_features(schema), rows)), target_values(rows, schema))
    return Trained(model, f"sklearn.ensemble.{type(model).__name__}", {}, **answer)


def _answer(task: str) -> dict[str, Any]:
    if schema_for(task).task != "regression":
        return {"beta": 1.5, "thresholds": (0.4, 0.3, 0.2)[: len(schema_for(task).classes)]}
    return {"link": LINKS[task], "half_width": HALF_WIDTHS[task]}


def _pipeline(form: str, task: str, link: Link | None) -> Any:
    regressor, classifier, encoding, params = FORMS[form]
    entry = ModelParams(
        regressor=regressor, classifier=classifier, encoding=encoding, params=params
    )
    levels = LevelParams(max_levels=10, min_rows=3)
    return build(entry, _features(schema_for(task)), link=link, levels=levels, seed=0)


def _rows(task: str, count: int = 160) -> Columns:
    rng = np.random.default_rng(0)
    day = np.timedelta64(86_400, "s")
    rows: Columns = {
        "sold_on": np.datetime64("2025-01-01", "s") + rng.integers(0, 300, count) * day,
        "area": rng.gamma(6, 15, count),
        "share": rng.random(count),
        "rooms": rng.integers(1, 8, count).astype(float),
        "kind": np.array([*KINDS, ""], object)[rng.integers(0, 4, count)],
        "place": np.array([f"p{n}" for n in rng.integers(0, 12, count)], dtype=object),
        "new": rng.integers(0, 2, count).astype(float),
        "built_on": np.datetime64("1950-01-01", "s") + rng.integers(0, 25_000, count) * day,
        "seen_at": np.datetime64("2025-01-01", "s") + rng.integers(0, 10**7, count),
    }
    for name in ("area", "new"):
        rows[name][rng.random(count) < 0.1] = np.nan
    rows["built_on"][rng.random(count) < 0.1] = np.datetime64("NaT")
    rent = np.nan_to_num(rows["area"], nan=60) * 4 + rows["rooms"] * 20 + rng.normal(0, 9, count)
    if task == "binary":
        rows["rent"] = (rent > np.median(rent)).astype(float)
    elif task == "multiclass":
        places = np.digitize(rent, np.quantile(rent, (0.4, 0.7)))
        rows["rent"] = np.array(TASKS[task]["values"], dtype=object)[places]
    else:
        rows["rent"] = np.maximum(rent, 0)
    return rows
