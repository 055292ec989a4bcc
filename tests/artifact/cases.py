"""A small table with every type of column, and bundles trained on it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from lockgate.artifact import Trained, Training, save
from lockgate.artifact.manifest import Manifest
from lockgate.artifact.parts import MANIFEST, SEAL, sha256
from lockgate.contract import Column, Schema
from lockgate.features import Feature, compute, resolve
from lockgate.learning.estimators import build
from lockgate.learning.intervals import HalfWidth
from lockgate.learning.links import Link
from lockgate.params import LevelParams, ModelParams, SplitParams
from lockgate.tables import Columns

MODULE = "tests.artifact.ratios"
FEATURES = (
    "place",
    "area",
    "rooms",
    "kind",
    "new",
    "area_per_room",
    "log_area",
    "built_on_year",
    "sold_on_days",
    "place_and_kind",
)
CLASSES = {"binary": ("no", "yes"), "multiclass": ("low", "middle", "high", "top")}
DATA_HASH = "0123456789abcdef0123456789abcdef.dir"
ROW: dict[str, Any] = {"area": 80.0, "rooms": 3, "kind": "flat", "place": "p1"}
DAY = np.timedelta64(86_400, "s")


def make_schema(task: str = "regression") -> Schema:
    """Return the contract's schema, with a target for the task."""
    if task == "regression":
        target = Column(name="rent", type="number", role="target", nullable=False)
    else:
        target = Column(name="rent", type="string", role="target", values=CLASSES[task])
    needed = {"role": "feature", "requested": True, "nullable": False}
    columns = (
        Column(name="id", type="string", role="key", nullable=False, unique=True),
        Column(name="owner", type="integer", role="group"),
        Column(name="sold_on", type="date", role="time", nullable=False),
        Column(name="area", type="number", minimum=0, maximum=1000, unit="m2", **needed),
        Column(name="rooms", type="integer", exclusive_minimum=0, maximum=20, **needed),
        Column(name="kind", type="string", role="feature", values=("flat", "house", "loft")),
        Column(name="place", type="string", role="feature", pattern="[a-z]+[0-9]*", max_length=12),
        Column(name="new", type="boolean", role="feature"),
        Column(name="built_on", type="date", role="feature", earliest="1900-01-01"),
        Column(name="note", type="string", role="ignore"),
        target,
    )
    return Schema(entity="flat", entities="flats", version="1", columns=columns)


def make_rows(count: int = 1200, seed: int = 0) -> Columns:
    """Return training rows, some values missing."""
    rng = np.random.default_rng(seed)
    places = [f"p{place}" for place in (rng.random(count) ** 2 * 40).astype(int)]
    rows: Columns = {
        "id": np.array([f"r{row}" for row in range(count)], dtype=object),
        "owner": rng.integers(0, 50, count).astype(float),
        "sold_on": np.datetime64("2025-01-01", "s") + rng.integers(0, 300, count) * DAY,
        "area": rng.gamma(6, 15, count).round(1) % 1000,
        "rooms": rng.integers(1, 8, count).astype(float),
        "kind": np.array(["flat", "house", "loft", ""], object)[rng.integers(0, 4, count)],
        "place": np.array(places, dtype=object),
        "new": rng.integers(0, 2, count).astype(float),
        "built_on": np.datetime64("1950-01-01", "s") + rng.integers(0, 25_000, count) * DAY,
        "note": np.array([""] * count, dtype=object),
    }
    rows["area"][rng.random(count) < 0.05] = np.nan
    rows["new"][rng.random(count) < 0.1] = np.nan
    rows["built_on"][rng.random(count) < 0.1] = np.datetime64("NaT")
    rows["place"][rng.random(count) < 0.05] = ""
    worth = np.array([int(place[1:] or 0) if place else 5 for place in rows["place"]])
    size = np.nan_to_num(rows["area"], nan=60) * 4 + rows["rooms"] * 20
    rows["rent"] = size + (rows["kind"] == "loft") * 90 + worth * 3 + rng.normal(0, 15, count)
    return rows


def with_holes(rows: Columns) -> Columns:
    """Return the rows with missing values everywhere and levels that no training row had."""
    holed = {name: values.copy() for name, values in rows.items()}
    for step, name in enumerate(("area", "rooms", "kind", "place", "new", "built_on")):
        kind = holed[name].dtype.kind
        holed[name][step::7] = {"f": np.nan, "O": "", "M": np.datetime64("NaT")}[kind]
    holed["kind"][::11] = "castle"
    holed["place"][::13] = "nowhere"
    return holed


def target_of(task: str, rows: Columns) -> np.ndarray:
    """Return what a pipeline learns: the number, or the class by its place."""
    if task == "regression":
        return rows["rent"]
    shares = [0.5] if task == "binary" else [0.3, 0.6, 0.85]
    return np.digitize(rows["rent"], np.quantile(rows["rent"], shares))


THRESHOLDS = (0.4, 0.1, 0.3, 0.2)
HALF_WIDTH = HalfWidth((5.0, 6.0, 7.0), (0.3, 0.2, 0.25))


@dataclass(frozen=True)
class Fitted:
    """A pipeline with what it was fitted on."""

    task: str
    trained: Trained
    features: tuple[Feature, ...]

    @property
    def pipeline(self) -> Any:
        """The fitted pipeline."""
        return self.trained.pipeline


def fit(
    task: str,
    estimator: str,
    params: dict[str, Any] | None = None,
    *,
    encoding: Any = "onehot",
    scale: Any = "identity",
    names: tuple[str, ...] = FEATURES,
    only: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Fitted:
    """Fit a pipeline as the train stage does; `only` picks rows by their target."""
    rows = make_rows()
    y = target_of(task, rows)
    if only is not None:
        chosen = only(y)
        rows, y = {name: values[chosen] for name, values in rows.items()}, y[chosen]
    features = resolve(names, MODULE, make_schema(task))
    link = Link(scale, 0.0, 5000.0) if task == "regression" else None
    entry = ModelParams(
        regressor=estimator, classifier=estimator, encoding=encoding, params=params or {}
    )
    levels = LevelParams(max_levels=20, min_rows=8)
    pipeline = build(entry, features, link=link, levels=levels, seed=0)
    pipeline.fit(pd.DataFrame(compute(features, rows)), y)
    answer: dict[str, Any] = {"link": link, "half_width": HALF_WIDTH}
    if link is None:
        answer = {"beta": 1.25, "thresholds": THRESHOLDS[: len(CLASSES[task])]}
    return Fitted(task, Trained(pipeline, estimator, params or {}, **answer), features)


@cache
def linear(task: str) -> Fitted:
    """Return the baseline."""
    if task == "regression":
        return fit(task, "sklearn.linear_model.Ridge")
    return fit(task, "sklearn.linear_model.LogisticRegression", {"max_iter": 500})


@cache
def boosted(task: str) -> Fitted:
    """Return a small boosted model with native categories."""
    kind = "Regressor" if task == "regression" else "Classifier"
    path = f"sklearn.ensemble.HistGradientBoosting{kind}"
    return fit(task, path, {"max_iter": 20}, encoding="native", scale="log")


@cache
def neighbours() -> Fitted:
    """Return a model that has no compiled form."""
    return fit("regression", "sklearn.neighbors.KNeighborsRegressor")


def training(task: str, features: tuple[Feature, ...]) -> Training:
    """Return what `save` wants to know."""
    return Training(
        schema=make_schema(task),
        features=features,
        feature_module=MODULE,
        rows=make_rows(),
        level=0.9,
        data_hash=DATA_HASH,
        seed=0,
        split=SplitParams(test_from="2025-10-28", test_share=0.2, calibration_share=0.0),
    )


def save_bundle(directory: Path, primary: Fitted, baseline: Fitted | None = None) -> Path:
    """Save a bundle of the model and, unless told otherwise, the linear one of all features."""
    save(
        directory,
        training(primary.task, primary.features),
        primary=primary.trained,
        baseline=(baseline or linear(primary.task)).trained,
    )
    return directory


@cache
def _saved(task: str) -> dict[str, bytes]:
    with TemporaryDirectory() as scratch:
        directory = save_bundle(Path(scratch) / "model", boosted(task))
        return {path.name: path.read_bytes() for path in directory.iterdir()}


def copy_bundle(directory: Path, task: str = "regression") -> Path:
    """Put a bundle of a boosted model at `directory`."""
    directory.mkdir()
    for name, content in _saved(task).items():
        (directory / name).write_bytes(content)
    return directory


def reseal(directory: Path, **changes: Any) -> None:
    """Make a bundle whose parts were changed look whole again, as an attacker would."""
    table = directory / MANIFEST
    manifest = Manifest.from_json(table.read_bytes(), str(table))
    parts = {
        path.name: sha256(path.read_bytes())
        for path in directory.iterdir()
        if path.name not in (MANIFEST, SEAL)
    }
    text = manifest.model_copy(update={"parts": parts, **changes}).to_json().encode()
    table.write_bytes(text)
    (directory / SEAL).write_text(f"{sha256(text)}  {MANIFEST}\n")


def one(rows: Columns, row: int) -> Columns:
    """Return one row as a batch."""
    return {name: values[row : row + 1] for name, values in rows.items()}
