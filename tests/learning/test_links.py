"""The scale of the target and the way back."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.contract import Column
from lockgate.errors import TrainingError
from lockgate.learning.links import Link, link_for

Y = np.array([0.0, 10.0, 400.0])


def target(**bounds: float) -> Column:
    """Describe a target."""
    return Column(name="crop", type="number", role="target", **bounds)


@given(st.floats(0, 1e12), st.sampled_from(["identity", "log"]))
def test_there_and_back_is_the_same(value: float, kind: str) -> None:
    """A value that goes to the learned scale comes back as it was."""
    link = Link(kind, None, None)
    assert float(link.inverse(link.forward(value))) == pytest.approx(value, rel=1e-12)


@given(st.floats(-1e6, 1e6))
def test_predictions_stay_in_the_bounds(z: float) -> None:
    """However far a model extrapolates, its prediction is held in the range, without a warning."""
    for kind in ("identity", "log"):
        assert 2 <= float(Link(kind, 2.0, 500.0).inverse(z)) <= 500


def test_without_bounds_a_prediction_is_finite() -> None:
    """What would overflow is as good as the largest number that there is, which JSON can hold."""
    largest, least = Link("log", 0.0, None).inverse([1e5, -1e5])
    assert largest == pytest.approx(sys.float_info.max)
    assert least == 0
    assert np.isfinite(Link("identity", None, None).inverse([np.inf, -np.inf])).all()


def test_the_contract_bounds_the_predictions() -> None:
    """Bounds of the contract, closed or open, are those of the predictions."""
    assert link_for("none", target(minimum=5.0, maximum=90.0), Y) == Link("identity", 5.0, 90.0)
    assert link_for("log", target(exclusive_minimum=1.0, exclusive_maximum=9.0), Y) == Link(
        "log", 1.0, 9.0
    )


def test_a_target_that_was_never_negative_is_never_predicted_negative() -> None:
    """A count or a price needs no bound in the contract to stay at 0 or above."""
    assert link_for("none", target(), Y).low == 0
    assert link_for("none", target(), Y - 1).low is None
    assert link_for("log", target(minimum=-5.0), Y).low == 0


def test_only_a_log_target_is_held_below_a_roof() -> None:
    """The way back from a log scale can explode, and is stopped at twice the largest value."""
    assert link_for("log", target(), Y).high == 800
    assert link_for("none", target(), Y).high is None


def test_a_log_of_negative_values_is_refused() -> None:
    """The message says what the smallest value is and which parameter to change."""
    with pytest.raises(TrainingError, match=r"the smallest is -1\n.*target_transform: none"):
        link_for("log", target(), Y - 1)


def test_one_value_is_transformed_as_in_a_batch() -> None:
    """The scale of a single prediction is exactly that of the same prediction among others."""
    link = Link("log", 0.0, None)
    batch = np.random.default_rng(0).gamma(2.0, 1e5, 99)
    for move in (link.forward, lambda y: link.inverse(link.forward(y))):
        np.testing.assert_array_equal(
            move(batch), np.concatenate([move(batch[i : i + 1]) for i in range(99)])
        )
