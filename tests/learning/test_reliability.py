"""Coverage and calibration along the prediction."""

import numpy as np
import pytest

from lockgate.learning.metrics import calibration_gap
from lockgate.learning.reliability import calibration_by_bin, coverage_by_band, coverage_by_class


def test_coverage_is_measured_in_fifths() -> None:
    """Rows are banded by their prediction, and each band has its own coverage and width."""
    prediction = np.random.default_rng(0).permutation(np.arange(100.0))
    y = np.where(prediction < 80, prediction, prediction + 50)
    found = coverage_by_band(y, prediction, prediction - 1, prediction + 2)
    assert [band["rows"] for band in found] == [20] * 5
    assert [band["coverage"] for band in found] == [1, 1, 1, 1, 0]
    assert (found[0]["band"], found[0]["from"], found[0]["to"]) == (1, 0, 19)
    assert {band["width"] for band in found} == {3}


def test_few_rows_give_few_bands() -> None:
    """Three rows are three bands, none of them empty."""
    y = np.arange(3.0)
    assert [band["rows"] for band in coverage_by_band(y, y, y, y)] == [1, 1, 1]


def test_the_bins_add_up_to_the_calibration_error() -> None:
    """Each bin says how many rows, what was said and what came, and none is empty."""
    random = np.random.default_rng(1)
    said = random.random(300) ** 2
    y, probabilities = random.integers(0, 2, 300), np.column_stack([1 - said, said])
    found = calibration_by_bin(y, probabilities)
    assert sum(each["rows"] for each in found) == 300
    assert all(each["from"] <= each["said"] <= each["to"] for each in found)
    gap = sum(each["rows"] * abs(each["said"] - each["came"]) for each in found) / 300
    assert gap == pytest.approx(calibration_gap(y, probabilities))


def test_empty_bins_are_left_out() -> None:
    """A model that always says the same fills one bin."""
    (only,) = calibration_by_bin(np.array([1, 0]), np.tile([0.25, 0.75], (2, 1)))
    assert (only["from"], only["to"], only["rows"], only["came"]) == (0.7, 0.8, 2, 0.5)


def test_sets_are_measured_class_by_class() -> None:
    """By the true class: how often it was in the set, and how large the sets were."""
    held = np.array([[True, False, False], [True, True, False], [True, True, True]])
    assert coverage_by_class(np.array([0, 2, 2]), held) == [
        {"place": 0, "rows": 1, "coverage": 1.0, "size": 1.0},
        {"place": 2, "rows": 2, "coverage": 0.5, "size": 2.5},
    ]
