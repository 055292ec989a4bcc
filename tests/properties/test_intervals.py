"""A prediction lies in its interval, and both in the bounds, whatever a model says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lockgate.learning.intervals import HalfWidth, Interval
from lockgate.learning.links import Link
from tests.properties.contracts import examples

HALF_WIDTHS = st.builds(HalfWidth.even, st.floats(0, 1e300)) | st.dictionaries(
    st.integers(-9, 99), st.integers(0, 9) | st.floats(0, 9), min_size=1, max_size=5
).map(lambda sizes: HalfWidth(*map(tuple, zip(*sorted(sizes.items()), strict=True))))
LOW, HIGH = st.floats(0, 1e6), st.none() | st.floats(1e6, 1e300)
LINKS = st.builds(Link, st.just("identity"), st.none() | LOW, HIGH) | st.builds(
    Link, st.just("log"), LOW, HIGH
)
SCORES = arrays(float, 8, elements=st.floats(allow_nan=False))


@pytest.mark.filterwarnings("ignore:overflow encountered in add")
@examples(100)
@given(SCORES, HALF_WIDTHS, LINKS)
def test_any_score_gives_an_interval_that_holds_its_prediction(
    scores: np.ndarray, half_width: HalfWidth, link: Link
) -> None:
    """Infinite scores and half-widths too large for the scale included."""
    lower, prediction, upper = Interval(half_width, link)(scores)
    np.testing.assert_allclose(prediction, link.inverse(scores), rtol=1e-12)
    assert (lower <= prediction).all()
    assert (prediction <= upper).all()
    assert np.isfinite([lower, upper]).all()
    assert link.low is None or (lower >= link.low).all()
    assert link.high is None or (upper <= link.high).all()


@pytest.mark.filterwarnings("ignore:overflow encountered in add")
@examples(100)
@given(SCORES, HALF_WIDTHS, LINKS)
def test_a_score_has_the_interval_that_it_has_among_others(
    scores: np.ndarray, half_width: HalfWidth, link: Link
) -> None:
    """Bit for bit, the sign of a zero included."""
    interval = Interval(half_width, link)
    together = np.column_stack(interval(scores)).tolist()
    alone = [list(interval.one(score)) for score in scores.tolist()]
    # repr tells apart what == does not, such as 0.0 and -0.0
    assert repr(alone) == repr(together)
