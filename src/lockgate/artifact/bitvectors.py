"""Sums of small trees, looked up instead of walked.

A tree has a bit for each of its leaves, from left to right. A question that a row answers with no
rules out the leaves on its left, and the row falls into the leftmost leaf that no question rules
out: QuickScorer (Lucchese et al. 2015, "QuickScorer: a fast algorithm to rank documents with
additive ensembles of regression trees"). Which leaves of all trees the questions about one column
leave depends only on where the value lies among their thresholds. So there is a table for each
column, a row needs one line of each, and a batch is a few operations on whole arrays.
"""

from bisect import bisect_left
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from lockgate.artifact.archive import Arrays
from lockgate.artifact.bitvector_tables import Bits, Places, Scores, Trees, tables_of
from lockgate.artifact.encoding import Matrix

# Bytes of the largest array that a batch needs at a time: it stays in a processor's cache, and
# the memory for it is not asked of the system again and again.
NEAR = 131_072


class Bitvectors:
    """Adds up what small trees say of rows.

    Parameters
    ----------
    nodes : Arrays
        As `lockgate.artifact.compile.nodes.to_nodes` writes them, of trees that
        `lockgate.artifact.compile.small` found fit and put in order.
    """

    def __init__(self, nodes: Arrays) -> None:
        trees = Trees(nodes)
        self._first_leaves, self._outputs = trees.first_leaves, trees.outputs()
        self._rows = max(1, NEAR // self._first_leaves.nbytes)
        self._tables = tables_of(nodes, trees)
        # One below the other, so that a single row takes all its lines at once.
        self._lines = np.concatenate([table.lines for table in self._tables])
        starts = accumulate((len(table.lines) for table in self._tables), initial=0)
        self._lookups = [
            (table.column, table.points.tolist(), start, stop - 1)
            for table, (start, stop) in zip(self._tables, pairwise(starts), strict=True)
        ]

    def __call__(self, matrix: Matrix) -> Scores:
        """Return the sums of rows, shape (rows, outputs); a row's do not depend on the others."""
        if len(matrix) == 1:
            return self._one(matrix[0].tolist())
        lines = [table.lines_of(matrix[:, table.column]) for table in self._tables]
        starts = range(0, len(matrix), self._rows)
        parts = (slice(start, start + self._rows) for start in starts)
        return np.concatenate([self._many([at[part] for at in lines]) for part in parts])

    def _one(self, row: list[float]) -> Scores:
        lines = [
            start + bisect_left(points, value) if (value := row[column]) == value else last
            for column, points, start, last in self._lookups
        ]
        left = np.bitwise_and.reduce(self._lines.take(np.array(lines), axis=0))
        leaves = _lowest(left) + self._first_leaves
        return np.array([[_added(v.take(leaves[trees])) for v, trees in self._outputs]])

    def _many(self, lines: list[Places]) -> Scores:
        left = self._tables[0].lines.take(lines[0], axis=0)
        more = np.empty_like(left)
        for table, at in zip(self._tables[1:], lines[1:], strict=True):
            table.lines.take(at, axis=0, out=more, mode="clip")
            left &= more
        leaves = np.add(_lowest(left).T, self._first_leaves[:, None], order="C")
        return np.stack([_added(v.take(leaves[trees])) for v, trees in self._outputs], axis=1)


def _lowest(left: Bits) -> NDArray[np.uint8]:
    """Return the number of the lowest bit that is set: so many leaves of its tree come before."""
    return np.asarray(np.bitwise_count(~left & (left - left.dtype.type(1))))


def _added(values: Scores) -> Scores:
    """Add up over the trees, the first axis, one after the other as scikit-learn does.

    numpy does so along a slower axis of an array, and in pairs along the fastest.
    """
    slower = values.ndim > 1 and values.shape[1] > 1
    return np.asarray(values.sum(axis=0) if slower else np.add.accumulate(values)[-1])
