"""Classic gradient boosting: a constant plus shrunken trees grown on float32 inputs."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.dummy import DummyClassifier, DummyRegressor

from lockgate.artifact.compile.forests import flat_tree
from lockgate.artifact.compile.onnx_trees import constant
from lockgate.artifact.compile.trees import compiled_trees
from lockgate.artifact.compile.unsupported import Unsupported
from lockgate.artifact.spec import Block, Compiled, Trees


def compile_boosting(model: Any, blocks: tuple[Block, ...]) -> Compiled:
    """Compile a GradientBoosting regressor or classifier (Friedman, 2001)."""
    first = _start(model)
    # exponential loss answers in half log odds
    factor = 2.0 if getattr(model, "loss", "") == "exponential" else 1.0
    trees = [constant(value * factor, target) for target, value in enumerate(first)]
    for stage in model.estimators_:
        for target, grown in enumerate(stage):
            steps = model.learning_rate * grown.tree_.value[:, 0, 0] * factor
            trees.append(flat_tree(grown.tree_, steps, target))
    body = Trees(divisor=1.0, float32=True)
    return compiled_trees(trees, blocks, _head(model, len(first)), body)


def _start(model: Any) -> list[float]:
    if not isinstance(model.init_, DummyRegressor | DummyClassifier | str):
        raise Unsupported("boosting that starts from another estimator")
    row = np.zeros((1, model.n_features_in_), dtype=np.float32)
    start: list[float] = np.ravel(model._raw_predict_init(row)).tolist()
    return start


def _head(model: Any, outputs: int) -> Any:
    if not is_classifier(model):
        return "identity"
    return "logistic" if outputs == 1 else "softmax"
