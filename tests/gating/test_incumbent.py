"""The rule that compares with the released bundle."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.gating.incumbent import Compared, Incomparable, Skipped, judge_incumbent
from lockgate.params import IncumbentParams

SHARES = st.floats(-0.9, 0.9)


def _params(margin: float = 0.0, *, better: bool = False) -> IncumbentParams:
    return IncumbentParams(max_regression=margin, require_improvement=better)


def _found(lower: float, upper: float, left_out: int = 0) -> Compared:
    return Compared("mae", (lower + upper) / 2, lower, upper, 1000, left_out)


def test_no_incumbent_is_a_pass_that_says_so() -> None:
    """Without a release there is nothing to compare with."""
    ruling = judge_incumbent(Skipped("no incumbent"), _params(better=True))
    assert (ruling.rule, ruling.passed) == ("incumbent", True)
    assert ruling.reason == "skipped: no incumbent"


def test_an_incumbent_that_cannot_be_compared_rejects() -> None:
    """A comparison that was asked for and cannot be made is no pass."""
    ruling = judge_incumbent(Incomparable("it is gone"), _params())
    assert not ruling.passed
    assert ruling.reason == "no comparison: it is gone"


def test_a_significantly_worse_candidate_is_rejected() -> None:
    """The whole interval lies beyond the margin."""
    ruling = judge_incumbent(_found(0.02, 0.04), _params(0.01))
    assert not ruling.passed
    assert ruling.value == pytest.approx(0.03)
    assert ruling.bound == 0.01
    assert "+3.00% (+2.00% to +4.00%) on 1,000 rows" in ruling.reason
    assert "significantly more than the allowed 1.00%" in ruling.reason


def test_a_candidate_that_may_be_as_good_passes() -> None:
    """Chance differences do not block a release."""
    assert judge_incumbent(_found(-0.01, 0.04), _params(0.0)).passed
    assert judge_incumbent(_found(0.01, 0.04), _params(0.01)).passed


def test_improvement_may_be_required() -> None:
    """Then a candidate that is merely as good is rejected, and a better one is not."""
    even = judge_incumbent(_found(-0.04, 0.01), _params(better=True))
    assert not even.passed
    assert "not significantly better" in even.reason
    assert judge_incumbent(_found(-0.04, -0.01), _params(better=True)).passed


def test_rows_that_were_left_out_are_counted() -> None:
    """The reason says how many rows the incumbent had been trained on."""
    ruling = judge_incumbent(_found(-0.1, 0.0, left_out=1200), _params())
    assert "1,200 rows left out that it was trained on" in ruling.reason


def test_a_comparison_without_numbers_rejects() -> None:
    """Not a number is never good enough."""
    nan = float("nan")
    assert not judge_incumbent(Compared("mae", nan, nan, nan, 10, 0), _params(9.0)).passed
    assert not judge_incumbent(Compared("mae", 0.0, -0.1, nan, 10, 0), _params(better=True)).passed


@settings(max_examples=60)
@given(ends=st.tuples(SHARES, SHARES), margin=st.floats(0, 1), slack=st.floats(0, 1))
def test_more_tolerance_never_rejects_what_passed(
    ends: tuple[float, float], margin: float, slack: float
) -> None:
    """A wider margin, or no demand for improvement, never turns a pass into a rejection."""
    found = _found(min(ends), max(ends))
    if judge_incumbent(found, _params(margin)).passed:
        assert judge_incumbent(found, _params(margin + slack)).passed
    if judge_incumbent(found, _params(margin, better=True)).passed:
        assert judge_incumbent(found, _params(margin)).passed
