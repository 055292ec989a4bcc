"""The scale on which a number is learned, and the way back to the scale that people read."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lockgate.contract import Column
from lockgate.errors import TrainingError
from lockgate.params import Transform

_HEADROOM = 2.0
_LARGEST = float(np.finfo(np.float64).max)
_FURTHEST = float(np.log(_LARGEST))


@dataclass(frozen=True)
class Link:
    """A scale and the range that predictions are held in.

    Attributes
    ----------
    kind : {"identity", "log"}
        ``log`` is ``log1p``, so that a target of 0 has a place.
    low, high : float or None
        Bounds of a prediction, in the target's unit; None leaves that end open.
    """

    kind: Literal["identity", "log"]
    low: float | None
    high: float | None

    def forward(self, y: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return `y`, of any shape, on the scale that is learned."""
        values = np.asarray(y, dtype=np.float64)
        return np.log1p(values) if self.kind == "log" else values

    def inverse(self, z: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return `z`, of any shape, in the target's unit, clipped to the bounds and finite."""
        values = np.asarray(z, dtype=np.float64)
        if self.kind == "log":
            # A far extrapolation would overflow.
            values = np.expm1(np.minimum(values, _FURTHEST))
        return self.bounded(values)

    def bounded(self, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return `y`, of any shape, in the target's unit, clipped to the bounds and finite."""
        values = np.maximum(y, -_LARGEST if self.low is None else self.low)
        return np.asarray(np.minimum(values, _LARGEST if self.high is None else self.high))

    def inverse_few(self, z: Iterable[float]) -> list[float]:
        """Return what `inverse` returns, sooner where there are only a few."""
        if self.kind == "log":
            z = np.expm1([each if each < _FURTHEST else _FURTHEST for each in z]).tolist()
        low = -_LARGEST if self.low is None else self.low
        high = _LARGEST if self.high is None else self.high
        # Of two zeros numpy takes the second, and so does this, in less time than min and max.
        return [low if each <= low else high if each >= high else each for each in z]

    @property
    def scores(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """The bounds on the scale that is learned; infinite where an end is open."""
        low = -np.inf if self.low is None else self.forward(self.low)
        high = np.inf if self.high is None else self.forward(self.high)
        return np.asarray(low), np.asarray(high)


def link_for(transform: Transform, target: Column, y: npt.NDArray[Any]) -> Link:
    """Choose the bounds: the contract's, else what the training rows allow.

    Without a contract's minimum, a target that was never negative is never predicted negative, and
    a log target never is.
    Without a contract's maximum, a log target is held below twice its largest training value,
    because an error that is small on the log scale is multiplied on the way back.

    Parameters
    ----------
    transform : {"none", "log"}
        ``train.target_transform``.
    target : Column
        The contract's target column.
    y : array of float, shape (rows,)
        Its training values, none missing.

    Raises
    ------
    TrainingError
        When a log is asked of negative values.
    """
    smallest, largest = float(np.min(y)), float(np.max(y))
    if transform == "log" and smallest < 0:
        raise TrainingError(
            f"target_transform log needs values of 0 or more, and the smallest is {smallest:g}",
            where=target.name,
            hint="set train.target_transform: none",
        )
    low = _first(target.minimum, target.exclusive_minimum, 0.0 if smallest >= 0 else None)
    roof = _HEADROOM * largest if transform == "log" else None
    if transform == "log" and low is not None:
        low = max(low, 0.0)
    high = _first(target.maximum, target.exclusive_maximum, roof)
    return Link("log" if transform == "log" else "identity", low, high)


def _first(*bounds: float | None) -> float | None:
    return next((bound for bound in bounds if bound is not None), None)
