"""Features to matrix at serving time, with the arithmetic of the fitted transformers."""

from collections.abc import Callable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from lockgate.artifact.spec import Block, Numbers, OneHot, Ordinal
from lockgate.features.plan import picker

Columns = dict[str, np.ndarray]
Matrix = NDArray[np.float64]
Fill = Callable[[Columns], Sequence[np.ndarray]]


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
    fills = [_filler(block) for block in blocks]
    width = sum(block.width for block in blocks)

    def encode(features: Columns) -> Matrix:
        # Joined in one step, because for one row each array costs as much as the next.
        parts = list(chain.from_iterable([fill(features) for fill in fills]))
        return np.ascontiguousarray(np.concatenate(parts).reshape(width, -1).T)

    return encode


def _filler(block: Block) -> Fill:
    """Return the function from features to matrix columns, one or several in each array."""
    if isinstance(block, Numbers):
        return _numbers(block)
    return _ordinal(block) if isinstance(block, Ordinal) else _onehot(block)


def _numbers(block: Numbers) -> Fill:
    read = picker(block.names)
    if block.fill is None and block.mean is None:
        return read
    count, flags = len(block.names), np.array(block.flags, dtype=np.intp)
    fill, mean, scale = (_upright(each) for each in (block.fill, block.mean, block.scale))

    def run(features: Columns) -> list[np.ndarray]:
        values = np.concatenate(read(features)).reshape(count, -1)
        if fill is not None:
            missing = np.isnan(values)
            values = np.concatenate([np.where(missing, fill, values), missing[flags]])
        if mean is not None and scale is not None:
            values = (values - mean) / scale
        return [values.ravel()]

    return run


def _upright(constants: tuple[float, ...] | None) -> Matrix | None:
    return None if constants is None else np.array(constants).reshape(-1, 1)


def _ordinal(block: Ordinal) -> Fill:
    codes = {level: _nan(code) for level, code in block.codes.items()}
    unknown = _nan(block.unknown)
    name = block.name

    def run(features: Columns) -> list[np.ndarray]:
        return [np.array([codes.get(level, unknown) for level in features[name].tolist()])]

    return run


def _onehot(block: OneHot) -> Fill:
    nowhere = -1
    positions = {level: nowhere if at is None else at for level, at in block.positions.items()}
    unknown = nowhere if block.unknown is None else block.unknown
    name, width = block.name, block.width

    def run(features: Columns) -> list[np.ndarray]:
        levels = features[name].tolist()
        at = np.array([positions.get(level, unknown) for level in levels], dtype=np.intp)
        columns = np.zeros((width, len(levels)))
        rows = np.flatnonzero(at != nowhere)
        columns[at[rows], rows] = 1.0
        return [columns.ravel()]

    return run


def _nan(code: float | None) -> float:
    return float("nan") if code is None else code
