"""Several estimators as one model."""

from inspect import signature
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)

from lockgate.errors import TrainingError
from lockgate.learning.candidates import loss
from lockgate.learning.curve import learning_curve
from lockgate.learning.ensembles import greedy_weights
from lockgate.learning.fit import fit
from lockgate.learning.pipelines import frame, predicted
from lockgate.params import RESERVED, ModelParams
from tests.learning.crops import BOOSTING, RIDGE, TREES, crops, ensemble, problem, schema

TASKS = ("regression", "binary", "multiclass")
MEMBERS: dict[str, Any] = {"ridge": RIDGE, "boosting": BOOSTING, "trees": TREES}


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 6), classes=st.integers(0, 3))
def test_a_blend_is_no_worse_than_its_best_part(seed: int, count: int, classes: int) -> None:
    """Greedy weights sum to 1, none is negative, and the loss is at most that of any candidate."""
    random = np.random.default_rng(seed)
    if classes > 1:
        y = random.integers(0, classes, 40)
        answers = [random.dirichlet(np.ones(classes), 40) for _ in range(count)]
    else:
        y = random.normal(size=40)
        answers = [y + random.normal(size=40) for _ in range(count)]
    weights = greedy_weights(y, answers)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    blended = sum(w * each for w, each in zip(weights, answers, strict=True))
    assert loss(y, np.asarray(blended)) <= min(loss(y, each) for each in answers) * (1 + 1e-3)


def test_a_blend_takes_those_that_err_differently() -> None:
    """Two candidates whose errors cancel out get half each, and a third that is worse nothing."""
    y = np.linspace(0, 10, 50)
    answers = [y + 1, y - 1, y + 5]
    np.testing.assert_allclose(greedy_weights(y, answers), [0.5, 0.5, 0])


def test_what_hardly_helps_is_left_out() -> None:
    """A candidate that improves the blend by next to nothing is no model to serve."""
    y = np.linspace(0, 10, 50)
    nearly = y + 1
    nearly[0] -= 1e-4
    assert np.count_nonzero(greedy_weights(y, [y + 1, nearly])) == 1


@pytest.mark.parametrize("combine", ["blend", "vote", "stack"])
@pytest.mark.parametrize("task", TASKS)
def test_an_ensemble_answers_as_one_model(task: str, combine: str) -> None:
    """Each way of combining answers in the target's unit, or with probabilities that sum to 1."""
    given = problem(task)
    model = fit(given, ensemble(combine, **MEMBERS))
    classes = len(schema(task).classes)
    answers = predicted(model.pipeline, frame(crops(50, task, seed=7), given.features), classes)
    if classes:
        np.testing.assert_allclose(answers.sum(axis=1), 1)
        assert model.beta is not None
    else:
        assert model.half_width is not None
        assert np.abs(answers - crops(50, seed=7)["crop"]).mean() < 15
    assert np.isfinite(model.out_of_fold).all()
    assert {trial.member for trial in model.recipe.trials} == set(MEMBERS)


def test_a_vote_is_the_plain_average() -> None:
    """Each member of a vote counts the same, and its own answers are its pipeline's alone."""
    given = problem()
    model = fit(given, ensemble("vote", **MEMBERS))
    rows = frame(crops(20, seed=5), given.features)
    alone = [predicted(fit(given, each).pipeline, rows, 0) for each in MEMBERS.values()]
    np.testing.assert_allclose(predicted(model.pipeline, rows, 0), np.mean(alone, axis=0))
    assert model.recipe.estimator == "sklearn.ensemble.VotingRegressor"
    assert learning_curve(model.pipeline) == []


@pytest.mark.parametrize("combine", ["vote", "stack"])
def test_a_member_may_be_called_as_a_trial_of_another_is(combine: str) -> None:
    """The model that is kept of four trials and a member with the name of one have five names."""
    space = {name: {"low": 0.01, "high": 100.0, "log": True} for name in ("alpha", "C")}
    linear = RIDGE.model_dump() | {"space": space}
    entry = ensemble(combine, {"trials": 4, "keep": 4}, linear=linear, linear_2=TREES)
    members = fit(problem(), entry).pipeline.named_estimators_
    assert len(members) == 5
    plain = ensemble(combine, {"trials": 2, "keep": 1}, linear=linear, trees=TREES)
    first, second = fit(problem(), plain).pipeline.named_estimators_
    assert first in ("linear_0", "linear_1")
    assert second == "trees"


def test_no_member_has_the_name_of_an_argument() -> None:
    """What scikit-learn's ensembles take as arguments is what params refuse as names."""
    kinds = (VotingRegressor, VotingClassifier, StackingRegressor, StackingClassifier)
    assert set().union(*(signature(kind).parameters for kind in kinds)) == RESERVED


def test_the_best_is_that_member_alone() -> None:
    """`best` gives the very model that its entry alone would give."""
    given = problem()
    model = fit(given, ensemble("best", **MEMBERS))
    alone = fit(given, RIDGE)
    np.testing.assert_array_equal(model.out_of_fold, alone.out_of_fold)
    assert (model.half_width, model.folds) == (alone.half_width, alone.folds)
    assert model.recipe.estimator == RIDGE.regressor


def test_a_stack_learns_from_rows_its_members_did_not_see() -> None:
    """A member that knows its rows by heart gets no weight for it."""
    tree = ModelParams(regressor="sklearn.tree.DecisionTreeRegressor")
    model = fit(problem(), ensemble("stack", ridge=RIDGE, tree=tree))
    ridge, tree_weight = model.pipeline.final_estimator_.coef_
    assert ridge > 3 * tree_weight
    assert model.pipeline.cv == 3


def test_a_stack_stays_within_the_bounds_of_the_target() -> None:
    """The linear model at a stack's end does not predict below 0 what never was."""
    train = crops(200)
    train["crop"] = np.where(train["crop"] < 80, 0.0, train["crop"])
    model = fit(problem(train=train), ensemble("stack", ridge=RIDGE, boosting=BOOSTING))
    assert model.out_of_fold.min() == 0


@pytest.mark.parametrize("time", [False, True])
@pytest.mark.parametrize(("combine", "target"), [("stack", {}), ("vote", {"minimum": -1e5})])
def test_an_interval_is_learned_from_answers_within_the_bounds(
    combine: str, target: dict[str, Any], time: bool
) -> None:
    """Members that say less than 0 where a logarithm is learned leave a half-width of numbers."""

    def steep(rows: int, seed: int) -> dict[str, Any]:
        table = crops(rows, seed=seed)
        return table | {"crop": 1000 * np.maximum(table["crop"] - 75, 0)}

    given = problem(
        schema=schema(time=time, **target),
        train=steep(300, 1),
        calibration=steep(120, 5),
        target_transform="log",
    )
    plain = RIDGE.model_dump() | {"target_transform": "none"}
    model = fit(given, ensemble(combine, plain=plain, trees=TREES))
    assert model.half_width is not None
    assert np.isfinite([*model.half_width.scores, *model.half_width.sizes]).all()


def test_members_may_learn_on_other_scales() -> None:
    """A member's target transform is its own, and its answers are in the target's unit."""
    logs = RIDGE.model_dump() | {"target_transform": "log"}
    model = fit(problem(), ensemble("vote", plain=RIDGE, logs=logs))
    kinds = [each["model"].func.__self__.kind for each in model.pipeline.estimators_]
    assert kinds == ["identity", "log"]
    assert model.link is not None
    assert model.link.kind == "identity"
    alone = fit(problem(), ensemble("best", logs=logs))
    assert alone.link is not None
    assert alone.link.kind == "log"


def test_a_member_without_a_class_for_the_task_is_left_out() -> None:
    """One list of members serves numbers and classes."""
    numbers = {"regressor": RIDGE.regressor}
    model = fit(problem("binary"), ensemble("vote", numbers=numbers, trees=TREES))
    assert model.recipe.estimator == TREES.classifier
    with pytest.raises(TrainingError, match="asks for a classifier, and no member names one"):
        fit(problem("binary"), ensemble("vote", numbers=numbers))


@pytest.mark.parametrize("combine", ["blend", "stack"])
@pytest.mark.parametrize("kept", [0, 3])
def test_a_rare_class_keeps_its_place(combine: str, kept: int) -> None:
    """A class with few rows, or none, has its column among the probabilities of an ensemble."""
    train = crops(200, "multiclass")
    rows = (train["crop"] != "fair") | (np.cumsum(train["crop"] == "fair") <= kept)
    given = problem("multiclass", train={name: each[rows] for name, each in train.items()})
    model = fit(given, ensemble(combine, ridge=RIDGE, trees=TREES))
    answers = predicted(model.pipeline, frame(crops(5, "multiclass"), given.features), 3)
    assert answers.shape == (5, 3)
    assert (answers[:, 1] > 0).any() == (kept > 0)
