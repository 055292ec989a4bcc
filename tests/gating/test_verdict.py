"""All rules together."""

from dataclasses import replace
from typing import Any

import pytest

from lockgate.gating.incumbent import Incomparable, Skipped
from lockgate.gating.ruling import Ruling
from lockgate.gating.verdict import Evidence, document, judge, verdict
from lockgate.params import GateParams
from lockgate.strict import tuples
from tests.samples import params_document

GOOD = Evidence(
    task="regression",
    test={"mae": 90.0, "r2": 0.8, "interval_coverage": 0.9},
    baseline={"mae": 100.0},
    slices={"columns": ["zone"], "slices": [{"column": "zone", "slice": "A", "ratio": 1.2}]},
    checks=[{"check": "up", "passed": True, "value": 1.0, "bound": 0.95, "reason": "yes"}],
    validation={"quarantined_share": 0.01},
    parity=0.0,
    parity_rows=100,
    bundle_bytes=1_000_000,
    comparison=Skipped("no incumbent"),
)
STRICT = {
    "thresholds": {"mae": {"max": 95.0}, "r2": {"min": 0.7}},
    "min_improvement_over_baseline": 0.05,
    "interval_coverage": {"min": 0.85, "max": 0.95},
    "worst_slice_ratio": 2.0,
    "max_quarantined_share": 0.05,
    "max_bundle_megabytes": 2.0,
}


def _params(**changes: Any) -> GateParams:
    return GateParams.model_validate(tuples(params_document()["gate"] | STRICT | changes))


def test_a_good_model_passes_every_rule() -> None:
    """Every rule speaks, and the verdict is a pass."""
    rulings = judge(GOOD, _params())
    assert verdict(rulings) == "passed"
    assert [ruling.rule for ruling in rulings] == [
        "thresholds.mae.max",
        "thresholds.r2.min",
        "min_improvement_over_baseline",
        "interval_coverage.min",
        "interval_coverage.max",
        "worst_slice_ratio",
        "require_checks",
        "max_quarantined_share",
        "parity",
        "max_bundle_megabytes",
        "incumbent",
    ]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"test": {"mae": 90.0, "r2": 0.6, "interval_coverage": 0.9}}, "thresholds.r2.min"),
        ({"baseline": {"mae": 91.0}}, "min_improvement_over_baseline"),
        ({"test": {"mae": 90.0, "r2": 0.8, "interval_coverage": 0.99}}, "interval_coverage.max"),
        ({"slices": {"slices": [{"column": "z", "ratio": 2.1}]}}, "worst_slice_ratio"),
        ({"checks": [{"check": "up", "passed": False}]}, "require_checks"),
        ({"validation": {}}, "max_quarantined_share"),
        ({"parity": 1e-9}, "parity"),
        ({"bundle_bytes": 2_000_001}, "max_bundle_megabytes"),
        ({"comparison": Incomparable("gone")}, "incumbent"),
    ],
)
def test_one_failed_rule_rejects(change: dict[str, Any], rule: str) -> None:
    """Each rule on its own is enough, and it alone is named."""
    rulings = judge(replace(GOOD, **change), _params())
    assert verdict(rulings) == "rejected"
    assert [ruling.rule for ruling in rulings if not ruling.passed] == [rule]


def test_a_skipped_rule_is_still_listed() -> None:
    """gate.json says of each rule that it was skipped, rather than leaving it out."""
    off = _params(
        min_improvement_over_baseline=None, interval_coverage=None, worst_slice_ratio=None
    )
    reasons = {ruling.rule: ruling.reason for ruling in judge(GOOD, off)}
    for rule in ("min_improvement_over_baseline", "interval_coverage", "worst_slice_ratio"):
        assert reasons[rule] == f"skipped: gate.{rule} is null"


def test_no_rulings_are_no_pass() -> None:
    """A verdict needs at least one rule."""
    assert verdict(()) == "rejected"


def test_the_document_has_the_promised_shape() -> None:
    """metrics/gate.json holds the verdict and each rule with value, bound, passed and reason."""
    ruling = Ruling("r", 1.0, 2.0, True, "because")
    assert document((ruling,)) == {
        "verdict": "passed",
        "rules": [{"rule": "r", "value": 1.0, "bound": 2.0, "passed": True, "reason": "because"}],
    }


@pytest.mark.parametrize(
    ("bound", "says"),
    [
        ({}, "give min, max or both"),
        ({"min": 2.0, "max": 1.0}, "nothing can pass"),
        ({"max": float("nan")}, "finite"),
        ({"min": float("inf")}, "finite"),
        ({"max": "9"}, "valid number"),
    ],
)
def test_a_bound_that_bounds_nothing_is_refused(bound: dict[str, Any], says: str) -> None:
    """A threshold in params.yaml that every value or none would pass is a mistake."""
    with pytest.raises(ValueError, match=says):
        _params(thresholds={"mae": bound})
