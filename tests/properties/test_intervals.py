"""A prediction lies in its interval, and both in the bounds, whatever a model says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lockgate.learning.intervals import Interval
from lockgate.learning.links import Link
from tests.properties.contracts import examples

BOUNDS = st.tuples(st.none() | st.floats(0, 1e6), st.none() | st.floats(1e6, 1e300))


@pytest.mark.filterwarnings("ignore:overflow encountered in add")
@examples(100)
@given(
    arrays(float, 8, elements=st.floats(allow_nan=False)),
    st.floats(0, 1e300),
    st.sampled_from(["identity", "log"]),
    BOUNDS,
)
def test_any_score_gives_an_interval_that_holds_its_prediction(
    scores: np.ndarray, quantile: float, kind: str, bounds: tuple[float | None, float | None]
) -> None:
    """Infinite scores and half-widths too large for the scale included."""
    low, high = bounds
    link = Link(kind, 0.0 if kind == "log" and low is None else low, high)
    lower, prediction, upper = Interval(quantile, link)(scores)
    np.testing.assert_allclose(prediction, link.inverse(scores), rtol=1e-12)
    assert (lower <= prediction).all()
    assert (prediction <= upper).all()
    assert np.isfinite([lower, upper]).all()
    assert link.low is None or (lower >= link.low).all()
    assert link.high is None or (upper <= link.high).all()
