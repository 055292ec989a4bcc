"""What `make run` shows after `dvc repro`."""

import json

import pytest

from lockgate.cli import results as commands
from lockgate.errors import LockgateError
from tests.project import Project


def test_a_summary_needs_a_run(project: Project) -> None:
    """Before the first run the summary says what to do."""
    with pytest.raises(LockgateError, match="make run"):
        commands.summary(project.root)


def test_the_summary_shows_verdict_and_metrics(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """The summary names the verdict, the rules that failed, each metric and what comes next."""
    rules = [
        {"rule": "parity", "passed": True},
        {"rule": "thresholds.mae.max", "passed": False},
    ]
    found = {"test": {"mae": 1234.5}, "baseline": {"mae": 0.25}}
    project.write("metrics/gate.json", json.dumps({"verdict": "rejected", "rules": rules}))
    project.write("metrics/evaluate.json", json.dumps(found))
    commands.summary(project.root)
    said = capsys.readouterr().out
    assert "rejected (thresholds.mae.max)" in said
    assert "1,234" in said
    assert "plots/report.html" in said


def test_a_huge_number_is_short(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A table of 300 digits would tell nobody anything."""
    found = {"test": {"mae": 5.25e160}}
    project.write("metrics/gate.json", json.dumps({"verdict": "passed", "rules": []}))
    project.write("metrics/evaluate.json", json.dumps(found))
    commands.summary(project.root)
    assert "5.25e+160" in capsys.readouterr().out


STAGES = {
    "stages": {
        "evaluate": {
            "cmd": "cat found.json > metrics/evaluate.json",
            "deps": ["found.json"],
            "metrics": [{"metrics/evaluate.json": {"cache": False}}],
        },
        "gate": {
            "cmd": "cat verdict.json > metrics/gate.json && ! grep -q rejected verdict.json",
            "deps": ["metrics/evaluate.json", "verdict.json"],
            "metrics": [{"metrics/gate.json": {"cache": False}}],
        },
    }
}


def ruled(project: Project, verdict: str, found: object) -> int:
    """Run two small stages in the place of the real ones; return DVC's exit code."""
    project.write("dvc.yaml", STAGES)
    (project.root / "metrics").mkdir(exist_ok=True)
    rules = [{"rule": "parity", "passed": verdict == "passed"}]
    project.write("verdict.json", json.dumps({"verdict": verdict, "rules": rules}))
    if found is None:
        (project.root / "found.json").unlink()
    else:
        project.write("found.json", json.dumps(found))
    return project.dvc("repro", check=False).returncode


def test_a_rejection_is_summed_up(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """When the gate said no, the table and the rule that failed are shown as after any run."""
    assert ruled(project, "rejected", {"test": {"mae": 0.25}}) != 0
    commands.after_failure(project.root)
    said = capsys.readouterr().out
    assert "0.25" in said
    assert "Gate: rejected (parity)" in said


def test_another_failure_is_no_verdict(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """When a stage before the gate failed, an older verdict is not shown; the way back is."""
    assert ruled(project, "passed", {"test": {"mae": 0.25}}) == 0
    project.commit("Run")
    assert ruled(project, "rejected", None) != 0
    commands.after_failure(project.root)
    said = capsys.readouterr().out
    assert "Gate" not in said
    assert "git checkout dvc.lock" in said


def test_a_failure_before_the_first_run_needs_no_words(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there is nothing to go back to, nothing is said, even if DVC cannot read its files."""
    project.write("dvc.yaml", "stages: [")
    commands.after_failure(project.root)
    assert capsys.readouterr().out == ""


def test_the_report_is_found(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The report's address is printed, and before the first run the message says what to do."""
    with pytest.raises(LockgateError, match="make run"):
        commands.show_report(project.root)
    project.write("plots/report.html", "<!doctype html>")
    commands.show_report(project.root)
    assert capsys.readouterr().out.strip().endswith("plots/report.html")
