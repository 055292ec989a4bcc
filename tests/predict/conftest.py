"""Predictors that every test of the room may share: they never change."""

import pytest

from lockgate import load_predictor
from tests.artifact import cases


@pytest.fixture(scope="session")
def predictors(tmp_path_factory):
    """Return a predictor for each task."""
    folder = tmp_path_factory.mktemp("bundles")
    return {
        task: load_predictor(cases.copy_bundle(folder / task, task))
        for task in ("regression", "binary", "multiclass")
    }


@pytest.fixture(scope="session")
def predictor(predictors):
    """Return the predictor of a number."""
    return predictors["regression"]
