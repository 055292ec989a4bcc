"""How rows are divided where an encoding learns from the target."""

import warnings
from typing import Any

import numpy as np
import pytest

from lockgate.learning.crossfit import CrossFit


def parts(y: list[Any], *, classes: bool, seed: int = 0) -> list[tuple[list[int], list[int]]]:
    """Divide rows with these targets."""
    found = CrossFit(classes, seed).split(None, np.array(y))
    return [(learned.tolist(), encoded.tolist()) for learned, encoded in found]


@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize("rows", [2, 3, 5, 60])
def test_each_row_is_encoded_once_and_never_by_itself(rows: int, classes: bool) -> None:
    """However few rows there are, each is encoded by what others say."""
    found = parts([0] * rows, classes=classes)
    assert sorted(row for _, encoded in found for row in encoded) == list(range(rows))
    assert all(not set(learned) & set(encoded) for learned, encoded in found)
    assert len(found) == min(rows, 5)


def test_each_part_has_its_share_of_each_class() -> None:
    """The mean of the others does not tell the class of a row."""
    y = [0] * 40 + [1] * 10
    assert [sum(y[row] for row in encoded) for _, encoded in parts(y, classes=True)] == [2] * 5


def test_a_rare_class_is_divided_in_silence() -> None:
    """A class with fewer rows than parts is absent from some of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(parts([0] * 20 + [1], classes=True)) == 5


def test_the_seed_decides() -> None:
    """The same seed divides in the same way, another one in another."""
    y = [float(row) for row in range(40)]
    assert parts(y, classes=False, seed=1) == parts(y, classes=False, seed=1)
    assert parts(y, classes=False, seed=1) != parts(y, classes=False, seed=2)
