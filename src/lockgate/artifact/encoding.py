"""Features to matrix at serving time, with the arithmetic of the fitted transformers."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lockgate.artifact.spec import Block, Numbers, OneHot, Ordinal

Columns = dict[str, np.ndarray]
Matrix = NDArray[np.float64]
Fill = Callable[[Columns, Matrix], None]


def encoder(blocks: tuple[Block, ...]) -> Callable[[Columns], Matrix]:
    """Return the function that turns feature columns into a matrix.

    Parameters
    ----------
    blocks : tuple of Block
        In the order of the matrix columns.

    Returns
    -------
    callable
        Columns of n values each to a C-contiguous float64 matrix of shape (n, width). Each row
        depends on its own values only, so one row equals the same row in a batch.
    """
    stops = np.cumsum([block.width for block in blocks]).tolist()
    parts = [
        (_filler(block), slice(stop - block.width, stop))
        for block, stop in zip(blocks, stops, strict=True)
    ]
    first = _any_name(blocks[0])
    width = stops[-1]

    def encode(features: Columns) -> Matrix:
        matrix = np.zeros((len(features[first]), width))
        for fill, where in parts:
            fill(features, matrix[:, where])
        return matrix

    return encode


def _any_name(block: Block) -> str:
    return block.names[0] if isinstance(block, Numbers) else block.name


def _filler(block: Block) -> Fill:
    if isinstance(block, Numbers):
        return _numbers(block)
    return _ordinal(block) if isinstance(block, Ordinal) else _onehot(block)


def _numbers(block: Numbers) -> Fill:
    flags = np.array(block.flags, dtype=np.intp)
    fill = None if block.fill is None else np.array(block.fill)
    scaling = None
    if block.mean is not None and block.scale is not None:
        scaling = np.array(block.mean), np.array(block.scale)
    count = len(block.names)

    def run(features: Columns, out: Matrix) -> None:
        for position, name in enumerate(block.names):
            out[:, position] = features[name]
        if fill is not None:
            values = out[:, :count]
            missing = np.isnan(values)
            out[:, count:] = missing[:, flags]
            np.copyto(values, fill, where=missing)
        if scaling is not None:
            out -= scaling[0]
            out /= scaling[1]

    return run


def _ordinal(block: Ordinal) -> Fill:
    codes = {level: _nan(code) for level, code in block.codes.items()}
    unknown = _nan(block.unknown)
    name = block.name

    def run(features: Columns, out: Matrix) -> None:
        out[:, 0] = [codes.get(level, unknown) for level in features[name]]

    return run


def _onehot(block: OneHot) -> Fill:
    nowhere = -1
    positions = {level: nowhere if at is None else at for level, at in block.positions.items()}
    unknown = nowhere if block.unknown is None else block.unknown
    name = block.name

    def run(features: Columns, out: Matrix) -> None:
        at = np.array([positions.get(level, unknown) for level in features[name]], dtype=np.intp)
        rows = np.flatnonzero(at != nowhere)
        out[rows, at[rows]] = 1.0

    return run


def _nan(code: float | None) -> float:
    return float("nan") if code is None else code
