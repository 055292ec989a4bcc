"""The loss iteration by iteration."""

import pytest

from lockgate.features.target import target_values
from lockgate.learning.curve import Step, learning_curve
from lockgate.learning.estimators import build
from lockgate.learning.links import Link
from lockgate.learning.pipelines import fitted, frame
from lockgate.params import LevelParams, ModelParams
from tests.learning.crops import BOOSTING, RIDGE, crops, features, schema

GRADIENT = ModelParams(
    regressor="sklearn.ensemble.GradientBoostingRegressor",
    classifier="sklearn.ensemble.GradientBoostingClassifier",
    params={"n_estimators": 12},
)
PERCEPTRON = ModelParams(
    regressor="sklearn.neural_network.MLPRegressor",
    classifier="sklearn.neural_network.MLPClassifier",
    params={"hidden_layer_sizes": (4,), "max_iter": 12},
)


def curve(entry: ModelParams, task: str) -> list[Step]:
    """Fit an entry on crops and return its learning curve."""
    described, train = schema(task), crops(150, task)
    link = Link("identity", None, None) if task == "regression" else None
    levels = LevelParams(max_levels=10, min_rows=2)
    pipeline = build(entry, features(described), link=link, levels=levels, seed=0)
    inputs = frame(train, features(described))
    return learning_curve(fitted(pipeline, inputs, target_values(train, described)))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("task", ["regression", "binary"])
@pytest.mark.parametrize("entry", [BOOSTING, GRADIENT, PERCEPTRON])
def test_the_loss_falls(entry: ModelParams, task: str) -> None:
    """Each estimator that keeps its loss shows one that falls on the rows it is fitted on."""
    steps = [step for step in curve(entry, task) if step.part == "train"]
    assert [step.iteration for step in steps] == list(range(len(steps)))
    assert len(steps) >= 10
    assert steps[-1].loss < steps[0].loss


def test_early_stopping_shows_the_rows_it_stops_by() -> None:
    """Histogram boosting has a second line, as long as the first."""
    steps = curve(BOOSTING, "regression")
    counts = [sum(step.part == part for step in steps) for part in ("train", "validation")]
    assert counts[0] == counts[1] > 0


def test_an_estimator_without_iterations_has_no_curve() -> None:
    """A linear model has nothing to show, and that is no error."""
    assert curve(RIDGE, "regression") == []


def test_boosting_without_early_stopping_has_no_curve() -> None:
    """Histogram boosting keeps no loss then."""
    plain = BOOSTING.model_copy(update={"params": {"early_stopping": False, "max_iter": 5}})
    assert curve(plain, "binary") == []
