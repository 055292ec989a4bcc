"""The stage evaluate."""

import json
import shutil
from pathlib import Path

import pytest

from lockgate.errors import BundleError, LockgateError
from lockgate.pipeline import evaluate
from tests.reporting.cases import TASKS, lay_out

OUTS = (
    "metrics/evaluate.json",
    "metrics/evaluation/checks.json",
    "metrics/evaluation/confidence.json",
    "metrics/evaluation/contributions.json",
    "metrics/evaluation/coverage.json",
    "metrics/evaluation/importance.json",
    "metrics/evaluation/slices.json",
    "plots/evaluate/calibration.csv",
    "plots/evaluate/confusion.csv",
    "plots/evaluate/coverage.csv",
    "plots/evaluate/importance.csv",
    "plots/evaluate/predictions.csv",
    "plots/evaluate/residuals.csv",
    "plots/model_card.md",
    "plots/report.html",
)


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("task", TASKS)
def test_the_stage_writes_its_outs_and_nothing_else(
    tmp_path: Path, task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every task writes the same set of files, and two runs write the same bytes."""
    root = lay_out(tmp_path / "project", task)
    before = _files(root)
    evaluate.run(root)
    once = _files(root)
    evaluate.run(root)
    assert _files(root) == once
    assert set(once) - set(before) == set(OUTS)
    assert {name: once[name] for name in before} == before
    printed = capsys.readouterr().out
    assert "Test part" in printed
    assert "plots/report.html" in printed


def test_failed_checks_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A check that failed is seen at once, before the gate speaks."""
    root = lay_out(tmp_path / "project", "regression")
    params = root / "params.yaml"
    params.write_text(params.read_text().replace("direction: up", "direction: down"))
    evaluate.run(root)
    assert "check failed: monotone" in capsys.readouterr().out
    checks = json.loads((root / "metrics/evaluation/checks.json").read_text())["checks"]
    assert not checks[0]["passed"]


def test_an_estimator_without_a_learning_curve_is_reported_too(tmp_path: Path) -> None:
    """A learning curve of a header alone is no figure and no error."""
    root = lay_out(tmp_path / "project", "binary", "neighbours")
    evaluate.run(root)
    page = (root / "plots/report.html").read_text(encoding="utf-8")
    assert "Learning curve" not in page
    assert "Calibration" in page


def test_a_damaged_bundle_is_refused(tmp_path: Path) -> None:
    """Nothing is measured of a model whose bytes are not those that were trained."""
    root = lay_out(tmp_path / "project", "regression")
    manifest = root / "models/model/manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-10])
    with pytest.raises(BundleError):
        evaluate.run(root)
    assert not (root / "metrics/evaluate.json").exists()


INPUTS = (
    "params.yaml",
    "data/features/test.parquet",
    "data/features/train.parquet",
    "metrics/train.json",
    "models/model",
    "plots/learning_curve.csv",
)


@pytest.mark.parametrize("path", INPUTS)
def test_a_missing_input_is_named(tmp_path: Path, path: str) -> None:
    """Run by hand without its inputs, the stage says which file is missing."""
    root = lay_out(tmp_path / "project", "regression")
    missing = root / path
    if missing.is_dir():
        shutil.rmtree(missing)
    else:
        missing.unlink()
    with pytest.raises(LockgateError) as caught:
        evaluate.run(root)
    assert path in str(caught.value)
