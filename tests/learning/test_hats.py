"""Numbers as weights of the knots that they lie between."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import SplineTransformer

from lockgate.learning.hats import hats, hats_of, quantile_knots
from lockgate.learning.splines import LinearSpline

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)
KNOTS = st.lists(st.integers(-1000, 1000), min_size=1, max_size=6, unique=True).map(sorted)


@given(arrays(float, 20, elements=NUMBERS), KNOTS)
def test_weights_are_shares(values: np.ndarray, knots: list[int]) -> None:
    """The weights of a number are not negative, sum to 1, and lie on neighbours."""
    weights = hats(values, [float(knot) for knot in knots])
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert ((weights > 0).sum(axis=1) <= 2).all()


@given(arrays(float, 20, elements=NUMBERS), KNOTS)
def test_one_number_has_the_weights_that_it_has_among_others(
    values: np.ndarray, knots: list[int]
) -> None:
    """Not a bit differs, so that one request equals the same row in a batch."""
    places = [float(knot) for knot in knots]
    assert [hats_of(value, places) for value in values.tolist()] == hats(values, places).tolist()


def test_between_knots_the_weights_give_the_number_back() -> None:
    """A linear model of the weights can be any piecewise linear function, the identity too."""
    knots = (0.0, 1.0, 4.0)
    values = np.array([0.0, 0.25, 1.0, 3.0, 4.0])
    np.testing.assert_allclose(hats(values, knots) @ knots, values)


def test_beyond_the_knots_nothing_changes() -> None:
    """A number that no training row came near does not run away."""
    assert hats(np.array([-9.0, 9.0]), (0.0, 1.0)).tolist() == [[1, 0], [0, 1]]


def test_quantiles_that_coincide_are_one_knot() -> None:
    """A column that is mostly 0 has fewer knots, a constant one a single one."""
    assert quantile_knots(np.array([0.0] * 9 + [1.0]), 5) == (0.0, 1.0)
    assert quantile_knots(np.full(4, 7.0), 5) == (7.0,)
    assert hats(np.array([1.0, 2.0]), (7.0,)).tolist() == [[1.0], [1.0]]


def test_the_functions_are_those_of_scikit_learn() -> None:
    """Where no quantiles coincide, they are B-splines of degree 1."""
    rows = np.random.default_rng(0).normal(size=(200, 2))
    asked = np.vstack([rows, [[-9, 9]]])
    theirs = SplineTransformer(5, degree=1, knots="quantile", extrapolation="constant").fit(rows)
    ours = LinearSpline(5).fit(rows)
    np.testing.assert_allclose(ours.transform(asked), theirs.transform(asked), atol=1e-12)


def test_an_unfitted_spline_says_so() -> None:
    """As any transformer of scikit-learn."""
    with pytest.raises(Exception, match="not fitted"):
        LinearSpline().transform(np.zeros((1, 1)))
