"""The pipeline as people use it: real DVC, real git, a small table."""

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.parcels import deliver
from tests.project import Project, make_project
from tests.samples import contract_document, params_document


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Run the whole pipeline once; tests work on copies."""
    params = params_document()
    params["featurize"]["split"]["test_from"] = "2025-05-01"
    params["evaluate"]["slices"] = [{"column": "size"}]
    params["evaluate"]["checks"] = [
        {"kind": "monotone", "column": "weight", "direction": "up", "step": 2.0}
    ]
    params["gate"]["thresholds"] = {"mae": {"max": 2.0}}
    params["train"]["models"]["constant"] = {"regressor": "sklearn.dummy.DummyRegressor"}
    root = tmp_path_factory.mktemp("built") / "project"
    project = make_project(root, contract_document(), params)
    deliver(project, 1, 2, 3, 4, 5)
    project.dvc("repro")
    project.commit("Run")
    return project


@pytest.fixture
def copy(built: Project, tmp_path: Path) -> Project:
    """Copy the built project, cache and all."""
    shutil.copytree(built.root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def _ran(output: str) -> list[str]:
    lines = [line for line in output.splitlines() if line.startswith("Running stage")]
    return [line.split("'")[1] for line in lines]


def test_a_good_model_passes(built: Project) -> None:
    """A model that meets the rules gets the verdict passed, and every row is accounted for."""
    assert built.read("metrics/gate.json")["verdict"] == "passed"
    counts = built.read("metrics/validate.json")
    assert counts["rows"] == counts["accepted"] + counts["quarantined"] == 5 * 150
    assert counts["quarantined"] == 5 * 3


def test_nothing_runs_twice(copy: Project) -> None:
    """A second run has nothing to do and changes no file."""
    assert _ran(copy.dvc("repro").stdout) == []
    assert copy.git("status", "--porcelain") == ""


def test_a_fresh_clone_gives_the_same_bytes(built: Project, tmp_path: Path) -> None:
    """Whoever clones the repository and runs it gets each output byte for byte."""
    built.git("clone", "--quiet", str(built.root), str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    shutil.copytree(built.root / "data/raw", clone.root / "data/raw")
    assert len(_ran(clone.dvc("repro", "--force").stdout)) == 5
    assert clone.git("status", "--porcelain") == ""


def test_prose_reruns_only_what_shows_it(copy: Project) -> None:
    """A better description in the contract is checked by validate and retrains nothing."""
    contract = copy.read("data/contract.yaml")
    contract["schema"][0]["description"] = "Parcels of one depot."
    copy.write("data/contract.yaml", contract)
    assert _ran(copy.dvc("repro").stdout) == ["validate"]


def test_a_plot_setting_retrains_nothing(copy: Project) -> None:
    """Plots can be drawn otherwise without running a stage."""
    text = (copy.root / "dvc.yaml").read_text(encoding="utf-8")
    copy.write("dvc.yaml", text.replace("title: Residuals", "title: What is left"))
    assert _ran(copy.dvc("repro").stdout) == []


def test_the_report_alone_follows_its_settings(copy: Project) -> None:
    """A change of what is evaluated runs evaluate and gate, and trains nothing."""
    params = copy.read("params.yaml")
    params["evaluate"]["slices"] = []
    copy.write("params.yaml", params)
    assert _ran(copy.dvc("repro").stdout) == ["evaluate", "gate"]


def test_a_new_delivery_is_a_new_file(copy: Project) -> None:
    """A new month is added to data/raw and the whole pipeline takes it up."""
    deliver(copy, 6)
    copy.dvc("repro")
    assert copy.read("metrics/validate.json")["rows"] == 6 * 150
    changed = json.loads(copy.dvc("metrics", "diff", "--json").stdout)
    assert changed["metrics/validate.json"]["rows"]["diff"] == 150


def test_a_rejected_model_fails_the_run_and_says_why(copy: Project) -> None:
    """A model that misses a rule fails `dvc repro`, with the rule, its value and its bound."""
    params = copy.read("params.yaml")
    params["gate"]["thresholds"] = {"mae": {"max": 0.01}}
    copy.write("params.yaml", params)
    done = copy.dvc("repro", check=False)
    assert done.returncode != 0
    assert "thresholds.mae.max" in done.stdout
    summary = copy.run("lockgate", "summary", "--failed").stdout
    assert "Gate: rejected (thresholds.mae.max)" in summary
    verdict = copy.read("metrics/gate.json")
    assert verdict["verdict"] == "rejected"
    params["gate"]["enforce"] = False
    copy.write("params.yaml", params)
    assert copy.dvc("repro").returncode == 0
    assert copy.read("metrics/gate.json")["verdict"] == "rejected"


def test_an_experiment_is_compared(copy: Project) -> None:
    """`dvc exp run -S` switches the model, and DVC shows what that did."""
    copy.dvc(
        "exp", "run", "--name", "flat", "-S", "train.model=constant", "-S", "gate.enforce=false"
    )
    metrics = json.loads(copy.dvc("metrics", "diff", "--json").stdout)
    assert metrics["metrics/evaluate.json"]["test.mae"]["diff"] > 0
    params = json.loads(copy.dvc("params", "diff", "--json").stdout)
    assert params["params.yaml"]["train.model"] == {"old": "ridge", "new": "constant"}
    shown = json.loads(copy.dvc("exp", "show", "--json").stdout)
    assert "flat" in json.dumps(shown)
    plotted = copy.dvc("plots", "diff", "HEAD", "workspace", "--out", "compared")
    assert "ERROR" not in plotted.stderr + plotted.stdout
    page = (copy.root / "compared" / "index.html").read_text(encoding="utf-8")
    assert '"rev": "HEAD"' in page
    assert '"rev": "workspace"' in page


def test_an_experiment_in_a_temporary_folder_runs_its_own_code(copy: Project) -> None:
    """`dvc exp run --temp` runs the code of its own checkout, not that of another one."""
    style = copy.root / "src/lockgate/templates/style.css"
    style.write_text(style.read_text(encoding="utf-8") + "/* this checkout */\n", encoding="utf-8")
    copy.commit("Mark the report")
    copy.dvc("exp", "run", "--temp", "--name", "aside", "-S", "seed=8")
    assert "this checkout" not in (copy.root / "plots/report.html").read_text(encoding="utf-8")
    copy.dvc("exp", "apply", "aside")
    assert copy.read("params.yaml")["seed"] == 8
    assert "this checkout" in (copy.root / "plots/report.html").read_text(encoding="utf-8")


def test_the_data_hash_is_the_one_that_dvc_pins(built: Project) -> None:
    """The model's lineage names the data by DVC's hash, so that `git log -S` finds it."""
    pinned = built.read("data/raw.dvc")["outs"][0]["md5"]
    assert built.read("models/model/manifest.json")["data_hash"] == pinned


def test_a_push_can_be_pulled(copy: Project, tmp_path: Path) -> None:
    """`dvc push` works at once, and a clone pulls data and model from it."""
    copy.dvc("push")
    copy.git("clone", "--quiet", str(copy.root), str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    clone.dvc("remote", "modify", "--local", "local", "url", str(copy.root / ".remote"))
    clone.dvc("pull")
    assert _ran(clone.dvc("repro").stdout) == []
    assert (clone.root / "models/model/manifest.json").exists()
