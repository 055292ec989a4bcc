"""The fitted preprocessing as data: categories by asking the encoder, numbers by its constants."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)

from lockgate.artifact.compile.unsupported import Unsupported
from lockgate.artifact.spec import Block, Cycle, Means, Numbers, OneHot, Ordinal, Text
from lockgate.learning.splines import LinearSpline
from lockgate.learning.text_encoder import TextEncoder

MEANS = ([TargetEncoder], [TargetEncoder, StandardScaler])
# No text that a person can type: a level that no training row had.
NEVER_SEEN = "\x00never seen\x00"


def blocks_of(preprocess: Any) -> tuple[Block, ...]:
    """Describe a fitted ColumnTransformer.

    Raises
    ------
    Unsupported
        When a transformer is of none of the encodings (native, onehot, spline, target).
    """
    if not isinstance(preprocess, ColumnTransformer):
        raise Unsupported(type(preprocess).__name__)
    found: list[Block] = []
    for _, transformer, names in preprocess.transformers_:
        # A selection of columns may find none.
        if transformer != "drop" and len(names):
            found.extend(_blocks(transformer, tuple(names)))
    return tuple(found)


def _blocks(transformer: Any, names: tuple[str, ...]) -> Iterator[Block]:
    if isinstance(transformer, OrdinalEncoder):
        yield from _ordinals(transformer, names)
    elif isinstance(transformer, OneHotEncoder):
        numeric = transformer.categories_[0].dtype.kind == "f"
        yield from (_cycles if numeric else _onehots)(transformer, names)
    elif [type(step) for step in _steps(transformer)] in MEANS:
        yield from _means(transformer, names)
    elif isinstance(transformer, TextEncoder):
        yield _text(transformer, *names)
    else:
        yield _numbers(_steps(transformer), names)


def _steps(transformer: Any) -> list[Any]:
    steps = [step for _, step in transformer.steps] if isinstance(transformer, Pipeline) else []
    return [step for step in steps or [transformer] if not _passes(step)]


def _passes(step: Any) -> bool:
    identity = isinstance(step, FunctionTransformer) and step.func is None
    return identity or step == "passthrough"


def _numbers(steps: list[Any], names: tuple[str, ...]) -> Numbers:
    block = Numbers(names=names)
    if steps and type(steps[0]) is SimpleImputer:
        block = _imputed(steps.pop(0), names)
    if steps and type(steps[0]) is StandardScaler:
        block = _scaled(steps.pop(0), block)
    if steps and type(steps[0]) is LinearSpline:
        block = block.model_copy(update={"knots": steps.pop(0).knots_})
    if steps:
        raise Unsupported(type(steps[0]).__name__)
    return block


def _imputed(imputer: SimpleImputer, names: tuple[str, ...]) -> Numbers:
    if np.isnan(imputer.statistics_).any():
        raise Unsupported("a column without any value")
    flags = imputer.indicator_.features_.tolist() if imputer.add_indicator else []
    return Numbers(names=names, fill=tuple(imputer.statistics_.tolist()), flags=tuple(flags))


def _scaled(scaler: StandardScaler, block: Numbers) -> Numbers:
    mean = np.zeros(block.width) if scaler.mean_ is None else scaler.mean_
    scale = np.ones(block.width) if scaler.scale_ is None else scaler.scale_
    return block.model_copy(update={"mean": tuple(mean.tolist()), "scale": tuple(scale.tolist())})


def _ordinals(encoder: OrdinalEncoder, names: tuple[str, ...]) -> Iterator[Ordinal]:
    for position, name in enumerate(names):
        levels, answers = _ask(encoder, position)
        *codes, unknown = [None if np.isnan(code) else float(code) for code in answers[:, position]]
        yield Ordinal(name=name, codes=dict(zip(levels, codes, strict=True)), unknown=unknown)


def _onehots(encoder: OneHotEncoder, names: tuple[str, ...]) -> Iterator[OneHot]:
    stop = 0
    for position, name in enumerate(names):
        levels, answers = _ask(encoder, position)
        start, stop = stop, stop + _onehot_width(encoder, position)
        *places, unknown = [_place(row) for row in answers[:, start:stop]]
        yield OneHot(
            name=name,
            positions=dict(zip(levels, places, strict=True)),
            unknown=unknown,
            width=stop - start,
        )


def _cycles(encoder: OneHotEncoder, names: tuple[str, ...]) -> Iterator[Cycle]:
    for position, name in enumerate(names):
        values = encoder.categories_[position]
        if _onehot_width(encoder, position) < len(values):
            raise Unsupported("numbers of which some share a column")
        known = values[~np.isnan(values)]
        yield Cycle(name=name, values=tuple(known.tolist()), gap=len(known) < len(values))


def _means(transformer: Any, names: tuple[str, ...]) -> Iterator[Means]:
    encoder, *_ = _steps(transformer)
    width = len(encoder.encodings_) // len(names)
    for position, name in enumerate(names):
        levels, answers = _ask(encoder, position, transformer)
        start = position * width
        *means, unknown = [tuple(row) for row in answers[:, start : start + width].tolist()]
        yield Means(name=name, levels=dict(zip(levels, means, strict=True)), unknown=unknown)


def _text(encoder: TextEncoder, name: str) -> Text:
    known = encoder.directions_
    return Text(
        name=name,
        terms=known.terms,
        weights=tuple(known.weights.tolist()),
        axes=b64encode(known.axes.astype("<f4").tobytes()).decode(),
        width=known.width,
    )


def _ask(encoder: Any, position: int, transformer: Any = None) -> tuple[list[str], np.ndarray]:
    """Encode every known level of one column, then a level that nobody has seen.

    `transformer` is what answers, where it is more than the encoder.
    """
    levels = encoder.categories_[position].tolist()
    probe = np.array([[NEVER_SEEN] * len(encoder.categories_)] * (len(levels) + 1), dtype=object)
    probe[:-1, position] = levels
    asked = pd.DataFrame(probe, columns=encoder.feature_names_in_)
    return levels, (encoder if transformer is None else transformer).transform(asked)


def _onehot_width(encoder: OneHotEncoder, position: int) -> int:
    infrequent = getattr(encoder, "infrequent_categories_", None)
    rare = infrequent[position] if infrequent is not None else None
    dropped = encoder.drop_idx_ is not None and encoder.drop_idx_[position] is not None
    rare_levels = 0 if rare is None else len(rare) - 1
    return len(encoder.categories_[position]) - rare_levels - int(dropped)


def _place(row: np.ndarray) -> int | None:
    return int(row.argmax()) if row.any() else None
