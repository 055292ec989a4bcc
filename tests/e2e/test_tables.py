"""Other people's tables, by contract.yaml and params.yaml alone."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.e2e.tables import contract_for, load_table
from tests.project import Project, make_project
from tests.samples import params_document

HGB = {
    "regressor": "sklearn.ensemble.HistGradientBoostingRegressor",
    "classifier": "sklearn.ensemble.HistGradientBoostingClassifier",
    "encoding": "native",
    "params": {"max_iter": 100},
}


def _params(model: str, thresholds: dict[str, Any]) -> dict[str, Any]:
    document = params_document()
    document["train"]["models"]["fast"] = HGB
    document["train"]["model"] = model
    document["gate"]["thresholds"] = thresholds
    document["gate"]["min_improvement_over_baseline"] = None
    return document


def _built(root: Path, frame: pd.DataFrame, contract: object, params: object) -> Project:
    project = make_project(root, contract, params)
    raw = project.root / "data" / "raw"
    raw.mkdir()
    frame.to_csv(raw / "table.csv", index=False)
    project.dvc("add", "--quiet", "data/raw")
    project.commit()
    project.dvc("repro")
    return project


@pytest.mark.parametrize(
    ("name", "model", "thresholds"),
    [
        ("breast_cancer", "fast", {"roc_auc": {"min": 0.97}}),
        ("wine", "fast", {"accuracy": {"min": 0.85}}),
        ("diabetes", "ridge", {"mae": {"max": 50}}),
    ],
)
def test_a_table_needs_no_code(
    tmp_path: Path, name: str, model: str, thresholds: dict[str, Any]
) -> None:
    """A contract and params are all that a new table needs to become a gated model."""
    frame = load_table(name)
    project = _built(
        tmp_path / "project", frame, contract_for(frame, name, "target"), _params(model, thresholds)
    )
    verdict = json.loads((project.root / "metrics/gate.json").read_text())
    assert verdict["verdict"] == "passed"
    assert project.dvc("status").stdout.strip().endswith("Data and pipelines are up to date.")
    report = (project.root / "plots/report.html").read_text(encoding="utf-8")
    assert 'src="http' not in report
    rows = frame.drop(columns="target").head(20)
    rows.to_csv(project.root / "rows.csv", index=False)
    project.run("lockgate", "predict", "rows.csv", "--output", "answers.csv")
    assert len(pd.read_csv(project.root / "answers.csv")) == 20
