"""The service, one row at a time and in a batch, the command line and scikit-learn agree."""

import asyncio
import json
import math
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from lockgate.artifact import load_pipeline, pipeline_answers
from lockgate.artifact.manifest import ClassificationEntry
from lockgate.learning.calibration import apply_temperature
from lockgate.predict import load_predictor
from lockgate.service import create_app
from lockgate.service.settings import Settings
from lockgate.tables import Columns, ParquetSink, read_parquet
from tests.e2e.parcels import parcels
from tests.project import Project, make_project
from tests.samples import contract_document, params_document

TOLERANCE = 1e-12
SPEEDS = ("slow", "normal", "fast")
CAN_MISS = ("size", "insured", "pieces", "depot")
BOOSTING = {
    "regressor": "sklearn.ensemble.HistGradientBoostingRegressor",
    "classifier": "sklearn.ensemble.HistGradientBoostingClassifier",
    "encoding": "native",
    "params": {"max_iter": 30},
}


@pytest.fixture(scope="module", params=["regression", "classification"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Run the pipeline on parcels, of which the last month has depots never seen before."""
    root = tmp_path_factory.mktemp("equality") / "project"
    project = make_project(root, _contract(request.param), _params())
    raw = project.root / "data" / "raw"
    raw.mkdir()
    for month in (1, 2, 3):
        delivery = _delivery(month)
        if request.param == "regression":
            del delivery["speed"]
        delivery.to_csv(raw / f"parcels-{month}.csv", index=False)
    project.dvc("add", "--quiet", "data/raw")
    project.commit()
    project.dvc("repro", "--quiet", "train")
    return project


def test_every_way_to_ask_gives_the_same_numbers(built: Project) -> None:
    """On every row of the test part: with nulls, with fields left out, with unseen levels."""
    directory = built.root / "models" / "model"
    rows = read_parquet(built.root / "data" / "features" / "test.parquet")
    asked = _requests(rows)
    assert len(asked) > 100
    assert any(value is None for row in asked for value in row.values())
    assert any("depot" not in row for row in asked)
    by_scikit_learn = _by_scikit_learn(directory, rows)
    one_by_one, batch = asyncio.run(_by_service(directory, asked))
    for found in (one_by_one, batch, _by_command_line(built, rows)):
        np.testing.assert_allclose(found, by_scikit_learn, rtol=TOLERANCE, atol=0)
    np.testing.assert_array_equal(one_by_one, batch)


def test_the_test_part_has_levels_that_training_had_not(built: Project) -> None:
    """Otherwise the test above would prove less than it says."""
    parts = [
        read_parquet(built.root / f"data/features/{each}.parquet") for each in ("train", "test")
    ]
    seen, asked = (set(part["depot"]) for part in parts)
    assert asked - seen


def _contract(task: str) -> dict[str, Any]:
    document = contract_document()
    properties = document["schema"][0]["properties"]
    properties.insert(-1, {"name": "depot", "logicalType": "string"})
    if task == "classification":
        classes = {"metric": "invalidValues", "arguments": {"validValues": [*SPEEDS]}, "mustBe": 0}
        target = {"logicalType": "string", "quality": [classes]}
        properties[-1] = properties[-1] | target | {"name": "speed"}
        ignored = {"customProperties": [{"property": "role", "value": "ignore"}]}
        properties.append({"name": "cost", "logicalType": "number"} | ignored)
    return document


def _params() -> dict[str, Any]:
    params = params_document()
    params["featurize"]["split"]["test_from"] = "2025-03-01"
    params["train"]["models"]["boosting"] = BOOSTING
    params["train"]["model"] = "boosting"
    params["train"]["target_transform"] = "none"
    return params


def _delivery(month: int) -> pd.DataFrame:
    chance = np.random.default_rng(100 + month)
    frame = parcels(month)
    count = len(frame)
    depots = [f"d{chance.integers(0, 5 if month < 3 else 9)}" for _ in range(count)]
    frame["depot"] = depots
    for name in CAN_MISS:
        frame.loc[chance.random(count) < 0.15, name] = None
    frame["speed"] = np.where(frame["cost"].astype(float) > 30, "fast", "normal")
    frame.loc[frame["cost"].astype(float) < 12, "speed"] = "slow"
    return frame


def _requests(rows: Columns) -> list[dict[str, Any]]:
    """Return rows as requests; of every second one what is missing is left out."""
    names = ("sent_on", "weight", *CAN_MISS)
    cells = ([_cell(name, value) for value in rows[name].tolist()] for name in names)
    whole = [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]
    return [
        {name: value for name, value in row.items() if value is not None} if at % 2 else row
        for at, row in enumerate(whole)
    ]


def _cell(name: str, value: Any) -> Any:
    if name == "sent_on":
        return str(value.date())
    if value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    return {"insured": bool, "pieces": int}.get(name, lambda same: same)(value)


def _by_scikit_learn(directory: Any, rows: Columns) -> np.ndarray:
    manifest = load_predictor(directory).bundle.manifest
    features = {feature.name: rows[feature.name] for feature in manifest.features}
    found = pipeline_answers(load_pipeline(directory), features, len(manifest.classes))
    entry = manifest.primary.answer
    return apply_temperature(found, entry.beta) if isinstance(entry, ClassificationEntry) else found


async def _by_service(directory: Any, asked: list[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    app = create_app(Settings(model=directory, journal="off"))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        one_by_one = [await client.post("/predict", json=row) for row in asked]
        batch = await client.post("/predict/batch", json={"parcels": asked})
    return (
        np.array([_numbers(reply.raise_for_status().json()) for reply in one_by_one]),
        np.array([_numbers(each) for each in batch.raise_for_status().json()["predictions"]]),
    )


def _numbers(reply: dict[str, Any]) -> Any:
    shares = reply.get("probabilities")
    return [shares[label] for label in SPEEDS] if shares else reply["predicted_cost"]


def _by_command_line(project: Project, rows: Columns) -> np.ndarray:
    known = json.loads((project.root / "data" / "schema.json").read_text(encoding="utf-8"))
    names = [column["name"] for column in known["columns"]]
    with ParquetSink(project.root / "asked.parquet") as sink:
        sink.write({name: rows[name] for name in names})
    project.run("lockgate", "predict", "asked.parquet", "-o", "found.parquet")
    found = read_parquet(project.root / "found.parquet")
    if "predicted_cost" in found:
        return found["predicted_cost"]
    return np.column_stack([found[f"probability_{label}"] for label in SPEEDS])
