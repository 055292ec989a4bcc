"""Histogram gradient boosting: float64 trees, categories by membership, missing values routed."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from lockgate.artifact.compile.onnx_trees import Tree, constant
from lockgate.artifact.compile.trees import compiled_trees
from lockgate.artifact.compile.unsupported import Unsupported
from lockgate.artifact.spec import Block, Compiled, Ordinal, Trees

LOG_LINKED = {"poisson", "gamma"}


def compile_boosting(model: Any, blocks: tuple[Block, ...]) -> Compiled:
    """Compile a HistGradientBoosting regressor or classifier, native categories included."""
    start = np.ravel(model._baseline_prediction)
    known = _known_codes(model)
    trees = [constant(float(value), target) for target, value in enumerate(start)]
    for stage in model._predictors:
        for target, predictor in enumerate(stage):
            trees.append(_tree(predictor, known, target))
    body = Trees(divisor=1.0, float32=False)
    head = _head(model, len(start))
    return compiled_trees(trees, _reordered(blocks, model, known), head, body)


def _head(model: Any, outputs: int) -> Any:
    if not is_classifier(model):
        return "exp" if model.loss in LOG_LINKED else "identity"
    return "logistic" if outputs == 1 else "softmax"


def _known_codes(model: Any) -> list[frozenset[float]]:
    """Codes that each category column had in training; the category columns come first."""
    categories = 0 if model.is_categorical_ is None else int(model.is_categorical_.sum())
    return [frozenset(codes.tolist()) for codes in model._bin_mapper.bin_thresholds_[:categories]]


def _tree(predictor: Any, known: list[frozenset[float]], target: int) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    tree = Tree(
        feature=nodes["feature_idx"],
        threshold=nodes["num_threshold"].copy(),
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        value=nodes["value"],
        cover=nodes["count"],
        target=target,
    )
    for node in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf).tolist():
        codes = known[int(tree.feature[node])]
        left = codes & _members(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]])
        _ask_membership(tree, node, left, codes - left)
    return tree


def _members(bitset: np.ndarray) -> frozenset[float]:
    bits = np.unpackbits(bitset.view(np.uint8), bitorder="little")
    return frozenset(np.flatnonzero(bits).astype(float).tolist())


def _ask_membership(tree: Tree, node: int, left: frozenset[float], right: frozenset[float]) -> None:
    """Ask for the smaller set, swapping the children for it: each member costs a comparison."""
    if len(right) < len(left):
        left = right
        tree.left[node], tree.right[node] = tree.right[node], tree.left[node]
        tree.missing_left[node] = ~tree.missing_left[node]
    tree.members[node] = sorted(left)
    # An empty set has no list in ONNX; no code is negative, so all go right.
    tree.threshold[node] = -1.0


def _reordered(
    blocks: tuple[Block, ...], model: Any, known: list[frozenset[float]]
) -> tuple[Block, ...]:
    """Do what the estimator does first: category columns to the front, codes renumbered."""
    if model.is_categorical_ is None:
        return blocks
    flags = iter(model.is_categorical_.tolist())
    marked = [(block, {next(flags) for _ in range(block.width)}) for block in blocks]
    categories = [block for block, flag in marked if flag == {True}]
    numbers = [block for block, flag in marked if flag == {False}]
    if len(categories) + len(numbers) < len(blocks):
        raise Unsupported("a block half of categories")
    inner = model._preprocessor.named_transformers_["encoder"].categories_
    renumbered = [_renumbered(*each) for each in zip(categories, inner, known, strict=True)]
    return (*renumbered, *numbers)


def _renumbered(block: Block, inner: np.ndarray, known: frozenset[float]) -> Ordinal:
    if not isinstance(block, Ordinal):
        raise Unsupported("categories that are not ordinal codes")
    places = {code: float(place) for place, code in enumerate(inner.tolist())}

    def code(outer: float | None) -> float | None:
        place = None if outer is None else places.get(outer)
        return place if place in known else None

    return Ordinal(
        name=block.name,
        codes={level: code(outer) for level, outer in block.codes.items()},
        unknown=code(block.unknown),
    )
