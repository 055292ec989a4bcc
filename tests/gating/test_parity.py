"""Served form against pipeline."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lockgate.artifact import load, load_pipeline
from lockgate.artifact.runtime import Scores
from lockgate.artifact.served import Regressor
from lockgate.features.batches import rows_of
from lockgate.gating.parity import parity
from lockgate.tables import Columns
from tests.reporting.cases import TASKS, part, save_bundle


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("model", ["fast", "neighbours"])
def test_a_sound_bundle_answers_as_its_pipeline(tmp_path: Path, task: str, model: str) -> None:
    """On the test part and on rows with missing and unseen values both forms agree."""
    directory = save_bundle(tmp_path / "model", task, model)
    test = part(task, "test")
    difference, rows = parity(load(directory), load_pipeline(directory), test)
    assert difference <= 1e-12
    assert rows > rows_of(test) + 100


@pytest.mark.parametrize("task", TASKS)
def test_a_served_form_that_is_off_is_found_out(tmp_path: Path, task: str) -> None:
    """A served form that differs on rows with a missing weight alone is noticed."""
    directory = save_bundle(tmp_path / "model", task)
    bundle = load(directory)
    test = part(task, "test")
    whole = {name: values[~np.isnan(test["weight"])] for name, values in test.items()}
    sound = bundle.primary.form

    def broken(features: Columns) -> Scores:
        return sound(features | {"weight": np.nan_to_num(features["weight"], nan=1.0)})

    altered = replace(bundle, primary=replace(bundle.primary, form=broken))
    difference, _ = parity(altered, load_pipeline(directory), whole)
    assert difference > 1e-6


def test_a_served_form_without_an_answer_is_infinitely_far(tmp_path: Path) -> None:
    """NaN is no answer."""
    directory = save_bundle(tmp_path / "model", "regression")
    bundle = load(directory)
    assert isinstance(bundle.primary, Regressor)
    silent = replace(bundle.primary, form=lambda features: np.full(len(features["weight"]), np.nan))
    altered = replace(bundle, primary=silent)
    difference, _ = parity(altered, load_pipeline(directory), part("regression", "test"))
    assert difference == float("inf")


def test_a_single_test_row_is_enough(tmp_path: Path) -> None:
    """The comparison needs no more than one row to make hard rows of."""
    directory = save_bundle(tmp_path / "model", "binary")
    one = {name: values[:1] for name, values in part("binary", "test").items()}
    difference, rows = parity(load(directory), load_pipeline(directory), one)
    assert difference <= 1e-12
    assert rows > 1
