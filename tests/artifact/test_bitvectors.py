"""Small trees are looked up, and answer as if each were walked."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lockgate.artifact.archive import from_npz
from lockgate.artifact.bitvectors import Bitvectors
from lockgate.artifact.compile.nodes import to_nodes
from lockgate.artifact.compile.onnx_trees import Tree, constant
from lockgate.artifact.compile.small import ordered, small
from tests.artifact.explanation.brute import goes_left, random_tree

COLUMNS = 5
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300])


def looked_up(trees, leaves=None):
    """Return what scores `trees` by tables."""
    return Bitvectors(from_npz(to_nodes(ordered(trees), leaves)))


def leaf_of(tree: Tree, row) -> int:
    """Return the leaf that a row falls into, question after question."""
    node = 0
    while tree.left[node] >= 0:
        node = int((tree.left if goes_left(tree, row, node) else tree.right)[node])
    return node


def walked(trees, matrix, outputs):
    """Return the sums of rows, tree after tree."""
    sums = np.zeros((len(matrix), outputs))
    for place, row in enumerate(matrix):
        for tree in trees:
            sums[place, tree.target] += tree.value[leaf_of(tree, row)]
    return sums


def rows_for(rng, trees, count):
    """Return rows with codes in column 0, and elsewhere thresholds and what lies beside them."""
    thresholds = [tree.threshold[tree.left >= 0] for tree in trees]
    known = np.concatenate([*thresholds, SPECIAL])
    near = np.concatenate([known, np.nextafter(known, np.inf), np.nextafter(known, -np.inf)])
    matrix = rng.choice(near, (count, COLUMNS))
    matrix[:, 0] = rng.choice([-1.0, *range(12), np.nan], count)
    return matrix


@given(
    seed=st.integers(0, 2**32 - 1),
    depth=st.integers(1, 6),
    trees=st.integers(1, 12),
    outputs=st.integers(1, 3),
    rows=st.integers(1, 40),
)
def test_tables_answer_as_a_walk_does(seed, depth, trees, outputs, rows):
    """To the last bit, for thresholds themselves, infinities, unknown codes and missing values."""
    rng = np.random.default_rng(seed)
    grown = [constant(0.5, target) for target in range(outputs)]
    grown += [random_tree(rng, COLUMNS, depth, place % outputs) for place in range(trees)]
    assume(any(tree.left[0] >= 0 for tree in grown))
    matrix = rows_for(rng, grown, rows)
    score = looked_up(grown)
    found = score(matrix)
    np.testing.assert_array_equal(found, walked(grown, matrix, outputs))
    for place in range(rows):
        np.testing.assert_array_equal(score(matrix[[place]])[0], found[place])


def test_a_row_does_not_depend_on_how_many_there_are():
    """A large batch is taken in pieces, the last of which may be a single row."""
    rng = np.random.default_rng(3)
    trees = [random_tree(rng, COLUMNS, 4) for _ in range(1500)]
    score = looked_up(trees)
    matrix = rows_for(rng, trees, 61)
    whole = score(matrix)
    for count in (0, 2, 10, 11, 12, 16, 17, 21, 60):
        np.testing.assert_array_equal(score(matrix[:count]), whole[:count])


def test_leaves_that_say_something_of_each_class_are_added_class_by_class():
    """As those of a forest of several classes do."""
    rng = np.random.default_rng(4)
    trees = [random_tree(rng, COLUMNS, 4, target) for target in range(6)]
    numbered = 0
    for tree in trees:
        leaf = tree.left < 0
        tree.value[leaf] = numbered + np.arange(leaf.sum())
        numbered += int(leaf.sum())
    table = rng.random((numbered, 4))
    matrix = rows_for(rng, trees, 30)
    expected = [sum(table[int(tree.value[leaf_of(tree, row)])] for tree in trees) for row in matrix]
    np.testing.assert_array_equal(looked_up(trees, table)(matrix), expected)


@pytest.mark.parametrize(
    ("leaves", "columns", "repeated", "fit"),
    [(64, 1, 1, True), (65, 1, 1, False), (9, 8, 2, True), (9, 8, 1, False), (2, 30, 99, False)],
)
def test_only_where_a_walk_is_longer_are_small_trees_looked_up(leaves, columns, repeated, fit):
    """That is where leaves are few, and questions many for each column."""
    trees = [chain(leaves, column) for column in range(columns)] * repeated
    assert small(trees) is fit


def test_trees_without_a_question_are_not_looked_up():
    """There is nothing to make a table of."""
    assert not small([constant(1.0), constant(2.0)])


def test_many_large_trees_are_not_looked_up():
    """Their lines would take more memory than a service has to spare."""
    rng = np.random.default_rng(5)
    trees = [random_tree(rng, COLUMNS, 5) for _ in range(900)]
    assert small(trees[:200])
    assert not small(trees)


def chain(leaves, column):
    """Return a tree whose every question has a leaf on its left."""
    inner = leaves - 1
    nodes = np.arange(2 * leaves - 1)
    asks = (nodes % 2 == 0) & (nodes < 2 * inner)
    return Tree(
        feature=np.where(asks, column, 0),
        threshold=np.where(asks, nodes.astype(float), 0.0),
        left=np.where(asks, nodes + 1, -1),
        right=np.where(asks, nodes + 2, -1),
        missing_left=np.zeros(len(nodes), dtype=bool),
        value=nodes.astype(float),
        cover=np.ones(len(nodes)),
    )
