"""Sums of contributions, carried exactly through what is done with a model's raw scores.

The rescale rule (Shrikumar, Greenside and Kundaje 2017, "Learning Important Features Through
Propagating Activation Differences"): a linear step passes contributions on, and a function of one
number multiplies them by the slope of its chord from the base to the value. So they add up to the
difference of the two after each step.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
# A chord shorter than this share of its ends is a difference that has lost its digits.
SHORTEST = 1e-6
# Beyond this an exponential is so large that one over it is nothing.
FURTHEST = 600.0


@dataclass(frozen=True)
class Sums:
    """Numbers as a base and what each feature adds to it.

    Attributes
    ----------
    base, value : ndarray of float, shape (numbers,)
        Without any knowledge of the row, and with all of it.
    added : ndarray of float, shape (features, numbers)
        Each column sums to ``value - base``.
    """

    base: Array
    value: Array
    added: Array

    def through(self, function: Callable[[Array], Array]) -> "Sums":
        """Apply a function to each number by itself."""
        base, value = function(self.base), function(self.value)
        return Sums(base, value, self.added * self._slopes(function, base, value))

    def _slopes(self, function: Callable[[Array], Array], base: Array, value: Array) -> Array:
        gap = self.value - self.base
        size = np.maximum(np.abs(self.value), np.abs(self.base))
        short = np.abs(gap) <= SHORTEST * size
        step = SHORTEST * np.where(size == 0, 1.0, size)
        tangent = (function(self.base + step) - function(self.base - step)) / (2 * step)
        return np.asarray(np.where(short, tangent, (value - base) / np.where(short, 1.0, gap)))

    def linear(self, matrix: Array) -> "Sums":
        """Multiply by a matrix of shape (numbers before, numbers after)."""
        return Sums(*(np.einsum("...i,ij->...j", each, matrix) for each in self._arrays))

    def plus(self, constant: float | Array) -> "Sums":
        """Add a constant to each number, or one to each."""
        return Sums(self.base + constant, self.value + constant, self.added)

    def pick(self, places: Sequence[int] | NDArray[np.intp]) -> "Sums":
        """Take some of the numbers."""
        return Sums(*(each[..., places] for each in self._arrays))

    @property
    def _arrays(self) -> tuple[Array, Array, Array]:
        return self.base, self.value, self.added


def joined(parts: Sequence[Sums]) -> Sums:
    """Put the numbers of several side by side."""
    return Sums(
        np.concatenate([each.base for each in parts]),
        np.concatenate([each.value for each in parts]),
        np.concatenate([each.added for each in parts], axis=1),
    )


def average(parts: Sequence[Sums], weights: Sequence[float]) -> Sums:
    """Return the sum of several, each times its weight."""
    numbers = len(parts[0].base)
    return joined(parts).linear(np.kron(np.array(weights), np.eye(numbers)).T)


def softmax_of(scores: Sums, place: int) -> Sums:
    """Return the softmax of one of `scores`: one over the sum of the odds of all against it."""
    count = len(scores.base)
    against = np.eye(count)
    against[place] -= 1.0
    odds = scores.linear(against).through(lambda x: np.exp(np.minimum(x, FURTHEST)))
    return odds.linear(np.ones((count, 1))).through(np.reciprocal)


def softmax(scores: Sums) -> Sums:
    """Return the softmax of all of `scores`."""
    return joined([softmax_of(scores, place) for place in range(len(scores.base))])
