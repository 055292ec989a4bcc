"""Exact Shapley values of trees, in time linear in their nodes.

A tree's expectation, when only some features of a row are known, follows the row where it knows
and goes both ways, by the shares of the training rows, where it does not (path-dependent tree
SHAP: Lundberg et al. 2020, "From local explanations to global understanding with explainable AI
for trees"). Each leaf is then a product game: with t, the chance that a feature is known, its
weight is the product over the features of its path of ``share * (1 - t) + fits * t``, and the
Shapley value of a feature is an integral over t of a polynomial, which Gauss and Legendre's rule
gives exactly. All leaves below a node share the node's factors, so that one pass down and one up
do (as in Yu et al. 2022, "Linear TreeShap").

The players are features, not matrix columns: all columns of a feature are known together.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lockgate.artifact.explanation.sums import Array

Places = NDArray[np.intp]
# Of a path that no training row took; to keep quotients defined.
LEAST = 1e-200


@dataclass(frozen=True)
class Questions:
    """The inner nodes of all trees.

    Attributes
    ----------
    column : ndarray of int, shape (inner nodes,)
        Matrix column.
    threshold : ndarray of float, shape (inner nodes,)
    missing_left : ndarray of bool, shape (inner nodes,)
    asking : ndarray of int
        Those that ask for membership in a set of codes.
    members : ndarray of float
        Ordered keys ``number among asking * span + code``.
    span : float
        Above every code.
    """

    column: Places
    threshold: Array
    missing_left: NDArray[np.bool_]
    asking: Places
    members: Array
    span: float

    def left(self, row: Array) -> NDArray[np.bool_]:
        """Return whether a row of the matrix goes left, shape (inner nodes,)."""
        values = row[self.column]
        left = values <= self.threshold
        if len(self.asking):
            left[self.asking] = self._member(values[self.asking])
        return np.where(np.isnan(values), self.missing_left, left)

    def _member(self, codes: Array) -> NDArray[np.bool_]:
        known = (codes >= 0) & (codes < self.span)
        keys = np.arange(len(codes)) * self.span + np.where(known, codes, 0.0)
        places = np.minimum(np.searchsorted(self.members, keys), len(self.members) - 1)
        return np.asarray(known & (self.members[places] == keys))


@dataclass(frozen=True)
class Level:
    """The nodes of one depth: a pair of siblings for each inner node of the depth above.

    Attributes
    ----------
    start, stop : int
        Its place among the nodes of a grove.
    parents : ndarray of int
        Of each node.
    """

    start: int
    stop: int
    parents: Places


@dataclass(frozen=True)
class Grove:
    """Trees that are walked at once; the first of its nodes stands above all roots.

    Attributes
    ----------
    levels : list of Level
        Below the roots.
    question : ndarray of int, shape (nodes,)
        That leads to the node.
    side : ndarray of bool, shape (nodes,)
        Its answer; True is left.
    before : ndarray of int, shape (nodes,)
        The last node above that the same feature led to, 0 where there is none.
    share : ndarray of float, shape (nodes,)
        Of the training rows, by the questions about that feature on the way.
    output : ndarray of int, shape (nodes,)
        ``feature * outputs + target``.
    leaves : ndarray of int
        Which nodes are leaves.
    values : ndarray of float, shape (tables, leaves)
        One table; or one for each class, where each leaf says something of each.
    nodes : int
    depth : int
        Most features on a way to a leaf.
    """

    levels: list[Level]
    question: Places
    side: NDArray[np.bool_]
    before: Places
    share: Array
    output: Places
    leaves: Places
    values: Array
    nodes: int
    depth: int

    def added(self, left: NDArray[np.bool_], outputs: int) -> Array:
        """Return what each (feature, target) adds, flat.

        Parameters
        ----------
        left : ndarray of bool
            Answers of the row to the questions.
        outputs : int
            How many pairs there are.
        """
        fits = self._fits(left)
        chances, weights = _rule(self.depth)
        factor = self.share[:, None] * (1 - chances) + fits[:, None] * chances
        gain = (fits - self.share)[:, None] / factor
        gain -= gain[self.before]
        factor /= factor[self.before]
        for level in self.levels:
            factor[level.start : level.stop] *= factor[level.parents]
        found = [self._sums(each, factor, gain, weights, outputs) for each in self.values]
        return np.stack(found, axis=1).ravel()

    def _fits(self, left: NDArray[np.bool_]) -> Array:
        fits = np.ones(self.nodes)
        first = self.levels[0].start if self.levels else self.nodes
        fits[first:] = left[self.question[first:]] == self.side[first:]
        for level in self.levels:
            fits[level.start : level.stop] *= fits[self.before[level.start : level.stop]]
        return fits

    def _sums(
        self, values: Array, factor: Array, gain: Array, weights: Array, outputs: int
    ) -> Array:
        below = np.zeros_like(factor)
        below[self.leaves] = values[:, None] * factor[self.leaves]
        for level in reversed(self.levels):
            nodes = below[level.start : level.stop]
            below[level.parents[::2]] = nodes[::2] + nodes[1::2]
        added = np.einsum("ij,ij,j->i", gain, below, weights)
        return np.asarray(np.bincount(self.output, added, outputs), dtype=np.float64)


def _rule(depth: int) -> tuple[Array, Array]:
    """Return places and weights in 0..1 that integrate polynomials of degree ``depth - 1``."""
    places, weights = np.polynomial.legendre.leggauss(max((depth + 1) // 2, 1))
    return (places + 1) / 2, weights / 2
