"""Rules about the table as a whole."""

import pytest

from lockgate.validation.findings import Limit


def limit(
    low: float | None = None,
    high: float | None = None,
    *,
    strict_low: bool = False,
    strict_high: bool = False,
) -> Limit:
    """Return a limit of a mean."""
    return Limit("price: mean", "error", "price", "mean", low, high, strict_low, strict_high)


@pytest.mark.parametrize(
    ("value", "passed"), [(0.9, False), (1.0, True), (2.0, True), (2.1, False)]
)
def test_closed_bounds(value: float, passed: bool) -> None:
    """Both ends are allowed themselves."""
    assert limit(low=1.0, high=2.0).judge(value).passed is passed


def test_strict_bounds() -> None:
    """A strict end is not allowed itself."""
    strict = limit(low=1.0, high=2.0, strict_low=True, strict_high=True)
    assert [strict.judge(value).passed for value in (1.0, 1.5, 2.0)] == [False, True, False]


@pytest.mark.parametrize("value", [None, float("nan")])
def test_nothing_observed_never_passes(value: float | None) -> None:
    """A mean of no values is a failure, whatever is asked."""
    assert not limit(low=0.0).judge(value).passed


def test_bounds_in_words() -> None:
    """What is asked reads like a sentence."""
    assert limit(low=1000.0).judge(1).bound == "at least 1,000"
    assert limit(low=1.0, high=2.0, strict_high=True).judge(1).bound == "at least 1 and less than 2"
    assert limit(low=2.0, high=2.0).judge(1).bound == "exactly 2"
    share = Limit("x: missingValues", "error", "x", "missing_percent", None, 5.0)
    assert share.judge(6.0).bound == "at most 5 %"
