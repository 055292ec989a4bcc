"""Fitting a pipeline and asking it."""

import numpy as np
import pytest

from lockgate.errors import TrainingError
from lockgate.features.target import target_values
from lockgate.learning.estimators import build
from lockgate.learning.links import Link
from lockgate.learning.pipelines import fitted, frame, predicted
from lockgate.params import LevelParams, ModelParams
from tests.learning.crops import BOOSTING, RIDGE, crops, features, schema

LEVELS = LevelParams(max_levels=10, min_rows=2)


def model(entry: ModelParams, task: str = "regression", classes: tuple[int, ...] = ()) -> object:
    """Fit an entry on crops, on some of the classes only where these are given."""
    described, train = schema(task), crops(120, task)
    y = target_values(train, described)
    rows = np.isin(y, classes) if classes else np.ones(120, dtype=bool)
    link = Link("identity", None, None) if task == "regression" else None
    pipeline = build(entry, features(described), link=link, levels=LEVELS, seed=0)
    return fitted(pipeline, frame(train, features(described))[rows], y[rows])


def test_probabilities_have_a_column_for_each_class() -> None:
    """A class that a fold did not have gets no probability, and the others keep their places."""
    inputs = frame(crops(10, "multiclass"), features(schema("multiclass")))
    probabilities = predicted(model(RIDGE, "multiclass", (0, 2)), inputs, 3)
    assert probabilities.shape == (10, 3)
    assert (probabilities[:, 1] == 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_fitting_leaves_the_pipeline_as_it_was() -> None:
    """A pipeline can be fitted again and again, fold by fold."""
    described, train = schema(), crops(50)
    pipeline = build(
        RIDGE, features(described), link=Link("identity", None, None), levels=LEVELS, seed=0
    )
    fitted(pipeline, frame(train, features(described)), train["crop"])
    assert not hasattr(pipeline["model"], "regressor_")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            ModelParams(regressor="sklearn.linear_model.Ridge", encoding="native"),
            r"Ridge cannot be fitted: ValueError: Input X contains NaN\.\n.*encoding: onehot",
        ),
        (
            RIDGE.model_copy(update={"params": {"alpha": -1.0}}),
            "Ridge cannot be fitted: InvalidParameterError: The 'alpha' parameter",
        ),
        (
            BOOSTING.model_copy(update={"params": {"learning_rate": "fast"}}),
            "HistGradientBoostingRegressor cannot be fitted: .* The 'learning_rate' parameter",
        ),
        (
            ModelParams(regressor="tests.learning.picky.Broken"),
            "Broken cannot be fitted: KeyError: 'weights'",
        ),
    ],
)
def test_an_estimator_that_refuses_is_named(entry: ModelParams, message: str) -> None:
    """Whatever goes wrong inside an estimator reaches the user in one line, with advice."""
    with pytest.raises(TrainingError, match=message):
        model(entry)


def test_predictions_must_be_finite() -> None:
    """A model that predicts infinity is refused when it is trained, not when it serves."""
    wild = model(ModelParams(classifier="tests.learning.picky.Wild"), "binary")
    with pytest.raises(TrainingError, match="Wild predicts values that are not finite"):
        predicted(wild, frame(crops(3), features(schema())), 0)


def test_a_classifier_must_give_probabilities() -> None:
    """A classifier that only names a class cannot be calibrated, and the message says so."""
    mute = model(ModelParams(classifier="tests.learning.picky.Mute"), "binary")
    with pytest.raises(TrainingError, match="Mute gives no probabilities"):
        predicted(mute, frame(crops(3), features(schema())), 2)
