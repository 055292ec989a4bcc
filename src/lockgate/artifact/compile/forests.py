"""Decision trees and forests: the mean of trees grown on inputs rounded to float32."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from lockgate.artifact.compile.onnx_trees import Tree
from lockgate.artifact.compile.trees import compiled_trees
from lockgate.artifact.compile.unsupported import Unsupported
from lockgate.artifact.spec import Block, Compiled, Trees


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
        return _single(trees, 0, "identity", blocks)
    if model.n_classes_ == 2:
        return _single(trees, 1, "share", blocks)
    return _several(trees, blocks)


def _single(trees: list[Any], column: int, head: Any, blocks: tuple[Block, ...]) -> Compiled:
    flat = [flat_tree(tree, tree.value[:, 0, column]) for tree in trees]
    return compiled_trees(flat, blocks, head, Trees(divisor=float(len(trees)), float32=True))


def _several(trees: list[Any], blocks: tuple[Block, ...]) -> Compiled:
    """Compile trees of several classes: an ONNX leaf adds to one output, so it adds its number."""
    flat, shares, leaves = [], [], 0
    for target, tree in enumerate(trees):
        leaf = tree.children_left < 0
        flat.append(flat_tree(tree, np.cumsum(leaf) - 1.0 + leaves, target))
        shares.append(tree.value[leaf, 0])
        leaves += int(leaf.sum())
    body = Trees(divisor=float(len(trees)), float32=True, lookup=True)
    return compiled_trees(flat, blocks, "shares", body, np.concatenate(shares))
