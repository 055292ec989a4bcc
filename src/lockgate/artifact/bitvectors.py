"""Sums of small trees, looked up instead of walked.

A tree has a bit for each of its leaves, from left to right. A question that a row answers with no
rules out the leaves on its left, and the row falls into the leftmost leaf that no question rules
out: QuickScorer (Lucchese et al. 2015, "QuickScorer: a fast algorithm to rank documents with
additive ensembles of regression trees"). Which leaves of all trees the questions about one column
leave depends only on where the value lies among their thresholds. So there is a line for each such
place, and a row takes one line for each column.
"""

import numpy as np

from lockgate.artifact.archive import Arrays
from lockgate.artifact.bitvector_lines import Bits, Places, Scores, Trees, lines_of, paired
from lockgate.artifact.encoding import Matrix

# Up to so many rows, one search in all columns is quicker than one in each.
FEW = 16
# Bytes of the largest array that a batch needs at a time: it stays in a processor's cache, and
# the memory for it is not asked of the system again and again.
NEAR = 524_288


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
        self._columns = np.unique(trees.columns)
        self._numbers = np.arange(len(self._columns))
        self._points, self._lines = lines_of(trees)
        self._first_leaves, self._outputs = trees.first_leaves[:, None], trees.outputs()
        self._rows = max(1, NEAR // self._first_leaves.nbytes)
        starts = self._points.searchsorted(paired(self._numbers, -np.inf)).tolist()
        unknown = self._points.searchsorted(paired(self._numbers, np.nan)).tolist()
        ends = [*starts[1:], unknown[0]]
        self._searches = [
            (column, self._points[start:end].imag.copy(), start, nan)
            for column, start, end, nan in zip(self._columns, starts, ends, unknown, strict=True)
        ]

    def __call__(self, matrix: Matrix) -> Scores:
        """Return the sums of rows, shape (rows, outputs); a row's do not depend on the others."""
        if len(matrix) <= FEW:
            return self._sums(self._left_of_few(matrix))
        places = [self._places(matrix[:, column], *known) for column, *known in self._searches]
        starts = range(0, len(matrix), self._rows)
        parts = (slice(start, start + self._rows) for start in starts)
        return np.concatenate(
            [self._sums(self._left_of_many([at[part] for at in places])) for part in parts]
        )

    def _left_of_few(self, matrix: Matrix) -> Bits:
        """Return the leaves that no question rules out, shape (rows, trees)."""
        places = self._points.searchsorted(
            paired(self._numbers, matrix.take(self._columns, axis=1))
        )
        left: Bits = np.bitwise_and.reduce(self._lines.take(places, axis=0), axis=1)
        return left

    def _left_of_many(self, places: list[Places]) -> Bits:
        """Return what `_left_of_few` does, from the places of the rows in each column."""
        left = self._lines.take(places[0], axis=0)
        more = np.empty_like(left)
        for each in places[1:]:
            self._lines.take(each, axis=0, out=more, mode="clip")
            left &= more
        return left

    def _places(self, values: Scores, points: Scores, start: int, unknown: int) -> Places:
        places = points.searchsorted(values) + start
        places[np.isnan(values)] = unknown
        return places

    def _sums(self, left: Bits) -> Scores:
        # As many bits are below the lowest that is set as there are leaves before it.
        before = np.bitwise_count(~left & (left - left.dtype.type(1)))
        leaves = np.add(before.T, self._first_leaves, order="C")
        sums = np.empty((len(left), len(self._outputs)))
        for place, (values, trees) in enumerate(self._outputs):
            sums[:, place] = _added(values.take(leaves[trees]))
        return sums


def _added(values: Scores) -> Scores:
    """Add up over the trees, the first axis, one after the other as scikit-learn does.

    numpy does so along a slower axis of an array, and in pairs along the fastest, which that of
    the trees is for a single row.
    """
    return values.sum(axis=0) if values.shape[1] != 1 else values.cumsum()[-1:]
