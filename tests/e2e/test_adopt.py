"""From a CSV file to a gated model by two commands, without an edit."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adoption.tables import noise
from tests.e2e.tables import LOADERS
from tests.project import CHECKOUT, Project, make_project
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


def test_the_lines_of_the_readme_work_as_they_are_written(tmp_path: Path) -> None:
    """Five lines lead from orders.csv to a committed model; the second asks, and yes is enough."""
    section = (CHECKOUT / "README.md").read_text(encoding="utf-8").split("## Your own table")[1]
    lines = re.findall(r"^    (\S.*)$", section.partition("\n## ")[0], re.MULTILINE)
    assert len(lines) == 5
    project = make_project(
        tmp_path / "project", contract_document(), PARAMS.read_text(encoding="utf-8")
    )
    project.commit()
    rows = [f"O{r:04d},{noise(r)},{'ab'[r % 2]},{noise(r) * 2 + r % 2:.1f}" for r in range(400)]
    project.write("orders.csv", "\n".join(["order_id,weight,kind,cost", *rows]) + "\n")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for line in lines:
        done = subprocess.run(
            line,
            shell=True,
            cwd=project.root,
            env=os.environ | {"PATH": path},
            input="y\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert project.git("status", "--porcelain") == ""
    assert project.read("metrics/gate.json")["verdict"] == "passed"
