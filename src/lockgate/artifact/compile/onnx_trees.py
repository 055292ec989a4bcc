"""Trees of any origin in one shape, and that shape as an ONNX TreeEnsemble.

The operator is ``ai.onnx.ml.TreeEnsemble`` version 5 in float64
(https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LESS_OR_EQUAL, MEMBER = 0, 6
SUM = 1
IR_VERSION = 10


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
    target: int = 0
    members: dict[int, list[float]] = field(default_factory=dict)


def constant(value: float, target: int = 0) -> Tree:
    """Return a tree that adds the same to every row."""
    none = np.array([-1])
    zero = np.zeros(1)
    return Tree(none, zero, none, none, zero.astype(bool), np.array([value]), target)


def to_onnx(trees: Sequence[Tree], inputs: int, outputs: int) -> bytes:
    """Return the ONNX model that adds up `trees` in their order.

    Parameters
    ----------
    trees : sequence of Tree
        At least one.
    inputs, outputs : int
        Width of the matrix and number of sums.

    Returns
    -------
    bytes
        Serialised deterministically: equal trees give equal bytes.
    """
    tables = _Tables()
    for tree in trees:
        tables.add(_with_inner_root(tree))
    node = helper.make_node(
        "TreeEnsemble",
        ["features"],
        ["scores"],
        domain="ai.onnx.ml",
        n_targets=outputs,
        aggregate_function=SUM,
        **tables.attributes(),
    )
    graph = helper.make_graph(
        [node],
        "trees",
        [helper.make_tensor_value_info("features", TensorProto.DOUBLE, [None, inputs])],
        [helper.make_tensor_value_info("scores", TensorProto.DOUBLE, [None, outputs])],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", 5)], ir_version=IR_VERSION
    )
    return bytes(model.SerializeToString(deterministic=True))


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
        target=tree.target,
    )


class _Tables:
    """The operator's attributes: one table of inner nodes, one of leaves, for all trees."""

    def __init__(self) -> None:
        self._nodes: dict[str, list[Any]] = {
            name: []
            for name in (
                "featureids",
                "missing_value_tracks_true",
                "truenodeids",
                "trueleafs",
                "falsenodeids",
                "falseleafs",
            )
        }
        self._roots: list[int] = []
        self._modes: list[int] = []
        self._splits: list[float] = []
        self._members: list[float] = []
        self._weights: list[float] = []
        self._targets: list[int] = []

    def add(self, tree: Tree) -> None:
        """Append a tree; leaves and inner nodes are numbered apart."""
        leaf = tree.left < 0
        inner = np.flatnonzero(~leaf)
        number = np.where(
            leaf,
            np.cumsum(leaf) - 1 + len(self._weights),
            np.cumsum(~leaf) - 1 + len(self._modes),
        )
        self._roots.append(int(number[0]))
        self._extend("featureids", tree.feature[inner])
        self._extend("missing_value_tracks_true", tree.missing_left[inner])
        for side, children in (("true", tree.left[inner]), ("false", tree.right[inner])):
            self._extend(f"{side}nodeids", number[children])
            self._extend(f"{side}leafs", leaf[children])
        for node in inner.tolist():
            self._question(tree, node)
        self._weights.extend(tree.value[leaf].tolist())
        self._targets.extend([tree.target] * int(leaf.sum()))

    def _extend(self, name: str, values: np.ndarray) -> None:
        self._nodes[name].extend(values.astype(int).tolist())

    def _question(self, tree: Tree, node: int) -> None:
        members = tree.members.get(node)
        self._modes.append(MEMBER if members else LESS_OR_EQUAL)
        self._splits.append(float(tree.threshold[node]))
        if members:
            # NaN ends each node's list.
            self._members.extend([*members, float("nan")])

    def attributes(self) -> dict[str, Any]:
        """Return the operator's attributes."""
        named = {f"nodes_{name}": values for name, values in self._nodes.items()}
        if self._members:
            named["membership_values"] = _tensor(self._members, np.float64)
        return named | {
            "tree_roots": self._roots,
            "nodes_modes": _tensor(self._modes, np.uint8),
            "nodes_splits": _tensor(self._splits, np.float64),
            "leaf_weights": _tensor(self._weights, np.float64),
            "leaf_targetids": self._targets,
        }


def _tensor(values: list[Any], dtype: type[np.generic]) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, dtype=dtype))
