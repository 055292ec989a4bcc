"""Parcels: a small table for each task, with bundles, findings and projects made of it."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml

from lockgate.artifact import Bundle, Trained, Training, load, save
from lockgate.contract import Column, Schema
from lockgate.features import resolve
from lockgate.features.batches import select
from lockgate.features.splits import assign
from lockgate.features.target import target_values
from lockgate.learning.curve import curve_columns, learning_curve
from lockgate.learning.fit import BASELINE, Problem, fit
from lockgate.params import EvaluateParams, ModelParams, SplitParams, TrainParams
from lockgate.reporting.findings import Findings, investigate
from lockgate.strict import tuples
from lockgate.tables import Columns, ParquetSink, write_csv, write_json
from tests.samples import params_document

TASKS = ("regression", "binary", "multiclass")
CLASSES = {"regression": (), "binary": ("cheap", "dear"), "multiclass": ("low", "mid", "high")}
FEATURES = ("weight", "pieces", "size", "zone")
EVALUATE: dict[str, Any] = {
    "bootstrap_resamples": 40,
    "min_slice_rows": 10,
    "slices": [{"column": "zone"}, {"column": "weight", "bands": 3}],
    "importance_repeats": 2,
    "checks": [
        {"kind": "monotone", "column": "weight", "direction": "up", "step": 5.0},
        {"kind": "invariant", "column": "sender"},
    ],
}
MODELS = {
    "fast": {
        "regressor": "sklearn.ensemble.HistGradientBoostingRegressor",
        "classifier": "sklearn.ensemble.HistGradientBoostingClassifier",
        "encoding": "native",
        "params": {"max_iter": 25, "early_stopping": True, "min_samples_leaf": 5},
    },
    "shallow": {
        "regressor": "sklearn.ensemble.HistGradientBoostingRegressor",
        "classifier": "sklearn.ensemble.HistGradientBoostingClassifier",
        "encoding": "native",
        "params": {"max_iter": 1, "max_leaf_nodes": 3},
    },
    "neighbours": {
        "regressor": "sklearn.neighbors.KNeighborsRegressor",
        "classifier": "sklearn.neighbors.KNeighborsClassifier",
    },
}
KEPT: list[TemporaryDirectory[str]] = []


def make_schema(
    task: str, *, dated: bool = True, without: str = "", classes: tuple[str, ...] = ()
) -> Schema:
    """Return the schema, without one of its columns, or with other classes."""
    target: dict[str, Any] = {"name": "cost", "type": "number", "unit": "EUR"}
    if task != "regression":
        target = {"name": "class", "type": "string", "values": classes or CLASSES[task]}
    time = [Column(name="sent_on", type="date", role="time")] if dated else []
    columns = (
        Column(name="parcel_id", type="string", role="key", nullable=False, personal=True),
        Column(name="sender", type="string", role="group"),
        *time,
        Column(
            name="weight",
            type="number",
            role="feature",
            unit="kg",
            minimum=0,
            maximum=100,
            requested=True,
        ),
        Column(name="pieces", type="integer", role="feature"),
        Column(name="size", type="string", role="feature"),
        Column(name="zone", type="string", role="feature", personal=True),
        Column(role="target", nullable=False, **target),
    )
    kept = tuple(column for column in columns if column.name != without)
    return Schema(entity="parcel", entities="parcels", version="1.2.0", columns=kept)


def make_rows(task: str, count: int = 600, seed: int = 0) -> Columns:
    """Return rows with missing weights and zones; the cost is linear with an interaction."""
    random = np.random.default_rng(seed)
    rows: Columns = {
        "parcel_id": np.array([f"p{seed}-{place}" for place in range(count)], dtype=object),
        "sender": np.array([f"s{place}" for place in random.integers(0, 200, count)], dtype=object),
        "sent_on": np.datetime64("2026-01-01", "s")
        + random.integers(0, 90, count) * np.timedelta64(86400, "s"),
        "weight": random.uniform(1, 40, count).round(1),
        "pieces": random.integers(1, 6, count).astype(float),
        "size": np.array(["small", "large"], dtype=object)[random.integers(0, 2, count)],
        "zone": np.array(["A", "B|C", "$D"], dtype=object)[random.integers(0, 3, count)],
    }
    large = rows["size"] == "large"
    cost = 500 + 40 * rows["weight"] * (1 + large) + 30 * rows["pieces"]
    cost += random.normal(0, 60, count)
    rows["weight"][random.random(count) < 0.03] = np.nan
    rows["zone"][random.random(count) < 0.03] = ""
    if task == "regression":
        return rows | {"cost": cost.round(2)}
    edges = [1500] if task == "binary" else [1100, 2000]
    return rows | {"class": np.array(CLASSES[task], dtype=object)[np.digitize(cost, edges)]}


def split_params(*, dated: bool = True, **changes: Any) -> SplitParams:
    """Keep back March, or 30 % of the senders."""
    settings: dict[str, Any] = {
        "test_from": date(2026, 3, 1).isoformat() if dated else None,
        "test_share": 0.3,
        "calibration_share": 0.0,
    }
    return SplitParams.model_validate(settings | changes)


def part(task: str, name: str, *, dated: bool = True, **changes: Any) -> Columns:
    """Return the rows of the train or the test part; `changes` replace keys of the split."""
    rows, schema = make_rows(task), make_schema(task, dated=dated)
    chosen = assign(rows, schema, split_params(dated=dated, **changes)) == name
    columns = select(rows, chosen)
    return {column: columns[column] for column in schema.names}


@cache
def _trained(
    task: str, model: str, dated: bool, without: str, classes: tuple[str, ...]
) -> tuple[Training, Trained, Trained]:
    schema = make_schema(task, dated=dated, without=without, classes=classes)
    features = resolve([name for name in FEATURES if name != without], None, schema)
    document = params_document()["train"] | {"cv_folds": 2, "model": model, "models": MODELS}
    params = TrainParams.model_validate(tuples(document))
    train = part(task, "train", dated=dated)
    problem = Problem(schema, features, params, 7, train)

    def learn(entry: ModelParams) -> Trained:
        found = fit(problem, entry)
        path = entry.regressor if task == "regression" else entry.classifier
        return Trained(
            pipeline=found.pipeline,
            estimator=str(path),
            params=entry.params,
            link=found.link,
            half_width=found.half_width,
            beta=found.beta,
            thresholds=found.thresholds,
        )

    training = Training(
        schema=schema,
        features=features,
        feature_module=None,
        rows=train,
        level=0.9,
        data_hash="0123456789abcdef0123456789abcdef.dir",
        seed=7,
        split=split_params(dated=dated),
    )
    return training, learn(params.chosen), learn(BASELINE)


def save_bundle(
    directory: Path,
    task: str,
    model: str = "fast",
    *,
    dated: bool = True,
    without: str = "",
    classes: tuple[str, ...] = (),
    **changes: Any,
) -> Path:
    """Save a bundle; `changes` replace fields of its `Training`."""
    training, primary, baseline = _trained(task, model, dated, without, classes)
    save(directory, replace(training, **changes), primary=primary, baseline=baseline)
    return directory


def load_bundle(task: str, model: str = "fast", **options: Any) -> Bundle:
    """Return a bundle that was saved and loaded, with the options of `save_bundle`."""
    folder = TemporaryDirectory()
    # What explains a bundle is read from its files when it is first asked for.
    KEPT.append(folder)
    return load(save_bundle(Path(folder.name) / "model", task, model, **options))


def evaluate_params(**changes: Any) -> EvaluateParams:
    """Return the params of evaluate."""
    return EvaluateParams.model_validate(tuples(EVALUATE | changes))


@cache
def make_findings(task: str, model: str = "fast", dated: bool = True) -> Findings:
    """Return what is found out about a model on its test part."""
    train_y = target_values(part(task, "train", dated=dated), make_schema(task, dated=dated))
    test = part(task, "test", dated=dated)
    return investigate(load_bundle(task, model, dated=dated), test, train_y, evaluate_params(), 7)


def lay_out(root: Path, task: str, model: str = "fast", **gate: Any) -> Path:
    """Write what evaluate and gate read; `gate` replaces keys of ``params.gate``."""
    schema = make_schema(task)
    for name in ("train", "test"):
        with ParquetSink(root / "data" / "features" / f"{name}.parquet") as sink:
            sink.write(part(task, name))
    (root / "data" / "schema.json").write_text(schema.to_json(), encoding="utf-8")
    save_bundle(root / "models" / "model", task, model)
    write_json(root / "metrics" / "train.json", {"cv": {"mae": {"mean": 60.0, "std": 2.0}}})
    write_json(root / "metrics" / "validate.json", {"quarantined_share": 0.01})
    steps = learning_curve(_trained(task, model, True, "", ())[1].pipeline)
    write_csv(root / "plots" / "learning_curve.csv", curve_columns(steps))
    write_params(root, **gate)
    return root


def write_params(root: Path, **gate: Any) -> None:
    """Write params.yaml with some keys of ``params.gate`` replaced."""
    document = params_document()
    document["evaluate"] = EVALUATE
    document["gate"] |= gate
    (root / "params.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
