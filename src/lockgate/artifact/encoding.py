"""Features to matrix at serving time, with the arithmetic of the fitted transformers."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lockgate.artifact.spec import Block, Numbers, OneHot, Ordinal
from lockgate.features.inputs import Inputs

Matrix = NDArray[np.float64]
Fill = Callable[[Inputs, Matrix], None]


def encoder(blocks: tuple[Block, ...]) -> Callable[[Inputs], Matrix]:
    """Return the function that turns features into a matrix.

    Parameters
    ----------
    blocks : tuple of Block
        In the order of the matrix columns.

    Returns
    -------
    callable
        Features of n rows to a C-contiguous float64 matrix of shape (n, width). Each row
        depends on its own values only, so one row equals the same row in a batch.
    """
    ends = np.cumsum([block.width for block in blocks]).tolist()
    fills = [
        (_filler(block), slice(end - block.width, end))
        for block, end in zip(blocks, ends, strict=True)
    ]

    def encode(inputs: Inputs) -> Matrix:
        matrix = np.empty((inputs.rows, ends[-1]))
        for fill, part in fills:
            fill(inputs, matrix[:, part])
        return matrix

    return encode


def _filler(block: Block) -> Fill:
    """Return the function that writes the matrix columns of a block."""
    if isinstance(block, Numbers):
        return _numbers(block)
    return _ordinal(block) if isinstance(block, Ordinal) else _onehot(block)


def _numbers(block: Numbers) -> Fill:
    names, flags = block.names, np.array(block.flags, dtype=np.intp)
    fill, mean, scale = (_upright(each) for each in (block.fill, block.mean, block.scale))

    def run(inputs: Inputs, matrix: Matrix) -> None:
        values = inputs.pick(names)
        if fill is not None:
            missing = np.isnan(values)
            values = np.concatenate([np.where(missing, fill, values), missing[flags]])
        if mean is not None and scale is not None:
            values = (values - mean) / scale
        matrix[:] = values.T

    return run


def _upright(constants: tuple[float, ...] | None) -> Matrix | None:
    return None if constants is None else np.array(constants).reshape(-1, 1)


def _ordinal(block: Ordinal) -> Fill:
    codes = {level: _nan(code) for level, code in block.codes.items()}
    unknown = _nan(block.unknown)
    name = block.name

    def run(inputs: Inputs, matrix: Matrix) -> None:
        matrix[:, 0] = [codes.get(level, unknown) for level in inputs.texts[name].tolist()]

    return run


def _onehot(block: OneHot) -> Fill:
    nowhere = -1
    positions = {level: nowhere if at is None else at for level, at in block.positions.items()}
    unknown = nowhere if block.unknown is None else block.unknown
    name = block.name

    def run(inputs: Inputs, matrix: Matrix) -> None:
        levels = inputs.texts[name].tolist()
        at = np.array([positions.get(level, unknown) for level in levels], dtype=np.intp)
        rows = np.flatnonzero(at != nowhere)
        matrix[:] = 0.0
        matrix[rows, at[rows]] = 1.0

    return run


def _nan(code: float | None) -> float:
    return float("nan") if code is None else code
