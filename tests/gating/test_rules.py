"""The gate's rules over metrics and params."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.gating import rules
from lockgate.gating.ruling import Ruling, at_least, at_most, finite, show
from lockgate.params import Bound

NAN = float("nan")
NO_NUMBERS = [None, NAN, float("inf"), -float("inf"), "0.5", True, [1.0]]
NUMBERS = st.floats(-1e9, 1e9)


def _one(found: Any) -> Ruling:
    (ruling,) = found
    assert isinstance(ruling, Ruling)
    return ruling


def test_a_metric_within_its_bounds_passes() -> None:
    """Each bound of a threshold is a ruling of its own, and a value on the bound passes."""
    found = list(rules.thresholds({"r2": 0.7}, {"r2": Bound(min=0.7, max=0.9)}))
    assert [(r.rule, r.value, r.bound, r.passed) for r in found] == [
        ("thresholds.r2.min", 0.7, 0.7, True),
        ("thresholds.r2.max", 0.7, 0.9, True),
    ]
    assert found[0].reason == "r2 0.7, at least 0.7"


def test_a_metric_above_its_bound_is_rejected_with_the_gap() -> None:
    """A rejection says by how much, in the metric's unit and relatively."""
    ruling = _one(rules.thresholds({"mae": 90000.0}, {"mae": Bound(max=80000.0)}))
    assert not ruling.passed
    assert ruling.reason == "mae 90,000 is above 80,000 by 10,000 (12.5%)"


def test_a_metric_below_its_bound_is_rejected_with_the_gap() -> None:
    """The same holds for a lower bound, and a bound of 0 has no relative gap."""
    ruling = _one(rules.thresholds({"r2": -0.25}, {"r2": Bound(min=0.0)}))
    assert not ruling.passed
    assert ruling.reason == "r2 -0.25 is below 0 by 0.25"


def test_an_unknown_metric_is_rejected_and_the_known_ones_are_named() -> None:
    """A mistyped metric never passes: the reason names the nearest and all that exist."""
    ruling = _one(rules.thresholds({"mae": 1.0, "rmse": 2.0}, {"maee": Bound(max=9.0)}))
    assert not ruling.passed
    assert ruling.value is None
    assert "did you mean 'mae'?" in ruling.reason
    assert "the test metrics are mae, rmse" in ruling.reason


def test_an_empty_file_of_metrics_rejects() -> None:
    """Where nothing was measured, nothing passes."""
    ruling = _one(rules.thresholds({}, {"mae": Bound(max=9.0)}))
    assert not ruling.passed
    assert "the test metrics are none" in ruling.reason


def test_no_threshold_is_no_ruling() -> None:
    """Metrics without a threshold are not judged."""
    assert list(rules.thresholds({"mae": 1.0}, {})) == []


@pytest.mark.parametrize("value", NO_NUMBERS)
@pytest.mark.parametrize("bound", [Bound(min=0.0), Bound(max=9.0)])
def test_what_is_no_finite_number_is_rejected(value: object, bound: Bound) -> None:
    """NaN, infinities, null, text and truth values never pass."""
    ruling = _one(rules.thresholds({"mae": value}, {"mae": bound}))
    assert not ruling.passed
    assert ruling.value is None
    assert ruling.reason == "mae is missing; a missing number fails"


def test_a_large_enough_improvement_passes() -> None:
    """The model's loss is compared with the linear baseline's, relatively."""
    ruling = rules.improvement({"mae": 90.0}, {"mae": 100.0}, "regression", 0.05)
    assert ruling.passed
    assert ruling.value == pytest.approx(0.1)
    assert ruling.bound == 0.05


@pytest.mark.parametrize(
    ("task", "metric"),
    [("regression", "mae"), ("binary", "log_loss"), ("multiclass", "log_loss")],
)
def test_each_task_has_its_main_loss(task: Any, metric: str) -> None:
    """A regression is judged by mae, a classification by log_loss."""
    ruling = rules.improvement({metric: 99.0}, {metric: 100.0}, task, 0.05)
    assert not ruling.passed
    assert metric in ruling.reason


@pytest.mark.parametrize(
    ("test", "baseline", "whose"),
    [({}, {"mae": 1.0}, "the model's"), ({"mae": 1.0}, {"mae": NAN}, "the baseline's")],
)
def test_a_missing_side_of_the_improvement_rejects(test: Any, baseline: Any, whose: str) -> None:
    """The reason says whose loss is missing."""
    ruling = rules.improvement(test, baseline, "regression", 0.0)
    assert not ruling.passed
    assert f"{whose} mae is missing" in ruling.reason


def test_a_perfect_baseline_cannot_be_improved_on() -> None:
    """A relative gain over 0 has no meaning, so it does not pass."""
    ruling = rules.improvement({"mae": 0.0}, {"mae": 0.0}, "regression", 0.0)
    assert not ruling.passed
    assert "cannot be improved on" in ruling.reason


def test_null_skips_the_improvement() -> None:
    """A rule that params.yaml turns off has passed and says so."""
    ruling = rules.improvement({}, {}, "regression", None)
    assert ruling.passed
    assert ruling.reason == "skipped: gate.min_improvement_over_baseline is null"


@pytest.mark.parametrize(("value", "passed"), [(0.89, [True, True]), (0.8, [False, True])])
def test_coverage_is_held_in_its_band(value: float, passed: list[bool]) -> None:
    """Intervals that hold the truth too seldom are rejected."""
    band = Bound(min=0.85, max=0.95)
    found = list(rules.coverage({"interval_coverage": value}, "regression", band))
    assert [ruling.passed for ruling in found] == passed


def test_too_much_coverage_is_rejected_too() -> None:
    """Intervals that are wider than promised are useless in their own way."""
    found = list(rules.coverage({"interval_coverage": 1.0}, "regression", Bound(max=0.95)))
    assert not _one(found).passed


def test_missing_coverage_rejects() -> None:
    """A regression without measured intervals does not pass."""
    found = rules.coverage({}, "regression", Bound(min=0.5, max=1.0))
    assert [ruling.passed for ruling in found] == [False, False]


@pytest.mark.parametrize(("found", "passed"), [(0.84, False), (0.99, True), (None, False)])
def test_prediction_sets_are_held_to_the_lower_end(found: float | None, passed: bool) -> None:
    """A set has one class at least, and that of a good model covers more than it promises."""
    ruling = _one(rules.coverage({"set_coverage": found}, "binary", Bound(min=0.85, max=0.95)))
    assert ruling.passed == passed
    assert "set coverage" in ruling.reason


@pytest.mark.parametrize(
    ("task", "band", "reason"),
    [("regression", None, "null"), ("binary", None, "null"), ("binary", Bound(max=0.95), "no min")],
)
def test_coverage_is_skipped_where_nothing_is_asked(task: Any, band: Any, reason: str) -> None:
    """The rule has passed and says why."""
    ruling = _one(rules.coverage({}, task, band))
    assert ruling.passed
    assert reason in ruling.reason


def _slices(*ratios: object) -> dict[str, Any]:
    slices = [{"column": "zone", "slice": f"z{i}", "ratio": r} for i, r in enumerate(ratios)]
    return {"columns": ["zone"], "slices": slices}


def test_the_worst_slice_decides() -> None:
    """However the slices are ordered, the largest ratio is judged and its slice named."""
    ruling = rules.worst_slice(_slices(1.0, 2.5, 1.5), 2.0)
    assert not ruling.passed
    assert ruling.value == 2.5
    assert "zone = z1" in ruling.reason
    assert rules.worst_slice(_slices(1.0, 2.0), 2.0).passed


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_a_slice_without_a_ratio_is_the_worst(value: object) -> None:
    """A slice that could not be measured never hides behind one that was."""
    assert not rules.worst_slice(_slices(1.0, value), 9.0).passed


@pytest.mark.parametrize("document", [_slices(), {}, {"columns": ["zone"]}, {"columns": None}])
def test_slices_that_were_asked_for_and_not_measured_reject(document: dict[str, Any]) -> None:
    """A rule that cannot be applied is no pass, and the reason says what to change."""
    ruling = rules.worst_slice(document, 2.0)
    assert not ruling.passed
    assert "lower evaluate.min_slice_rows" in ruling.reason


def test_slices_may_be_left_out() -> None:
    """Without slices in params.yaml, or with the rule turned off, there is nothing to judge."""
    assert rules.worst_slice({"columns": [], "slices": []}, 2.0).reason.startswith("skipped")
    assert rules.worst_slice({}, None).passed


CHECKS = [
    {"check": "a", "passed": True, "value": 1.0, "bound": 0.95, "reason": "fine"},
    {"check": "b", "passed": False, "value": None, "bound": 0.95, "reason": "no row"},
]


def test_each_check_is_a_ruling() -> None:
    """Failed checks are rejected one by one, with the check's own finding."""
    first, second = rules.checks(CHECKS, True)
    assert (first.passed, first.value, first.reason) == (True, 1.0, "a: fine")
    assert (second.passed, second.value, second.reason) == (False, None, "b: no row")


def test_checks_may_be_turned_off() -> None:
    """Then the ruling still says how many failed."""
    ruling = _one(rules.checks(CHECKS, False))
    assert ruling.passed
    assert "1 of 2 checks failed" in ruling.reason


def test_lost_checks_reject() -> None:
    """The order of rows is always checked, so that an empty list is a lost one."""
    assert not _one(rules.checks([], True)).passed
    assert _one(rules.checks([], False)).passed


@pytest.mark.parametrize("item", [{}, {"passed": "yes"}, {"passed": 1}, {"passed": None}])
def test_a_check_that_does_not_say_passed_has_failed(item: dict[str, Any]) -> None:
    """Only true is a pass."""
    assert not _one(rules.checks([item], True)).passed


@pytest.mark.parametrize(("share", "passed"), [(0.01, True), (0.05, True), (0.06, False)])
def test_the_quarantined_share_is_bounded(share: float, passed: bool) -> None:
    """Too many bad rows in the data reject the model."""
    assert rules.quarantine({"quarantined_share": share}, 0.05).passed is passed


def test_a_missing_quarantined_share_rejects() -> None:
    """Data of unknown quality are no good data."""
    assert not rules.quarantine({}, 1.0).passed


@pytest.mark.parametrize(
    ("difference", "passed"),
    [(0.0, True), (1e-12, True), (1.1e-12, False), (NAN, False), (float("inf"), False)],
)
def test_parity_is_asked_to_twelve_digits(difference: float, passed: bool) -> None:
    """The served form may differ from the pipeline by rounding alone."""
    ruling = rules.parity(difference, 100)
    assert ruling.passed is passed
    assert "100 rows" in ruling.reason


@pytest.mark.parametrize(("length", "passed"), [(2_000_000, True), (2_000_001, False)])
def test_the_bundle_has_a_largest_size(length: int, passed: bool) -> None:
    """Megabytes are millions of bytes."""
    assert rules.size(length, 2.0).passed is passed


@settings(max_examples=60)
@given(value=st.one_of(st.none(), NUMBERS, st.just(NAN)), bound=NUMBERS, slack=st.floats(0, 1e6))
def test_a_looser_bound_never_rejects_what_passed(
    value: float | None, bound: float, slack: float
) -> None:
    """Loosening a bound never turns a pass into a rejection."""
    if at_most("r", "x", value, bound).passed:
        assert at_most("r", "x", value, bound + slack).passed
    if at_least("r", "x", value, bound).passed:
        assert at_least("r", "x", value, bound - slack).passed


@settings(max_examples=60)
@given(value=NUMBERS, bound=NUMBERS)
def test_a_ruling_is_the_comparison(value: float, bound: float) -> None:
    """For numbers, a ruling passes exactly when the comparison holds."""
    assert at_most("r", "x", value, bound).passed is (value <= bound)
    assert at_least("r", "x", value, bound).passed is (value >= bound)


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_only_finite_numbers_count(value: object) -> None:
    """Nothing else is taken for a number."""
    assert finite(value) is None


@pytest.mark.parametrize(
    ("value", "text"), [(45_000_000.0, "45,000,000"), (0.123456789, "0.123457"), (1e-13, "1e-13")]
)
def test_numbers_are_shown_as_people_write_them(value: float, text: str) -> None:
    """Large numbers have thousands separators, small ones six digits."""
    assert show(value) == text
