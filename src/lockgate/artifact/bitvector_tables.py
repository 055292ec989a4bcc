"""From the stored nodes of small trees to the tables that `lockgate.artifact.bitvectors` reads."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockgate.artifact.archive import Arrays

Bits = NDArray[Any]
Places = NDArray[np.intp]
Scores = NDArray[np.float64]
WORDS: dict[int, type[np.unsignedinteger[Any]]] = {16: np.uint16, 32: np.uint32, 64: np.uint64}


@dataclass(frozen=True)
class Table:
    """What the questions about one matrix column leave of all trees.

    Attributes
    ----------
    column : int
    points : ndarray of float, ascending
        A value has the line whose number is how many points are below it; NaN has the last one.
    lines : ndarray of unsigned int, shape (points + 2, trees)
        A bit for each leaf that is left.
    """

    column: int
    points: Scores
    lines: Bits

    def lines_of(self, values: Scores) -> Places:
        """Return the line of each value."""
        lines = np.searchsorted(self.points, values)
        lines[np.isnan(values)] = len(self.points) + 1
        return lines


class Trees:
    """Where the nodes of trees lie among all leaves.

    Parameters
    ----------
    nodes : Arrays
        As `lockgate.artifact.compile.nodes.to_nodes` writes them, left before right.

    Attributes
    ----------
    first_leaves : ndarray of int, shape (trees,)
        The number of each tree's first leaf.
    owners : ndarray of int, shape (inner nodes,)
        The tree that a node is of.
    kept : ndarray of unsigned int, shape (inner nodes,)
        The leaves of its tree that a node leaves to a row which answers no.
    """

    def __init__(self, nodes: Arrays) -> None:
        self._nodes = nodes
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


def tables_of(nodes: Arrays, trees: Trees) -> list[Table]:
    """Return a table for each matrix column that any question is about."""
    columns, members = nodes["feature"], _members(nodes)
    tables = []
    for column in np.unique(columns).tolist():
        asking = np.flatnonzero(columns == column)
        codes = {place: members[n] for place, n in enumerate(asking.tolist()) if n in members}
        thresholds = nodes["threshold"][asking].astype(np.float64)
        points = _points(thresholds, codes)
        # The greatest value of each line stands for it: all get the same answers.
        yes = _answers(np.append(points, [np.inf, np.nan]), thresholds, codes)
        yes[-1] = nodes["missing_left"][asking]
        lines = np.full((len(yes), len(trees.first_leaves)), ~trees.kept.dtype.type(0))
        line, place = np.nonzero(~yes)
        node = asking[place]
        np.bitwise_and.at(lines, (line, trees.owners[node]), trees.kept[node])
        tables.append(Table(column, points, lines))
    return tables


def _members(nodes: Arrays) -> dict[int, Scores]:
    """Return the codes that are answered with yes, by the inner node that asks for membership."""
    codes = np.split(nodes["member_codes"].astype(np.float64), np.cumsum(nodes["member_counts"]))
    return dict(zip(nodes["asking"].tolist(), codes, strict=False))


def _points(thresholds: Scores, codes: dict[int, Scores]) -> Scores:
    if not codes:
        return np.unique(thresholds)
    # Codes are whole numbers, and -1 may be that of an unknown one.
    highest = max(each.max(initial=-1.0) for each in codes.values())
    return np.arange(-1.0, highest + 1.0)


def _answers(values: Scores, thresholds: Scores, codes: dict[int, Scores]) -> NDArray[np.bool_]:
    """Return what each question says of each value, shape (values, questions)."""
    yes = values[:, None] <= thresholds
    for place, members in codes.items():
        yes[:, place] = np.isin(values, members)
    return yes
