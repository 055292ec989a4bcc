"""LightGBM: the trees of a booster's own text, which says each number in full."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from lockgate.artifact.compile.onnx_trees import Tree, constant
from lockgate.artifact.compile.trees import compiled_trees
from lockgate.artifact.compile.unsupported import Unsupported
from lockgate.artifact.spec import Block, Compiled, Ordinal, Trees

Texts = dict[str, str]
REGRESSION_HEADS = {
    **dict.fromkeys(
        ("regression", "regression_l1", "huber", "fair", "quantile", "mape"), "identity"
    ),
    **dict.fromkeys(("poisson", "gamma", "tweedie"), "exp"),
}
CLASS_HEADS = {"binary": "logistic", "multiclass": "softmax"}
# Bits of a node's decision_type.
CATEGORY, LEFT = 1, 2
NO_MISSING, NAN_MISSING = 0, 2


def compile_boosting(model: Any, blocks: tuple[Block, ...]) -> Compiled:
    """Compile an LGBMRegressor or LGBMClassifier, up to the iteration that was best."""
    header, *grown = _sections(model.booster_.model_to_string())
    outputs = int(header["num_tree_per_iteration"])
    head, factor = _head(header.get("objective", "custom").split(), is_classifier(model))
    codes = _code_columns(blocks)
    trees = [_tree(texts, place % outputs, factor, codes) for place, texts in enumerate(grown)]
    trees = trees or [constant(0.0, target) for target in range(outputs)]
    divisor = len(trees) / outputs if "average_output" in header else 1.0
    return compiled_trees(trees, blocks, head, Trees(divisor=divisor, float32=False))


def _sections(text: str) -> Iterator[Texts]:
    """Yield the keys of the header, then those of each tree."""
    for section in text.partition("\nend of trees")[0].split("\nTree="):
        pairs = (line.partition("=") for line in section.splitlines())
        yield {key: value for key, _, value in pairs}


def _head(objective: Sequence[str], classifier: bool) -> tuple[Any, float]:
    """Return what becomes of raw scores, and what they are multiplied by before."""
    name, *options = objective
    heads = CLASS_HEADS if classifier else REGRESSION_HEADS
    if name not in heads or "sqrt" in options:
        raise Unsupported(f"the objective {' '.join(objective)}")
    steepness = dict(option.partition(":")[::2] for option in options).get("sigmoid", "1")
    return heads[name], float(steepness)


def _code_columns(blocks: tuple[Block, ...]) -> list[bool]:
    """Tell of each matrix column whether it holds whole codes."""
    return [isinstance(block, Ordinal) for block in blocks for _ in range(block.width)]


def _tree(texts: Texts, target: int, factor: float, codes: list[bool]) -> Tree:
    values = _numbers(texts, "leaf_value") * factor
    if texts["num_leaves"] == "1":
        return constant(float(values[0]), target)
    if texts.get("is_linear", "0") != "0":
        raise Unsupported("linear models in the leaves")
    kinds, feature = _integers(texts, "decision_type"), _integers(texts, "split_feature")
    threshold = _numbers(texts, "threshold")
    tree = Tree(
        feature=_with_leaves(feature, -1, values),
        threshold=_with_leaves(threshold, 0.0, values),
        left=_children(texts, "left_child", values),
        right=_children(texts, "right_child", values),
        missing_left=_with_leaves(_missing_left(kinds, threshold), False, values),
        value=np.concatenate([np.zeros(len(kinds)), values]),
        cover=np.concatenate([_numbers(texts, key) for key in ("internal_count", "leaf_count")]),
        target=target,
    )
    for node in np.flatnonzero(kinds & CATEGORY).tolist():
        if not codes[feature[node]]:
            raise Unsupported("a number as a category")
        tree.members[node] = _members(texts, int(threshold[node]))
    return tree


def _missing_left(kinds: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """Tell where NaN goes: as it did in training, or as 0 where training had none."""
    categories = (kinds & CATEGORY).astype(bool)
    missing = (kinds >> 2) & 3
    if not np.isin(missing[~categories], (NO_MISSING, NAN_MISSING)).all():
        raise Unsupported("zero as a missing value")
    left = np.where(missing == NAN_MISSING, (kinds & LEFT).astype(bool), threshold >= 0.0)
    return np.asarray(left & ~categories)


def _members(texts: Texts, place: int) -> list[float]:
    """Return the codes that go left; they are kept as a set of bits."""
    start, stop = _integers(texts, "cat_boundaries")[place : place + 2]
    words = _integers(texts, "cat_threshold")[start:stop].astype("<u4")
    bits = np.unpackbits(words.view(np.uint8), bitorder="little")
    return [float(code) for code in np.flatnonzero(bits)]


def _children(texts: Texts, side: str, leaves: np.ndarray) -> np.ndarray:
    """Return the children; leaves, which LightGBM counts as -1, -2, come after the inner nodes."""
    children = _integers(texts, side)
    return _with_leaves(np.where(children < 0, len(children) + ~children, children), -1, leaves)


def _with_leaves(inner: np.ndarray, value: Any, leaves: np.ndarray) -> np.ndarray:
    return np.concatenate([inner, np.full(len(leaves), value)])


def _numbers(texts: Texts, key: str) -> np.ndarray:
    return np.array([float(word) for word in texts[key].split()])


def _integers(texts: Texts, key: str) -> np.ndarray:
    return np.array([int(word) for word in texts[key].split()])
