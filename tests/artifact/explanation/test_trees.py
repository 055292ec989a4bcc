"""Contributions of trees are Shapley values, by their definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.artifact.archive import from_npz
from lockgate.artifact.compile.nodes import to_nodes
from lockgate.artifact.compile.onnx_trees import constant
from lockgate.artifact.explanation import planting
from lockgate.artifact.explanation.forms import trees_body
from lockgate.artifact.spec import Trees
from tests.artifact.explanation.brute import expectation, random_row, random_tree, shapley

SUM = Trees(divisor=1.0, float32=False)


def explained(trees, row, owners, leaves=None, spec=SUM):
    """Explain one row of a matrix by what is stored of some trees."""
    owners = np.array(owners)
    body = trees_body(spec, from_npz(to_nodes(trees, leaves)), owners, int(owners.max()) + 1)
    return body(row)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 9))
def test_contributions_are_shapley_values(seed, features, depth):
    """Of sums of trees with thresholds, sets of codes and missing values, to 1e-9."""
    rng = np.random.default_rng(seed)
    owners = list(range(features))
    trees = [random_tree(rng, features, depth) for _ in range(3)]
    row = random_row(rng, features)
    found = explained(trees, row, owners)

    def worth(known):
        return sum(expectation(tree, row, known, owners) for tree in trees)

    np.testing.assert_allclose(found.added[:, 0], shapley(worth, features), atol=1e-9)
    assert found.base[0] == pytest.approx(worth(frozenset()), abs=1e-9)
    assert found.value[0] == pytest.approx(worth(frozenset(owners)), abs=1e-9)


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_all_columns_of_a_feature_are_one_player(seed):
    """As one-hot columns are: they are known together or not at all."""
    rng = np.random.default_rng(seed)
    owners = [0, 1, 1, 2, 1, 0]
    tree = random_tree(rng, len(owners), 8)
    row = random_row(rng, len(owners))
    expected = shapley(lambda known: expectation(tree, row, known, owners), 3)
    found = explained([tree], row, owners).added[:, 0]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_each_output_has_its_own_trees():
    """As boosting of several classes has."""
    rng = np.random.default_rng(1)
    owners = [0, 1, 2]
    trees = [random_tree(rng, 3, 5, target) for target in (0, 1, 0, 1)]
    row = random_row(rng, 3)
    found = explained(trees, row, owners)
    for target in (0, 1):
        alone = [trees[place] for place in (target, target + 2)]
        expected = sum(
            shapley(lambda known, tree=tree: expectation(tree, row, known, owners), 3)
            for tree in alone
        )
        np.testing.assert_allclose(found.added[:, target], expected, atol=1e-9)


def test_leaves_that_say_something_of_each_class():
    """As those of a forest of several classes do."""
    rng = np.random.default_rng(2)
    trees = [random_tree(rng, 3, 5) for _ in range(2)]
    leaves = 0
    for tree in trees:
        leaf = tree.left < 0
        tree.value[leaf] = leaves + np.arange(leaf.sum())
        leaves += int(leaf.sum())
    table = rng.random((leaves, 4))
    row = random_row(rng, 3)
    found = explained(trees, row, [0, 1, 2], table, Trees(divisor=2.0, float32=False))
    for place in range(4):
        start, expected = 0, np.zeros(3)
        for tree in trees:
            leaf = tree.left < 0
            tree.value[leaf] = table[start : start + leaf.sum(), place]
            start += leaf.sum()
            expected += shapley(
                lambda known, tree=tree: expectation(tree, row, known, [0, 1, 2]), 3
            )
        np.testing.assert_allclose(found.added[:, place], expected / 2, atol=1e-9)


def test_a_tree_without_questions_adds_to_the_base_alone():
    """Whatever the row."""
    found = explained([constant(2.0), constant(3.0)], np.array([np.nan, 1.0]), [0, 1])
    assert found.base.tolist() == found.value.tolist() == [5.0]
    assert not found.added.any()


def test_a_way_that_no_training_row_took_is_explained_finitely():
    """Such leaves may be in a tree that others made."""
    tree = random_tree(np.random.default_rng(3), 3, 4)
    leaf = int(np.flatnonzero(tree.left < 0)[-1])
    tree.cover[leaf] = 0.0
    for row in np.random.default_rng(4).normal(size=(20, 3)):
        found = explained([tree], row, [0, 1, 2])
        assert np.isfinite(found.added).all()
        assert found.base + found.added.sum(axis=0) == pytest.approx(found.value)


def test_however_trees_are_put_together_they_say_the_same(monkeypatch):
    """A large forest is walked grove by grove."""
    rng = np.random.default_rng(5)
    trees = [random_tree(rng, 4, 7) for _ in range(12)]
    row = random_row(rng, 4)
    together = explained(trees, row, [0, 1, 2, 3])
    monkeypatch.setattr(planting, "TOGETHER", 60)
    apart = explained(trees, row, [0, 1, 2, 3])
    np.testing.assert_allclose(apart.added, together.added, atol=1e-12)
    np.testing.assert_allclose(apart.base, together.base, atol=1e-12)


def test_rows_are_rounded_where_trees_were_grown_on_rounded_ones():
    """As scikit-learn's forests are."""
    tree = random_tree(np.random.default_rng(6), 2, 1)
    tree.feature[0], tree.threshold[0] = 1, float(np.float32(0.1))
    tree.members.clear()
    row = np.array([0.0, np.nextafter(float(np.float32(0.1)), 1)])
    exact = explained([tree], row, [0, 1])
    rounded = explained([tree], row, [0, 1], spec=Trees(divisor=1.0, float32=True))
    assert exact.value != rounded.value
