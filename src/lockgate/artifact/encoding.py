"""Features to matrix at serving time, with the arithmetic of the fitted transformers."""

from base64 import b64decode
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import repeat
from math import isnan

import numpy as np
from numpy.typing import NDArray

from lockgate.artifact.spec import Block, Cycle, Means, Numbers, OneHot, Ordinal, Text
from lockgate.features.inputs import Alone, Inputs
from lockgate.learning.hats import hats, hats_of
from lockgate.learning.texts import Directions, embedder

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
    fills, width = [], 0
    for block in blocks:
        fills.append(_filler(block, width))
        width += block.width

    def encode(inputs: Inputs) -> Matrix:
        matrix = np.empty((inputs.rows, width))
        for fill in fills:
            fill(inputs, matrix)
        return matrix

    return encode


def row_encoder(blocks: tuple[Block, ...]) -> Callable[[Alone], list[float]]:
    """Return the function that turns the features of one row into what `encoder` makes of them."""
    makers = [_cells(block) for block in blocks]

    def encode(row: Alone) -> list[float]:
        cells: list[float] = []
        for make in makers:
            cells += make(row)
        return cells

    return encode


def _cells(block: Block) -> Callable[[Alone], Sequence[float]]:
    match block:
        case Numbers():
            return _number_cells(block)
        case Ordinal():
            return _ordinal_cells(block)
        case Means():
            return _means_cells(block)
        case Cycle():
            return _cycle_cells(block)
        case Text():
            return _text_cells(block)
        case OneHot():
            return _onehot_cells(block)


def _number_cells(block: Numbers) -> Callable[[Alone], list[float]]:
    names, fill, flags, mean, scale = block.names, block.fill, block.flags, block.mean, block.scale
    knots = block.knots

    def cells(row: Alone) -> list[float]:
        values = row.pick(names)
        if fill is not None:
            missing = [isnan(each) for each in values]
            values = [f if gone else v for v, f, gone in zip(values, fill, missing, strict=True)]
            values += [float(missing[at]) for at in flags]
        if mean is not None and scale is not None:
            values = [(v - m) / s for v, m, s in zip(values, mean, scale, strict=True)]
        if knots is not None:
            values = [each for pair in zip(values, knots, strict=True) for each in hats_of(*pair)]
        return values

    return cells


def _ordinal_cells(block: Ordinal) -> Callable[[Alone], list[float]]:
    codes, unknown, name = _codes(block), _nan(block.unknown), block.name
    return lambda row: [codes.get(row.texts[name], unknown)]


def _onehot_cells(block: OneHot) -> Callable[[Alone], list[float]]:
    name, width = block.name, block.width

    def cells(row: Alone) -> list[float]:
        at = block.positions.get(row.texts[name], block.unknown)
        return [float(place == at) for place in range(width)]

    return cells


def _means_cells(block: Means) -> Callable[[Alone], Sequence[float]]:
    name, levels, unknown = block.name, block.levels, block.unknown
    return lambda row: levels.get(row.texts[name], unknown)


def _cycle_cells(block: Cycle) -> Callable[[Alone], list[float]]:
    names, values, gap = (block.name,), block.values, block.gap

    def cells(row: Alone) -> list[float]:
        (value,) = row.pick(names)
        found = [float(value == each) for each in values]
        return [*found, float(isnan(value))] if gap else found

    return cells


def _text_cells(block: Text) -> Callable[[Alone], list[float]]:
    name, embed = block.name, _embedder(block)
    return lambda row: embed(row.texts[name]).tolist()


def _filler(block: Block, at: int) -> Fill:
    """Return the function that writes the matrix columns of a block, which begin at `at`."""
    part = slice(at, at + block.width)
    match block:
        case Numbers():
            return _numbers(block, part)
        case Ordinal():
            return _ordinal(block, at)
        case Means():
            return _means(block, part)
        case Cycle():
            return _cycle(block, part)
        case Text():
            return _text(block, part)
        case OneHot():
            return _onehot(block, part)


def _numbers(block: Numbers, part: slice) -> Fill:
    names, flags = block.names, np.array(block.flags, dtype=np.intp)
    fill, mean, scale = (_upright(each) for each in (block.fill, block.mean, block.scale))
    knots = block.knots

    def run(inputs: Inputs, matrix: Matrix) -> None:
        values = inputs.pick(names)
        if fill is not None:
            missing = np.isnan(values)
            values = np.concatenate([np.where(missing, fill, values), missing[flags]])
        if mean is not None and scale is not None:
            values = (values - mean) / scale
        if knots is None:
            matrix[:, part] = values.T
        else:
            weights = [hats(*pair) for pair in zip(values, knots, strict=True)]
            matrix[:, part] = np.concatenate(weights, axis=1)

    return run


def _upright(constants: tuple[float, ...] | None) -> Matrix | None:
    return None if constants is None else np.array(constants).reshape(-1, 1)


def _ordinal(block: Ordinal, at: int) -> Fill:
    codes, unknown, name = _codes(block), _nan(block.unknown), block.name

    def run(inputs: Inputs, matrix: Matrix) -> None:
        levels = inputs.texts[name].tolist()
        matrix[:, at] = np.fromiter(map(codes.get, levels, repeat(unknown)), float, len(levels))

    return run


def _onehot(block: OneHot, part: slice) -> Fill:
    nowhere = -1
    positions = {level: nowhere if at is None else at for level, at in block.positions.items()}
    unknown = nowhere if block.unknown is None else block.unknown
    name = block.name

    def run(inputs: Inputs, matrix: Matrix) -> None:
        levels = inputs.texts[name].tolist()
        at = np.array([positions.get(level, unknown) for level in levels], dtype=np.intp)
        rows = np.flatnonzero(at != nowhere)
        matrix[:, part] = 0.0
        matrix[rows, part.start + at[rows]] = 1.0

    return run


def _means(block: Means, part: slice) -> Fill:
    name, levels, unknown = block.name, block.levels, block.unknown

    def run(inputs: Inputs, matrix: Matrix) -> None:
        means = [levels.get(level, unknown) for level in inputs.texts[name].tolist()]
        matrix[:, part] = np.reshape(means, (len(means), block.width))

    return run


def _cycle(block: Cycle, part: slice) -> Fill:
    names, values, gap = (block.name,), np.array(block.values), block.gap

    def run(inputs: Inputs, matrix: Matrix) -> None:
        (numbers,) = inputs.pick(names)
        found = numbers[:, None] == values
        matrix[:, part] = np.column_stack([found, np.isnan(numbers)]) if gap else found

    return run


def _text(block: Text, part: slice) -> Fill:
    name, width, embed = block.name, block.width, _embedder(block)

    def run(inputs: Inputs, matrix: Matrix) -> None:
        places = [embed(text) for text in inputs.texts[name].tolist()]
        matrix[:, part] = np.reshape(places, (len(places), width))

    return run


@lru_cache(8)
def _embedder(block: Text) -> Callable[[str], Matrix]:
    """Return what embeds texts, one for all forms that know the same of them."""
    axes = np.frombuffer(b64decode(block.axes), "<f4").reshape(len(block.terms), block.width)
    return embedder(Directions(block.terms, np.array(block.weights), axes))


def _codes(block: Ordinal) -> dict[str, float]:
    return {level: _nan(code) for level, code in block.codes.items()}


def _nan(code: float | None) -> float:
    return float("nan") if code is None else code
