"""Contributions stay exact sums through whatever is done with a score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.artifact.explanation.sums import Sums, joined, softmax, softmax_of
from lockgate.artifact.runtime import expit
from lockgate.artifact.runtime import softmax as served_softmax

NUMBERS = st.floats(-50, 50)
FUNCTIONS = {
    "exp": np.exp,
    "log1p of a size": lambda x: np.log1p(np.abs(x)),
    "odds": expit,
    "bounded": lambda x: np.clip(x, -3, 3),
    "tanh": np.tanh,
}


def sums(base, *added):
    """Return sums of one number for each tuple in `added`, which has one entry a feature."""
    table = np.array(added, dtype=float).T
    start = np.array(base, dtype=float)
    return Sums(start, start + table.sum(axis=0), table)


def off(found):
    """Return how far contributions are from the difference that they explain, relatively."""
    apart = np.abs(found.base + found.added.sum(axis=0) - found.value)
    return float(np.max(apart / (np.abs(found.value) + np.abs(found.added).sum(axis=0) + 1e-300)))


@given(NUMBERS, st.lists(NUMBERS, min_size=1, max_size=5), st.sampled_from(sorted(FUNCTIONS)))
def test_a_function_of_a_number_keeps_the_sum(base, added, name):
    """And both ends are the function's own."""
    found = sums([base], added).through(FUNCTIONS[name])
    assert off(found) <= 1e-9
    assert found.value == pytest.approx(FUNCTIONS[name](np.array([base + sum(added)])), rel=1e-9)


def test_contributions_that_cancel_each_other_keep_their_size():
    """The slope there is that of the function, not of a difference without digits."""
    found = sums([1.0], [0.5, -0.5]).through(np.exp)
    np.testing.assert_allclose(found.added[:, 0], [0.5 * np.e, -0.5 * np.e], rtol=1e-9)


def test_every_feature_is_multiplied_by_the_same_slope():
    """So that their order and their ratios stay."""
    found = sums([0.0], [1.0, 2.0, -0.5]).through(np.exp)
    slope = (np.exp(2.5) - 1) / 2.5
    np.testing.assert_allclose(found.added[:, 0], slope * np.array([1.0, 2.0, -0.5]))


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=2, max_size=4))
def test_probabilities_of_several_classes_are_explained_exactly(scores):
    """Each is a sum; together they are what the served form says, and what is added cancels."""
    before = joined([sums([base], added) for base, *added in scores])
    found = softmax(before)
    assert off(found) <= 1e-9
    np.testing.assert_allclose(found.value, served_softmax(before.value[None])[0], atol=1e-12)
    np.testing.assert_allclose(found.added.sum(), 0, atol=1e-9)


def test_two_classes_are_explained_as_the_odds_of_one():
    """A softmax over a score and 0 is the logistic function of the score."""
    score = sums([0.3], [1.0, -2.0])
    of_two = softmax_of(joined([sums([0.0], [0.0, 0.0]), score]), 1)
    np.testing.assert_allclose(of_two.added, score.through(expit).added, rtol=1e-12)


def test_scores_of_any_size_are_explained_finitely():
    """A linear model meets outliers."""
    found = softmax(joined([sums([0.0], [1e100, -3.0]), sums([0.0], [-1e90, 1e80])]))
    assert np.isfinite(found.added).all()
    np.testing.assert_allclose(found.value, [1.0, 0.0], atol=1e-200)
    assert off(found) <= 1e-9


def test_a_linear_step_passes_contributions_on():
    """With a constant, which belongs to the base."""
    found = sums([1.0, 2.0], [1.0, 0.0], [0.0, 3.0]).linear(np.array([[2.0], [-1.0]])).plus(5.0)
    assert found.base.tolist() == [5.0]
    assert found.value.tolist() == [4.0]
    assert found.added.tolist() == [[2.0], [-3.0]]
