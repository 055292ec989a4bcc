"""Decision trees and forests: the mean of trees grown on inputs rounded to float32."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from lockgate.artifact.compile.nodes import to_nodes
from lockgate.artifact.compile.onnx_trees import Tree, to_onnx
from lockgate.artifact.compile.unsupported import Unsupported
from lockgate.artifact.spec import Block, Compiled, FormSpec, Trees


def compile_forest(model: Any, blocks: tuple[Block, ...]) -> Compiled:
    """Compile a random forest or extra trees."""
    return _mean([estimator.tree_ for estimator in model.estimators_], model, blocks)


def compile_tree(model: Any, blocks: tuple[Block, ...]) -> Compiled:
    """Compile a single decision tree."""
    return _mean([model.tree_], model, blocks)


def flat_tree(tree: Any, values: Any, target: int = 0) -> Tree:
    """Return one of scikit-learn's low-level trees with `values` at its nodes."""
    return Tree(
        feature=tree.feature,
        threshold=tree.threshold,
        left=tree.children_left,
        right=tree.children_right,
        missing_left=tree.missing_go_to_left.astype(bool),
        value=values,
        cover=tree.weighted_n_node_samples,
        target=target,
    )


def _mean(trees: list[Any], model: Any, blocks: tuple[Block, ...]) -> Compiled:
    if model.n_outputs_ != 1:
        raise Unsupported("several targets")
    if not is_classifier(model):
        return _single(trees, 0, "identity", model, blocks)
    if model.n_classes_ == 2:
        return _single(trees, 1, "share", model, blocks)
    return _several(trees, model, blocks)


def _single(
    trees: list[Any], column: int, head: Any, model: Any, blocks: tuple[Block, ...]
) -> Compiled:
    flat = [flat_tree(tree, tree.value[:, 0, column]) for tree in trees]
    body = Trees(divisor=float(len(trees)), float32=True)
    arrays = to_onnx(flat, model.n_features_in_, 1)
    return Compiled(FormSpec(blocks=blocks, body=body, head=head), arrays, to_nodes(flat))


def _several(trees: list[Any], model: Any, blocks: tuple[Block, ...]) -> Compiled:
    """Compile trees of several classes: an ONNX leaf adds to one output, so it adds its number."""
    flat, shares, leaves = [], [], 0
    for target, tree in enumerate(trees):
        leaf = tree.children_left < 0
        flat.append(flat_tree(tree, np.cumsum(leaf) - 1.0 + leaves, target))
        shares.append(tree.value[leaf, 0])
        leaves += int(leaf.sum())
    body = Trees(divisor=float(len(trees)), float32=True, lookup=True)
    table = np.concatenate(shares)
    arrays = to_onnx(flat, model.n_features_in_, len(trees), table)
    spec = FormSpec(blocks=blocks, body=body, head="shares")
    return Compiled(spec, arrays, to_nodes(flat, table))
