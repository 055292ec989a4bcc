"""From the stored nodes of small trees to the lines that `lockgate.artifact.bitvectors` takes."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lockgate.artifact.archive import Arrays

Bits = NDArray[Any]
Places = NDArray[np.intp]
Scores = NDArray[np.float64]
Points = NDArray[np.complex128]
WORDS: dict[int, type[np.unsignedinteger[Any]]] = {16: np.uint16, 32: np.uint32, 64: np.uint64}


class Trees:
    """The questions of trees, and which leaves they rule out.

    Parameters
    ----------
    nodes : Arrays
        As `lockgate.artifact.compile.nodes.to_nodes` writes them, left before right.

    Attributes
    ----------
    first_leaves : ndarray of int, shape (trees,)
        The number of each tree's first leaf.
    columns, thresholds : ndarray, shape (inner nodes,)
        The matrix column that a node asks about, and the largest value that is answered with yes.
    members : dict of int to ndarray of float
        Of nodes that ask for membership: the codes that are, instead of a threshold.
    missing : ndarray of bool, shape (inner nodes,)
        Whether NaN is answered with yes.
    owners : ndarray of int, shape (inner nodes,)
        The tree that a node is of.
    kept : ndarray of unsigned int, shape (inner nodes,)
        The leaves of its tree that a node leaves to a row which answers no.
    """

    def __init__(self, nodes: Arrays) -> None:
        self._nodes = nodes
        self.columns, self.thresholds = nodes["feature"], nodes["threshold"].astype(np.float64)
        self.members, self.missing = _members(nodes), nodes["missing_left"]
        leaf, sizes = nodes["leaf"].astype(bool), nodes["sizes"].astype(np.intp)
        roots, before = np.cumsum(sizes) - sizes, np.cumsum(leaf) - leaf
        self.first_leaves: Places = before[roots]
        self.owners: Places = np.repeat(np.arange(len(sizes)), sizes)[~leaf]
        most = np.diff(self.first_leaves, append=int(leaf.sum())).max()
        word = WORDS[next(width for width in WORDS if width >= most)]
        start, stop = (
            before[roots[self.owners] + nodes[side].astype(np.intp)]
            - self.first_leaves[self.owners]
            for side in ("left", "right")
        )
        one = word(1)
        self.kept: Bits = ~((one << stop.astype(word)) - (one << start.astype(word)))

    def outputs(self) -> list[tuple[Scores, slice]]:
        """Return of each sum what the leaves add, by their number, and which trees have a part."""
        values = self._nodes["values"].astype(np.float64)
        if len(values) > 1:
            return [(each, slice(None)) for each in values]
        targets = self._nodes["targets"].astype(np.intp)
        bounds = np.searchsorted(targets, np.arange(targets.max() + 2)).tolist()
        return [(values[0], slice(*bound)) for bound in pairwise(bounds)]


def lines_of(trees: Trees) -> tuple[Points, Bits]:
    """Return the places that a value can have among the thresholds, and what is left there.

    Parameters
    ----------
    trees : Trees

    Returns
    -------
    points : ndarray of complex, shape (points,)
        The number of a column, counted among those that are asked about, and the largest value
        that has this place, in numpy's order of complex numbers: NaN comes after all others.
    lines : ndarray of unsigned int, shape (points, trees)
        The leaves that are left, as bits.
    """
    found = [_of_column(trees, column) for column in np.unique(trees.columns).tolist()]
    points = np.concatenate(
        [paired(np.full(len(values), number), values) for number, (values, _) in enumerate(found)]
    )
    order = points.argsort()
    return points[order], np.concatenate([lines for _, lines in found])[order]


def paired(numbers: Places, values: ArrayLike) -> Points:
    """Return numbers of columns and values in them as complex numbers.

    numpy orders those by their real part, then by their imaginary one, so that a single search
    finds the places in all columns.
    """
    pairs = np.empty((*np.shape(values)[:-1], len(numbers)), dtype=np.complex128)
    pairs.real, pairs.imag = numbers, values
    return pairs


def _of_column(trees: Trees, column: int) -> tuple[Scores, Bits]:
    asking = np.flatnonzero(trees.columns == column).tolist()
    codes = [trees.members[node] for node in asking if node in trees.members]
    bounds = _bounds(trees.thresholds[asking], codes)
    # The largest value of each place stands for it: all get the same answers.
    values = np.append(np.union1d(bounds, [np.inf]), np.nan)
    lines = np.full((len(values), len(trees.first_leaves)), ~trees.kept.dtype.type(0))
    for node in asking:
        yes = values <= trees.thresholds[node]
        if node in trees.members:
            yes = np.isin(values, trees.members[node])
        yes[-1] = trees.missing[node]
        lines[~yes, trees.owners[node]] &= trees.kept[node]
    return values, lines


def _bounds(thresholds: Scores, codes: list[Scores]) -> Scores:
    if not codes:
        return thresholds
    # Codes are whole numbers, and -1 may be that of an unknown one.
    return np.arange(-1.0, np.concatenate(codes).max(initial=-1.0) + 1.0)


def _members(nodes: Arrays) -> dict[int, Scores]:
    """Return the codes that are answered with yes, by the inner node that asks for membership."""
    codes = np.split(nodes["member_codes"].astype(np.float64), np.cumsum(nodes["member_counts"]))
    return dict(zip(nodes["asking"].tolist(), codes, strict=False))
