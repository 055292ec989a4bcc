"""Real tables where they are at hand: in LOCKGATE_TABLES, else in shared/data beside this one."""

import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.e2e.tables import contract_for
from tests.project import CHECKOUT, Project, make_project
from tests.samples import params_document

TABLES = Path(os.environ.get("LOCKGATE_TABLES", CHECKOUT.parent / "shared" / "data"))
HGB = {
    "regressor": "sklearn.ensemble.HistGradientBoostingRegressor",
    "classifier": "sklearn.ensemble.HistGradientBoostingClassifier",
    "encoding": "native",
    "params": {"learning_rate": 0.05, "max_iter": 400, "early_stopping": True},
}


def _adopted(root: Path, name: str, contract: dict[str, Any], transform: str) -> Project:
    source = TABLES / f"{name}.csv"
    params = params_document()
    params["featurize"]["split"]["test_share"] = 0.2
    params["train"] |= {"model": "fast", "models": {"fast": HGB}, "target_transform": transform}
    project = make_project(root, contract, params)
    (project.root / "data" / "raw").mkdir()
    shutil.copyfile(source, project.root / "data" / "raw" / source.name)
    project.dvc("add", "--quiet", "data/raw")
    project.commit()
    project.dvc("repro")
    assert project.read("metrics/gate.json")["verdict"] == "passed"
    return project


def _headline(project: Project) -> dict[str, float]:
    test: dict[str, float] = project.read("metrics/evaluate.json")["test"]
    return test


def _change(contract: dict[str, Any], column: str, **described: Any) -> None:
    properties = contract["schema"][0]["properties"]
    next(item for item in properties if item["name"] == column).update(described)


def _role(role: str) -> list[dict[str, str]]:
    return [{"property": "role", "value": role}]


def _needs(name: str) -> pytest.MarkDecorator:
    path = TABLES / f"{name}.csv"
    return pytest.mark.skipif(not path.exists(), reason=f"the table {name}.csv is not here")


@_needs("kc_house")
def test_king_county_houses_need_two_files_only(tmp_path: Path) -> None:
    """House sales with dates, zip codes and repeated houses give a model as good as boosting's."""
    frame = pd.read_csv(TABLES / "kc_house.csv")
    contract = contract_for(frame, "houses", "price")
    _change(contract, "id", logicalType="string", customProperties=_role("group"))
    _change(
        contract,
        "date",
        logicalType="timestamp",
        quality=[],
        logicalTypeOptions={"format": "%Y%m%dT%H%M%S"},
        customProperties=_role("ignore"),
    )
    _change(contract, "zipcode", logicalType="string")
    project = _adopted(tmp_path / "project", "kc_house", contract, "log")
    coverage = project.read("metrics/evaluation/coverage.json")
    assert _headline(project)["mae"] < 64_500
    assert 0.88 < coverage["overall"] < 0.92
    assert min(fifth["coverage"] for fifth in coverage["fifths"]) >= 0.85


@_needs("telco")
def test_telco_churn_needs_two_files_only(tmp_path: Path) -> None:
    """Customers with blank charges and text labels give a model as good as boosting's."""
    frame = pd.read_csv(TABLES / "telco.csv")
    contract = contract_for(frame, "customers", "Churn")
    _change(contract, "TotalCharges", logicalType="number", quality=[])
    project = _adopted(tmp_path / "project", "telco", contract, "none")
    coverage = project.read("metrics/evaluation/coverage.json")
    assert _headline(project)["roc_auc"] > 0.83
    assert min(each["coverage"] for each in coverage["classes"]) >= 0.85
