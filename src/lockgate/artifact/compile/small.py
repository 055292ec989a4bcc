"""Trees that are small enough to be looked up: see `lockgate.artifact.bitvectors`."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lockgate.artifact.bitvector_lines import WORDS
from lockgate.artifact.compile.onnx_trees import Tree

MOST_LEAVES = max(WORDS)
# Bytes of all lines.
LARGEST = 16_777_216
# A walk is longer where there are more trees and where they are deeper, and lines where there are
# more columns: measured on boosted trees and forests of 4 to 80 columns.
STEPS_FOR_A_COLUMN = 10
COLUMNS_FOR_A_STEP = 20


def small(trees: Sequence[Tree]) -> bool:
    """Tell whether a large batch is looked up sooner than onnxruntime walks `trees`."""
    if max(int((tree.left < 0).sum()) for tree in trees) > MOST_LEAVES:
        return False
    lines = _lines(trees)
    steps = sum(_steps(tree) for tree in trees)
    return (
        steps > STEPS_FOR_A_COLUMN * len(lines)
        and steps * COLUMNS_FOR_A_STEP > len(trees) * len(lines)
        and _size(sum(lines.values()), trees) <= LARGEST
    )


def _steps(tree: Tree) -> float:
    """Return how many questions a training row was asked on average."""
    inner = tree.left >= 0
    return float(tree.cover[inner].sum() / tree.cover[0])


def _lines(trees: Sequence[Tree]) -> dict[int, int]:
    """Return about how many lines the table of each column has."""
    columns = np.concatenate([tree.feature[tree.left >= 0] for tree in trees])
    points = np.concatenate([tree.threshold[tree.left >= 0] for tree in trees])
    lines = {c: len(np.unique(points[columns == c])) + 2 for c in np.unique(columns).tolist()}
    for tree in trees:
        for node, codes in tree.members.items():
            column = int(tree.feature[node])
            lines[column] = max(lines[column], int(max(codes, default=0.0)) + 4)
    return lines


def _size(lines: int, trees: Sequence[Tree]) -> int:
    leaves = max(int((tree.left < 0).sum()) for tree in trees)
    return lines * len(trees) * next(width for width in WORDS if width >= leaves) // 8


def ordered(trees: Sequence[Tree]) -> list[Tree]:
    """Return the same trees by their outputs, with the nodes of each in preorder."""
    return [_preorder(tree) for tree in sorted(trees, key=lambda tree: tree.target)]


def _preorder(tree: Tree) -> Tree:
    left, right = tree.left.tolist(), tree.right.tolist()
    order, ahead = [], [0]
    while ahead:
        node = ahead.pop()
        order.append(node)
        if left[node] >= 0:
            ahead += right[node], left[node]
    place = np.empty(len(left) + 1, dtype=np.intp)
    place[order] = np.arange(len(order))
    # Of a leaf, whose children are negative.
    place[-1] = -1
    return replace(
        tree,
        left=place[np.maximum(tree.left, -1)[order]],
        right=place[np.maximum(tree.right, -1)[order]],
        members={int(place[node]): codes for node, codes in tree.members.items()},
        **{
            name: getattr(tree, name)[order]
            for name in ("feature", "threshold", "missing_left", "value", "cover")
        },
    )
