"""Trees of any origin in one shape, and that shape as an ONNX TreeEnsemble.

The operator is ``ai.onnx.ml.TreeEnsemble`` version 5 in float64
(https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import DTypeLike
from onnx import TensorProto, helper, numpy_helper

LESS_OR_EQUAL, MEMBER = 0, 6
SUM = 1
IR_VERSION = 10
# Nodes of trees in one part of a model.
LARGEST = 250_000


@dataclass(frozen=True)
class Tree:
    """One tree as arrays with an entry for each node; node 0 is the root.

    Attributes
    ----------
    feature : ndarray of int
        Matrix column that an inner node looks at.
    threshold : ndarray of float
        A value that is not above it goes left.
    left, right : ndarray of int
        Children; both negative at a leaf.
    missing_left : ndarray of bool
        Where NaN goes.
    value : ndarray of float
        What a leaf adds.
    cover : ndarray of float
        How many training rows, by weight, reached the node.
    members : dict of int to list of float
        For inner nodes that test a category: the codes that go left, instead of a threshold.
    target : int
        Which output the tree adds to.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray
    cover: np.ndarray
    target: int = 0
    members: dict[int, list[float]] = field(default_factory=dict)


def constant(value: float, target: int = 0) -> Tree:
    """Return a tree that adds the same to every row."""
    none = np.array([-1])
    zero = np.zeros(1)
    return Tree(none, zero, none, none, zero.astype(bool), np.array([value]), zero + 1.0, target)


def to_onnx(
    trees: Sequence[Tree], inputs: int, outputs: int, leaves: np.ndarray | None = None
) -> bytes:
    """Return the ONNX model that adds up `trees` in their order.

    Parameters
    ----------
    trees : sequence of Tree
        At least one.
    inputs, outputs : int
        Width of the matrix and number of sums.
    leaves : ndarray of float, optional
        A second output, the same for any input: a table to look up what the first one means.

    Returns
    -------
    bytes
        Serialised deterministically: equal trees give equal bytes.
    """
    parts = _parts(trees)
    names = ["scores"] if len(parts) == 1 else [f"part_{number}" for number in range(len(parts))]
    nodes = [_ensemble(part, name, outputs) for part, name in zip(parts, names, strict=True)]
    if len(parts) > 1:
        nodes.append(helper.make_node("Sum", names, ["scores"]))
    found = [helper.make_tensor_value_info("scores", TensorProto.DOUBLE, [None, outputs])]
    if leaves is not None:
        nodes.append(
            helper.make_node("Constant", [], ["leaves"], value=_tensor(leaves, np.float64))
        )
        found.append(helper.make_tensor_value_info("leaves", TensorProto.DOUBLE, leaves.shape))
    asked = helper.make_tensor_value_info("features", TensorProto.DOUBLE, [None, inputs])
    model = helper.make_model(
        helper.make_graph(nodes, "trees", [asked], found),
        opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 5)],
        ir_version=IR_VERSION,
    )
    return bytes(model.SerializeToString(deterministic=True))


def _parts(trees: Sequence[Tree]) -> list[list[Tree]]:
    """Divide a large forest: a batch goes through part after part, and each fits a cache."""
    parts: list[list[Tree]] = []
    size = LARGEST
    for tree in trees:
        if size + len(tree.left) > LARGEST:
            parts.append([])
            size = 0
        parts[-1].append(tree)
        size += len(tree.left)
    return parts


def _ensemble(trees: Sequence[Tree], name: str, outputs: int) -> onnx.NodeProto:
    tables = _Tables()
    for tree in trees:
        tables.add(_with_inner_root(tree))
    return helper.make_node(
        "TreeEnsemble",
        ["features"],
        [name],
        domain="ai.onnx.ml",
        n_targets=outputs,
        aggregate_function=SUM,
        **tables.attributes(),
    )


def _with_inner_root(tree: Tree) -> Tree:
    """Put a question with one answer above a lone leaf, which cannot be a root."""
    if tree.left[0] >= 0:
        return tree
    return Tree(
        feature=np.array([0, -1]),
        threshold=np.zeros(2),
        left=np.array([1, -1]),
        right=np.array([1, -1]),
        missing_left=np.zeros(2, dtype=bool),
        value=np.repeat(tree.value[:1], 2),
        cover=np.repeat(tree.cover[:1], 2),
        target=tree.target,
    )


class _Tables:
    """The operator's attributes: one table of inner nodes, one of leaves, for all trees."""

    def __init__(self) -> None:
        self._columns: defaultdict[str, list[np.ndarray]] = defaultdict(list)
        self._members: list[float] = []
        self._inner = self._leaves = 0

    def add(self, tree: Tree) -> None:
        """Append a tree; leaves and inner nodes are numbered apart."""
        leaf = tree.left < 0
        inner = ~leaf
        number = np.where(
            leaf, np.cumsum(leaf) - 1 + self._leaves, np.cumsum(inner) - 1 + self._inner
        )
        self._append("tree_roots", number[:1])
        self._append("nodes_featureids", tree.feature[inner])
        self._append("nodes_splits", tree.threshold[inner])
        self._append("nodes_missing_value_tracks_true", tree.missing_left[inner])
        for side, children in (("true", tree.left[inner]), ("false", tree.right[inner])):
            self._append(f"nodes_{side}nodeids", number[children])
            self._append(f"nodes_{side}leafs", leaf[children])
        self._append("leaf_weights", tree.value[leaf])
        self._append("leaf_targetids", np.full(leaf.sum(), tree.target))
        self._append("nodes_modes", self._modes(tree)[inner])
        self._inner += int(inner.sum())
        self._leaves += int(leaf.sum())

    def _append(self, name: str, values: np.ndarray) -> None:
        self._columns[name].append(values)

    def _modes(self, tree: Tree) -> np.ndarray:
        modes = np.full(len(tree.left), LESS_OR_EQUAL)
        for node, members in sorted(tree.members.items()):
            if members:
                modes[node] = MEMBER
                # NaN ends each node's list.
                self._members.extend([*members, float("nan")])
        return modes

    def attributes(self) -> dict[str, Any]:
        """Return the operator's attributes."""
        tensors: dict[str, DTypeLike] = {
            "nodes_modes": np.uint8,
            "nodes_splits": np.float64,
            "leaf_weights": np.float64,
        }
        joined = {name: np.concatenate(parts) for name, parts in self._columns.items()}
        attributes = {
            name: _tensor(values, tensors[name])
            if name in tensors
            else values.astype(np.int64).tolist()
            for name, values in joined.items()
        }
        if self._members:
            attributes["membership_values"] = _tensor(np.array(self._members), np.float64)
        return attributes


def _tensor(values: np.ndarray, dtype: DTypeLike) -> onnx.TensorProto:
    return numpy_helper.from_array(values.astype(dtype))
