"""From a CSV file to a gated model by two commands, without an edit."""

from pathlib import Path

import pytest

from tests.e2e.tables import LOADERS
from tests.project import Project, make_project
from tests.samples import contract_document

PARAMS = Path(__file__).parents[1] / "adoption" / "params.yaml"


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "wine"])
def test_two_commands_make_a_model(tmp_path: Path, name: str) -> None:
    """Two commands give a model that passes the gate and predicts the table's rows."""
    frame = LOADERS[name](as_frame=True).frame
    frame.to_csv(tmp_path / "table.csv", index=False)
    project: Project = make_project(
        tmp_path / "project", contract_document(), PARAMS.read_text(encoding="utf-8")
    )
    project.commit()
    project.run("lockgate", "adopt", str(tmp_path / "table.csv"), "--target", "target", "--yes")
    project.dvc("repro")
    assert project.read("metrics/gate.json")["verdict"] == "passed"
    assert project.read("metrics/validate.json")["quarantined"] == 0
    frame.drop(columns="target").head(20).to_csv(project.root / "rows.csv", index=False)
    project.run("lockgate", "predict", "rows.csv", "--output", "answers.csv")
    assert len((project.root / "answers.csv").read_text().splitlines()) == 21
