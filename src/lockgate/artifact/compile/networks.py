"""Linear models and multi-layer perceptrons as layers of weights."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from lockgate.artifact.archive import Arrays, to_npz
from lockgate.artifact.spec import Block, Compiled, FormSpec, Network

Layer = tuple[np.ndarray, np.ndarray]
LOG_LINKED = {"PoissonRegressor", "GammaRegressor"}


def compile_linear(model: Any, blocks: tuple[Block, ...]) -> Compiled:
    """Compile anything that predicts ``x @ coef_ + intercept_`` behind a known link."""
    weights, bias, head = linear_layer(model)
    return _compiled([(weights, bias)], "identity", head, blocks)


def linear_layer(model: Any) -> tuple[np.ndarray, np.ndarray, Any]:
    """Return the weights of a linear model, (outputs, inputs), its biases, and its head."""
    weights = np.atleast_2d(model.coef_).astype(np.float64)
    bias = np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64), len(weights)).copy()
    if is_classifier(model):
        head = "logistic" if len(model.classes_) == 2 else "softmax"
    else:
        head = "exp" if type(model).__name__ in LOG_LINKED else "identity"
    return weights, bias, head


def compile_perceptron(model: Any, blocks: tuple[Block, ...]) -> Compiled:
    """Compile a multi-layer perceptron."""
    layers = [
        (np.ascontiguousarray(weights.T, dtype=np.float64), bias.astype(np.float64))
        for weights, bias in zip(model.coefs_, model.intercepts_, strict=True)
    ]
    return _compiled(layers, model.activation, model.out_activation_, blocks)


def _compiled(
    layers: list[Layer], activation: Any, head: Any, blocks: tuple[Block, ...]
) -> Compiled:
    body = Network(layers=len(layers), activation=activation)
    arrays: Arrays = {}
    for number, (weights, bias) in enumerate(layers):
        arrays |= {f"weights_{number}": weights, f"bias_{number}": bias}
    return Compiled(FormSpec(blocks=blocks, body=body, head=head), to_npz(arrays))
