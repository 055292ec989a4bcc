"""Decision trees and forests: the mean of trees grown on inputs rounded to float32."""

from typing import Any

from sklearn.base import is_classifier

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
        target=target,
    )


def _mean(trees: list[Any], model: Any, blocks: tuple[Block, ...]) -> Compiled:
    if model.n_outputs_ != 1:
        raise Unsupported("several targets")
    head, columns = _outputs(model)
    # An ONNX leaf adds to one output, so a tree with a share for each class is repeated.
    flat = [
        flat_tree(tree, tree.value[:, 0, column], target)
        for tree in trees
        for target, column in enumerate(columns)
    ]
    body = Trees(divisor=float(len(trees)), float32=True)
    arrays = to_onnx(flat, model.n_features_in_, len(columns))
    return Compiled(FormSpec(blocks=blocks, body=body, head=head), arrays)


def _outputs(model: Any) -> tuple[Any, list[int]]:
    if not is_classifier(model):
        return "identity", [0]
    if model.n_classes_ == 2:
        return "share", [1]
    return "shares", list(range(model.n_classes_))
