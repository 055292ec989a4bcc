"""Runs a served form: numpy, and onnxruntime for large trees; no scikit-learn, no pandas."""

import io
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockgate.artifact.archive import from_npz
from lockgate.artifact.bitvectors import FEW, Bitvectors
from lockgate.artifact.encoding import Matrix, encoder, row_encoder
from lockgate.artifact.spec import Block, FormSpec, Network, Trees
from lockgate.features.inputs import Alone, Features, inputs_of

Scores = NDArray[np.float64]
Form = Callable[[Features], Scores]
Blocks = tuple[Block, ...]
Bound = tuple[Matrix, Scores, Callable[[], None]]
CHUNK = 4096
# Far beyond any standardized number of a training row, and small enough to be multiplied and added.
LARGEST_INPUT = 1e100


def build(spec: FormSpec, arrays: bytes) -> Form:
    """Return the function that a served form describes.

    Parameters
    ----------
    spec : FormSpec
        The form as data.
    arrays : bytes
        An ONNX model for larger trees, an ``.npz`` for small ones and for a network. Verify them
        before.

    Returns
    -------
    callable
        Features of n rows to numbers of shape (n,) or probabilities of shape
        (n, classes). A row's answer does not depend on the other rows.
    """
    score = scorer(spec, arrays)
    return form_over([spec.blocks], lambda matrices: score(matrices[0]))


def form_over(encodings: Sequence[Blocks], score: Callable[[list[Matrix]], Scores]) -> Form:
    """Return the form that scores features in one encoding or in several side by side."""
    encoders = [encoder(blocks) for blocks in encodings]
    row_encoders = [row_encoder(blocks) for blocks in encodings]

    def run(features: Features) -> Scores:
        if isinstance(features, Alone):
            return score([np.array([encode(features)]) for encode in row_encoders])
        inputs = inputs_of(features)
        if inputs.rows <= CHUNK:
            return score([encode(inputs) for encode in encoders])
        # Wide one-hot matrices stay small: memory does not grow with the batch.
        pieces = (inputs.part(slice(at, at + CHUNK)) for at in range(0, inputs.rows, CHUNK))
        return np.concatenate([score([encode(piece) for encode in encoders]) for piece in pieces])

    return run


def scorer(spec: FormSpec, arrays: bytes) -> Callable[[Matrix], Scores]:
    """Return what a served form does with its matrix; arguments as of `build`."""
    head = HEADS[spec.head]
    body = (
        _trees(spec.body, arrays) if isinstance(spec.body, Trees) else _network(spec.body, arrays)
    )
    return lambda matrix: head(body(matrix))


def _trees(spec: Trees, arrays: bytes) -> Callable[[Matrix], Scores]:
    looked_up = spec.scored_by == "bitvectors"
    add = Bitvectors(from_npz(arrays)) if looked_up else _walked(arrays, spec.lookup)

    def run(matrix: Matrix) -> Scores:
        if spec.float32:
            matrix = matrix.astype(np.float32).astype(np.float64)
        sums = add(matrix)
        return sums if spec.divisor == 1.0 else np.asarray(sums / spec.divisor)

    return run


def _walked(model: bytes, lookup: bool) -> Callable[[Matrix], Scores]:
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    buffers = _Buffers(session)
    if not lookup:
        return buffers.run
    leaves = _leaves(session)
    return lambda matrix: _looked_up(buffers.run(matrix), leaves)


def _leaves(session: Any) -> Scores:
    """Return the table of what leaves say, of shape (classes, leaves)."""
    nothing = np.zeros((1, session.get_inputs()[0].shape[1]))
    return np.ascontiguousarray(session.run(["leaves"], {"features": nothing})[0].T)


def _looked_up(numbers: Scores, leaves: Scores) -> Scores:
    """Add up what the leaves say: from (rows, trees) leaf numbers to (rows, classes)."""
    places = numbers.astype(np.intp)
    # A running sum adds the trees in the same order for one row as for a million.
    return np.stack([np.cumsum(each[places], axis=1)[:, -1] for each in leaves], axis=1)


class _Buffers(threading.local):
    """Input and output that stay bound to a session: for each thread, a pair for each few rows.

    Row after row, this is a fifth faster than ``session.run``. Of larger batches only the last
    pair is kept.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        self._widths = session.get_inputs()[0].shape[1], session.get_outputs()[0].shape[1]
        self._bound: dict[int, Bound] = {}

    def run(self, matrix: Matrix) -> Scores:
        # Read at once, because what belongs to a thread takes long to look up.
        rows, bound = len(matrix), self._bound
        if rows not in bound:
            for large in [each for each in bound if each > FEW]:
                del bound[large]
            bound[rows] = self._bind(rows)
        asked, answered, run = bound[rows]
        asked[:] = matrix
        run()
        return answered.copy()

    def _bind(self, rows: int) -> Bound:
        asked, answered = (np.empty((rows, width)) for width in self._widths)
        binding = self._session.io_binding()
        for bind, name, array in (
            (binding.bind_input, "features", asked),
            (binding.bind_output, "scores", answered),
        ):
            bind(name, "cpu", 0, np.float64, array.shape, array.ctypes.data)
        return asked, answered, partial(self._session.run_with_iobinding, binding)


def _network(spec: Network, archive: bytes) -> Callable[[Matrix], Scores]:
    with np.load(io.BytesIO(archive), allow_pickle=False) as arrays:
        layers: list[tuple[Matrix, Matrix]] = [
            (arrays[f"weights_{i}"], arrays[f"bias_{i}"]) for i in range(spec.layers)
        ]
    activate = ACTIVATIONS[spec.activation]

    def run(matrix: Matrix) -> Scores:
        matrix = held(matrix)
        for weights, bias in layers[:-1]:
            matrix = activate(product(matrix, weights) + bias)
        weights, bias = layers[-1]
        return product(matrix, weights) + bias

    return run


def held(matrix: Matrix) -> Matrix:
    """Return what a network is given: numbers, the largest of which can be multiplied."""
    return np.minimum(np.maximum(matrix, -LARGEST_INPUT), LARGEST_INPUT)


def product(matrix: Matrix, weights: Matrix) -> Matrix:
    """Return ``matrix @ weights.T``, each row of it as if it stood alone.

    BLAS adds in an order that depends on the number of rows, and then one row differs in the
    last digits from the same row in a batch.
    """
    return np.asarray(np.einsum("ij,kj->ik", matrix, weights))


def expit(scores: Scores) -> Scores:
    """Return ``1 / (1 + exp(-x))`` element by element, without overflow."""
    small = np.exp(-np.abs(scores))
    return np.asarray(np.where(scores >= 0, 1.0, small) / (1.0 + small))


def softmax(scores: Scores) -> Scores:
    """Return the softmax of each row of a matrix of shape (n, classes)."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _two_classes(second: Scores) -> Scores:
    return np.concatenate([1.0 - second, second], axis=1)


ACTIVATIONS: dict[str, Callable[[Matrix], Matrix]] = {
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0.0),
    "tanh": np.tanh,
    "logistic": expit,
}
HEADS: dict[str, Callable[[Scores], Scores]] = {
    "identity": lambda raw: raw[:, 0],
    "exp": lambda raw: np.exp(np.ascontiguousarray(raw[:, 0])),
    "logistic": lambda raw: _two_classes(expit(raw)),
    "softmax": softmax,
    "share": _two_classes,
    "shares": lambda raw: raw,
}
