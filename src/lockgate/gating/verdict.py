"""All rules together: evidence and params in, rulings and one verdict out."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lockgate.contract.schema import Task
from lockgate.gating import rules
from lockgate.gating.incumbent import Comparison, judge_incumbent
from lockgate.gating.rules import Metrics
from lockgate.gating.ruling import Ruling
from lockgate.params import GateParams


@dataclass(frozen=True)
class Evidence:
    """Everything that the rules look at.

    Attributes
    ----------
    task : str
        What the model is for.
    test, baseline : mapping
        Sections of metrics/evaluate.json.
    slices : mapping
        metrics/evaluation/slices.json.
    checks : sequence of mapping
        ``checks`` of metrics/evaluation/checks.json.
    validation : mapping
        metrics/validate.json.
    parity, parity_rows
        The largest relative difference between served form and pipeline, over how many rows.
    bundle_bytes : int
        Size of the bundle's files.
    comparison : Comparison
        With the incumbent.
    """

    task: Task
    test: Metrics
    baseline: Metrics
    slices: Metrics
    checks: Sequence[Metrics]
    validation: Metrics
    parity: float
    parity_rows: int
    bundle_bytes: int
    comparison: Comparison


def judge(evidence: Evidence, params: GateParams) -> tuple[Ruling, ...]:
    """Apply every rule; each gives at least one ruling, also where it was skipped."""
    return tuple(_rulings(evidence, params))


def verdict(rulings: Sequence[Ruling]) -> Literal["passed", "rejected"]:
    """Return ``passed`` when there are rulings and all of them passed."""
    return "passed" if rulings and all(ruling.passed for ruling in rulings) else "rejected"


def document(rulings: Sequence[Ruling]) -> dict[str, Any]:
    """Return the content of metrics/gate.json."""
    return {"verdict": verdict(rulings), "rules": [asdict(ruling) for ruling in rulings]}


def _rulings(evidence: Evidence, params: GateParams) -> Iterator[Ruling]:
    test, task = evidence.test, evidence.task
    yield from rules.thresholds(test, params.thresholds)
    yield rules.improvement(test, evidence.baseline, task, params.min_improvement_over_baseline)
    yield from rules.coverage(test, task, params.interval_coverage)
    yield rules.worst_slice(evidence.slices, params.worst_slice_ratio)
    yield from rules.checks(evidence.checks, params.require_checks)
    yield rules.quarantine(evidence.validation, params.max_quarantined_share)
    yield rules.parity(evidence.parity, evidence.parity_rows)
    yield rules.size(evidence.bundle_bytes, params.max_bundle_megabytes)
    yield judge_incumbent(evidence.comparison, params.comparison)
