"""A served form's raw scores as a base and what each feature adds."""

from collections.abc import Callable, Sequence

import numpy as np

from lockgate.artifact.archive import Arrays
from lockgate.artifact.encoding import encoder
from lockgate.artifact.explanation.planting import groves, nodes_of, questions_of
from lockgate.artifact.explanation.sums import Array, Sums
from lockgate.artifact.explanation.trees import Places
from lockgate.artifact.runtime import ACTIVATIONS, held
from lockgate.artifact.spec import Block, FormSpec, Network, Numbers, Trees
from lockgate.features.inputs import Features, inputs_of

Explain = Callable[[Features], list[Sums]]
Body = Callable[[Array], Sums]


def explain_form(spec: FormSpec, arrays: Arrays, names: Sequence[str]) -> Explain:
    """Return the function that explains a form's raw scores.

    Parameters
    ----------
    spec : FormSpec
        The form as data.
    arrays : Arrays
        Of trees what `lockgate.artifact.compile.nodes` wrote; of a network its layers, and the
        ``mean`` of the training rows' matrix.
    names : sequence of str
        The features, in the order of the answer.

    Returns
    -------
    callable
        Features of n rows to n `Sums`, row by row, so that a row is explained as among others.
    """
    encode, owners = encoder(spec.blocks), owners_of(spec.blocks, names)
    if isinstance(spec.body, Trees):
        body = trees_body(spec.body, arrays, owners, len(names))
    else:
        body = network_body(spec.body, arrays, owners, len(names))

    def run(features: Features) -> list[Sums]:
        return [body(row) for row in encode(inputs_of(features))]

    return run


def owners_of(blocks: Sequence[Block], names: Sequence[str]) -> Places:
    """Return which feature each matrix column belongs to: codes, classes and flags to their own."""
    places = {name: place for place, name in enumerate(names)}
    return np.array([places[name] for each in blocks for name in _columns(each)], dtype=np.intp)


def _columns(block: Block) -> list[str]:
    if not isinstance(block, Numbers):
        return [block.name] * block.width
    names = [*block.names, *(block.names[place] for place in block.flags)]
    widths = [1] * len(names) if block.knots is None else map(len, block.knots)
    return [name for name, width in zip(names, widths, strict=True) for _ in range(width)]


def trees_body(spec: Trees, arrays: Arrays, owners: Places, features: int) -> Body:
    """Return what explains rows of the matrix by trees: exact Shapley values."""
    nodes, questions = nodes_of(arrays, owners), questions_of(arrays)
    targets = int(nodes.targets.max()) + 1
    planted = list(groves(nodes, features, targets))
    base = np.sum([expected for _, expected in planted], axis=0) / spec.divisor

    def run(row: Array) -> Sums:
        if spec.float32:
            row = row.astype(np.float32).astype(np.float64)
        left = questions.left(row)
        added = np.zeros(features * len(base))
        for grove, _ in planted:
            added += grove.added(left, features * targets)
        added = added.reshape(features, len(base)) / spec.divisor
        return Sums(base, base + added.sum(axis=0), added)

    return run


def network_body(spec: Network, arrays: Arrays, owners: Places, features: int) -> Body:
    """Explain by DeepLIFT: each layer is linear, each activation a function of one number."""
    layers = [(arrays[f"weights_{i}"].T, arrays[f"bias_{i}"]) for i in range(spec.layers)]
    grouped = np.zeros((features, len(owners)))
    mean, activate = arrays["mean"], ACTIVATIONS[spec.activation]

    def run(row: Array) -> Sums:
        row = held(row)
        added = grouped.copy()
        added[owners, np.arange(len(owners))] = row - mean
        parts = Sums(mean, row, added)
        for weights, bias in layers[:-1]:
            parts = parts.linear(weights).plus(bias).through(activate)
        weights, bias = layers[-1]
        return parts.linear(weights).plus(bias)

    return run
