"""The stage gate."""

import json
from pathlib import Path
from typing import Any

import pytest

from lockgate.errors import BundleError, Rejected, TableError
from lockgate.pipeline import evaluate, gate
from lockgate.tables import read_json, write_json
from tests.reporting.cases import TASKS, lay_out, save_bundle, write_params

LAX: dict[str, Any] = {"require_checks": False}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Lay out an evaluated regression."""
    project = lay_out(tmp_path / "project", "regression", **LAX)
    evaluate.run(project)
    return project


def _verdict(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "metrics/gate.json").read_text())
    return found


def _ruling(root: Path, rule: str) -> dict[str, Any]:
    (found,) = [item for item in _verdict(root)["rules"] if item["rule"] == rule]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("task", TASKS)
def test_a_good_model_passes(tmp_path: Path, task: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The verdict is written, and printed with the file that holds it."""
    project = lay_out(tmp_path / "project", task, **LAX)
    evaluate.run(project)
    gate.run(project)
    assert _verdict(project)["verdict"] == "passed"
    assert "passed: see metrics/gate.json" in capsys.readouterr().out
    assert _ruling(project, "incumbent")["reason"] == "skipped: no incumbent"
    assert _ruling(project, "parity")["value"] <= 1e-12


def test_two_runs_write_the_same_bytes(root: Path) -> None:
    """The gate is a pure function of its inputs."""
    gate.run(root)
    once = (root / "metrics/gate.json").read_bytes()
    gate.run(root)
    assert (root / "metrics/gate.json").read_bytes() == once


def test_a_rejected_model_fails_after_the_verdict_is_written(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 1, the table says by how much, and gate.json is on disk."""
    write_params(root, **LAX, thresholds={"mae": {"max": 1.0}, "nonsense": {"min": 0.0}})
    with pytest.raises(Rejected, match=r"2 of \d+ rules: thresholds.mae.max") as caught:
        gate.run(root)
    assert caught.value.exit_code == 1
    assert _verdict(root)["verdict"] == "rejected"
    assert "is above 1 by" in _ruling(root, "thresholds.mae.max")["reason"]
    printed = capsys.readouterr().out
    assert printed.index("FAILED") < printed.index("passed")
    assert "nonsense is missing" in printed


def test_without_enforcement_a_rejection_is_a_report(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Experiments run to their end, and the verdict still says rejected."""
    write_params(root, **LAX, thresholds={"mae": {"max": 1.0}}, enforce=False)
    gate.run(root)
    assert _verdict(root)["verdict"] == "rejected"
    assert "rejected: see metrics/gate.json" in capsys.readouterr().out


def test_a_metric_that_was_lost_rejects(root: Path) -> None:
    """A null in metrics/evaluate.json is no pass."""
    metrics = read_json(root / "metrics/evaluate.json")
    metrics["test"]["mae"] = None
    write_json(root / "metrics/evaluate.json", metrics)
    write_params(root, **LAX, thresholds={"mae": {"max": 1e9}})
    with pytest.raises(Rejected):
        gate.run(root)
    assert _ruling(root, "thresholds.mae.max")["value"] is None


@pytest.mark.parametrize("name", ["evaluate", "evaluation/slices", "evaluation/checks"])
def test_an_empty_document_rejects(root: Path, name: str) -> None:
    """Whatever was lost between evaluate and gate, nothing missing is a pass."""
    write_json(root / f"metrics/{name}.json", {})
    write_params(root, thresholds={"mae": {"max": 1e9}}, worst_slice_ratio=1e9)
    with pytest.raises(Rejected):
        gate.run(root)
    assert any("missing" in item["reason"] for item in _verdict(root)["rules"])


def test_a_failed_check_rejects(root: Path) -> None:
    """Behavioural checks are rules of the gate."""
    path = root / "metrics/evaluation/checks.json"
    document = read_json(path)
    document["checks"][0]["passed"] = False
    write_json(path, document)
    write_params(root, require_checks=True)
    with pytest.raises(Rejected, match="require_checks"):
        gate.run(root)


def test_bad_data_reject(root: Path) -> None:
    """A model of data that were mostly quarantined does not pass."""
    write_json(root / "metrics/validate.json", {"quarantined_share": 0.5})
    with pytest.raises(Rejected, match="max_quarantined_share"):
        gate.run(root)


def test_a_bundle_that_is_too_large_rejects(root: Path) -> None:
    """The size of all files of the bundle counts."""
    write_params(root, **LAX, max_bundle_megabytes=0.001)
    with pytest.raises(Rejected, match="max_bundle_megabytes"):
        gate.run(root)


def test_a_weaker_candidate_than_the_release_is_rejected(tmp_path: Path) -> None:
    """The release named in params.yaml predicts the same rows and wins."""
    project = lay_out(tmp_path / "project", "regression", "shallow", **LAX)
    evaluate.run(project)
    save_bundle(project / "models/releases/1.0.0", "regression")
    write_params(project, **LAX, incumbent="1.0.0")
    with pytest.raises(Rejected, match="incumbent"):
        gate.run(project)
    ruling = _ruling(project, "incumbent")
    assert ruling["value"] > 0.5
    assert "significantly more" in ruling["reason"]


def test_the_release_itself_is_skipped(root: Path) -> None:
    """A candidate that is the incumbent is said to be so, whatever is required of it."""
    save_bundle(root / "models/releases/1.0.0", "regression")
    comparison = {"max_regression": 0.0, "require_improvement": True}
    write_params(root, **LAX, incumbent="1.0.0", comparison=comparison)
    gate.run(root)
    assert "this very bundle" in _ruling(root, "incumbent")["reason"]


def test_a_better_candidate_passes(root: Path) -> None:
    """Also where improvement is required."""
    save_bundle(root / "models/releases/1.0.0", "regression", "shallow")
    comparison = {"max_regression": 0.0, "require_improvement": True}
    write_params(root, **LAX, incumbent="1.0.0", comparison=comparison)
    gate.run(root)
    assert _ruling(root, "incumbent")["value"] < -0.5


def test_a_release_that_cannot_be_loaded_rejects(root: Path) -> None:
    """A comparison that was asked for is never skipped in silence."""
    (root / "models/releases/1.0.0").mkdir(parents=True)
    write_params(root, **LAX, incumbent="1.0.0")
    with pytest.raises(Rejected, match="incumbent"):
        gate.run(root)
    assert "cannot be loaded" in _ruling(root, "incumbent")["reason"]


def test_a_candidate_that_cannot_be_loaded_is_an_error(root: Path) -> None:
    """A damaged bundle is refused before its pipeline is unpickled, and there is no verdict."""
    pipeline = root / "models/model/pipeline.joblib"
    pipeline.write_bytes(pipeline.read_bytes()[:-1] + b"\0")
    with pytest.raises(BundleError, match="sha256"):
        gate.run(root)
    assert not (root / "metrics/gate.json").exists()


def test_missing_metrics_are_named(root: Path) -> None:
    """Run by hand before evaluate, the stage says which file is missing."""
    (root / "metrics/evaluate.json").unlink()
    with pytest.raises(TableError, match="evaluate.json"):
        gate.run(root)
