"""Fitting a model and learning from its mistakes."""

from typing import Any

import numpy as np
import pytest

from lockgate.errors import TrainingError
from lockgate.features.target import target_values
from lockgate.learning.calibration import apply_temperature
from lockgate.learning.fit import BASELINE, fit, spread
from lockgate.learning.intervals import Interval
from lockgate.learning.metrics import calibration_gap
from lockgate.learning.pipelines import frame, predicted
from lockgate.learning.sets import members
from lockgate.params import ModelParams
from tests.learning.crops import BOOSTING, RIDGE, crops, features, problem, schema

TASKS = ("regression", "binary", "multiclass")


@pytest.mark.parametrize("entry", [RIDGE, BOOSTING])
@pytest.mark.parametrize("task", TASKS)
def test_each_task_gets_what_it_needs(task: str, entry: ModelParams) -> None:
    """A regression has a link and an interval, a classification a temperature, both metrics."""
    model = fit(problem(task), entry)
    numbers = task == "regression"
    assert (model.link is not None, model.half_width is not None) == (numbers, numbers)
    assert (model.beta is None) == numbers
    assert len(model.thresholds) == len(schema(task).classes)
    assert model.out_of_fold.shape == ((200,) if numbers else (200, len(schema(task).classes)))
    assert {len(values) for values in model.folds.values()} == {3}
    assert ("mae" if numbers else "log_loss") in model.folds


def test_new_rows_fall_into_the_interval_at_the_level() -> None:
    """The share of unseen rows inside the interval is the level, with rows never used to fit."""
    model, unseen = fit(problem(rows=1500), RIDGE), crops(1500, seed=9)
    prediction = predicted(model.pipeline, frame(unseen, features(schema())), 0)
    intervals = Interval(model.half_width, model.link)
    lower, _, upper = intervals(model.link.forward(prediction))
    covered = np.mean((lower <= unseen["crop"]) & (unseen["crop"] <= upper))
    assert covered == pytest.approx(0.9, abs=0.02)


def test_the_interval_comes_from_rows_the_model_did_not_see() -> None:
    """A model that knows its training rows by heart still admits how wrong it is elsewhere."""
    tree = ModelParams(regressor="sklearn.tree.DecisionTreeRegressor")
    given = problem(rows=400)
    model = fit(given, tree)
    seen = predicted(model.pipeline, frame(given.train, given.features), 0)
    assert np.abs(seen - given.train["crop"]).max() < 1e-9
    assert min(model.half_width.sizes) > 5


def test_calibration_rows_are_used_where_there_are_some() -> None:
    """With a calibration part the interval is as wide as the errors there."""
    far = crops(100, seed=5)
    far["crop"] = far["crop"] + 1000
    near = fit(problem(), RIDGE)
    calibrated = fit(problem(calibration=far), RIDGE)
    assert min(calibrated.half_width.sizes) > 900 > max(near.half_width.sizes)
    np.testing.assert_array_equal(calibrated.out_of_fold, near.out_of_fold)


def test_calibration_rows_may_lie_where_no_logarithm_is() -> None:
    """A calibration part with a number that training did not know breaks no interval."""
    low = crops(120, seed=5)
    low["crop"][:40] = -5.0
    model = fit(problem(calibration=low, target_transform="log"), RIDGE)
    assert np.isfinite(model.half_width.sizes).all()


def test_the_interval_holds_what_comes_later() -> None:
    """Where crops rise from year to year, dated rows have wider intervals than undated ones."""
    train = crops(600)
    train["crop"] = train["crop"] + np.maximum(np.arange(600) - 400, 0)
    plain = fit(problem(train=train), RIDGE)
    dated = fit(problem(train=train, schema=schema(time=True)), RIDGE)
    assert (np.array(dated.half_width.sizes) > 1.2 * np.array(plain.half_width.sizes)).all()
    np.testing.assert_array_equal(dated.out_of_fold, plain.out_of_fold)


def test_a_column_that_is_new_leaves_the_interval_as_it_is() -> None:
    """What only the latest rows have cannot be learned from the earlier ones."""
    train = crops(600)
    train["crop"] = train["crop"] + np.maximum(np.arange(600) - 400, 0)
    train["depth"] = np.where(np.arange(600) < 450, np.nan, train["depth"])
    plain = fit(problem(train=train), BOOSTING)
    dated = fit(problem(train=train, schema=schema(time=True)), BOOSTING)
    assert dated.half_width == plain.half_width


def test_sets_hold_each_class_at_the_level() -> None:
    """Of new rows of any class, a share of the level or more has it in the set."""
    model, unseen = fit(problem("multiclass", rows=1500), BOOSTING), crops(3000, "multiclass", 9)
    described = schema("multiclass")
    raw = predicted(model.pipeline, frame(unseen, features(described)), 3)
    held = members(apply_temperature(raw, model.beta), model.thresholds)
    y = target_values(unseen, described)
    for place in range(3):
        assert np.mean(held[y == place, place]) > 0.86
    assert held.sum(axis=1).mean() < 2


def test_sets_hold_what_comes_later() -> None:
    """Where classes are drawn by lot of late, dated rows have larger sets than undated ones."""
    train = crops(600, "binary")
    train["crop"][450:] = np.random.default_rng(0).permutation(train["crop"][450:])
    plain = fit(problem("binary", train=train), RIDGE)
    dated = fit(problem("binary", train=train, schema=schema("binary", time=True)), RIDGE)
    assert all(np.array(dated.thresholds) < np.array(plain.thresholds))


def test_a_class_that_is_new_leaves_the_sets_as_they_are() -> None:
    """What hardly any of the earlier rows are cannot be learned from them."""
    train = crops(600, "multiclass")
    train["crop"][:450] = np.where(train["crop"][:450] == "fair", "good", train["crop"][:450])
    train["crop"][0] = "fair"
    plain = fit(problem("multiclass", train=train), BOOSTING)
    dated = fit(
        problem("multiclass", train=train, schema=schema("multiclass", time=True)), BOOSTING
    )
    assert dated.thresholds == plain.thresholds


@pytest.mark.parametrize("entry", [RIDGE, BOOSTING])
def test_earlier_rows_of_one_class_leave_the_sets_as_they_are(entry: ModelParams) -> None:
    """Where only the latest rows know a second class, nothing is learned from looking ahead."""
    train = crops(300, "binary")
    train["crop"] = np.where((np.arange(300) < 260) | (np.arange(300) % 2), "no", "yes")
    plain = fit(problem("binary", train=train), entry)
    dated = fit(problem("binary", train=train, schema=schema("binary", time=True)), entry)
    assert dated.thresholds == plain.thresholds


def test_calibration_rows_set_the_temperature() -> None:
    """With a calibration part in which the classes are drawn by lot, probabilities are flat."""
    noise = crops(200, "binary", seed=5)
    noise["crop"] = np.random.default_rng(0).permutation(noise["crop"])
    assert fit(problem("binary", calibration=noise), RIDGE).beta < 0.4


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_calibrated_probabilities_hold_on_new_rows(task: str) -> None:
    """What an overconfident classifier says of unseen rows comes true about as often."""
    loud = ModelParams(
        classifier="sklearn.linear_model.LogisticRegression", params={"C": 1e6, "max_iter": 2000}
    )
    described = schema(task)
    train, unseen = crops(100, task), crops(2000, task, seed=4)
    rain = np.random.default_rng(1).normal(size=100)
    model = fit(problem(task, train=train | {"depth": rain}), loud)
    y = target_values(unseen, described)
    raw = predicted(model.pipeline, frame(unseen, features(described)), len(described.classes))
    assert calibration_gap(y, apply_temperature(raw, model.beta)) < calibration_gap(y, raw) + 0.02


@pytest.mark.parametrize("entry", [RIDGE, BOOSTING])
@pytest.mark.parametrize("task", TASKS)
def test_the_same_seed_gives_the_same_model(task: str, entry: ModelParams) -> None:
    """Fitting twice gives bit for bit the same predictions and the same constants."""
    first, again = fit(problem(task), entry), fit(problem(task), entry)
    np.testing.assert_array_equal(first.out_of_fold, again.out_of_fold)
    assert first.half_width == again.half_width
    assert (first.beta, first.thresholds) == (again.beta, again.thresholds)
    assert first.folds == again.folds


def test_each_fit_is_announced() -> None:
    """A progress bar can count the folds and the final fit."""
    steps: list[int] = []
    fit(problem(), RIDGE, lambda: steps.append(1))
    assert len(steps) == 4


def test_entities_stay_whole_where_there_is_a_group() -> None:
    """An entity's rows do not vouch for each other: a model that knows fields errs more then."""
    train = crops(300)
    train["crop"] = np.random.default_rng(0).gamma(1.0, 100.0, 75)[train["field"].astype(int)]
    train["rain"], train["depth"] = np.zeros(300), train["field"]
    tree = ModelParams(regressor="sklearn.tree.DecisionTreeRegressor")
    plain = fit(problem(schema=schema(), train=train), tree)
    grouped = fit(problem(schema=schema(group=True), train=train), tree)
    assert np.mean(grouped.folds["mae"]) > 3 * np.mean(plain.folds["mae"])


def test_the_baseline_is_linear_for_every_task() -> None:
    """The model to beat can be fitted on any table."""
    for task in TASKS:
        name = type(fit(problem(task), BASELINE).pipeline["model"]).__name__
        assert name in ("TransformedTargetRegressor", "LogisticRegression")


def test_the_spread_is_over_the_folds() -> None:
    """Mean and standard deviation of each metric are those of its values in the folds."""
    model = fit(problem(), RIDGE)
    found = spread(model)["mae"]
    assert found["mean"] == pytest.approx(np.mean(model.folds["mae"]))
    assert found["std"] == pytest.approx(np.std(model.folds["mae"], ddof=1))


@pytest.mark.parametrize("entry", [RIDGE, BOOSTING])
def test_a_column_without_values_is_left_out(entry: ModelParams) -> None:
    """A column that the contract has gained and nobody delivered yet breaks no training."""
    for known in (0, 1, 9):
        train = crops(60)
        train["depth"] = np.where(np.arange(60) < known, train["depth"], np.nan)
        given = problem(train=train)
        assert [each.name for each in given.inputs] == ["rain", "soil"]
        model = fit(given, entry)
        answers = predicted(model.pipeline, frame(crops(5), given.features), 0)
        assert np.isfinite(answers).all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"cv_folds": 300}, "has 200 rows"),
        ({"interval_level": 0.999}, "needs at least 999 rows"),
        (
            {"target_transform": "log", "train": crops(50) | {"crop": -np.arange(1.0, 51.0)}},
            "smallest",
        ),
    ],
)
def test_what_cannot_be_learned_is_refused(changed: dict[str, Any], message: str) -> None:
    """Params that do not fit the rows are named."""
    with pytest.raises(TrainingError, match=message):
        fit(problem(**changed), RIDGE)


@pytest.mark.parametrize("entry", [RIDGE, BOOSTING])
@pytest.mark.parametrize("kept", [0, 3])
def test_a_rare_class_is_learned_as_far_as_it_goes(entry: ModelParams, kept: int) -> None:
    """A class with few rows, or none, keeps its place among the probabilities."""
    train = crops(200, "multiclass")
    rows = (train["crop"] != "fair") | (np.cumsum(train["crop"] == "fair") <= kept)
    given = problem("multiclass", train={name: each[rows] for name, each in train.items()})
    model = fit(given, entry)
    assert model.out_of_fold.shape == (rows.sum(), 3)
    assert np.isfinite(model.folds["log_loss"]).all()


def test_no_usable_feature_is_refused() -> None:
    """A table of empty columns cannot be learned from."""
    empty = {name: np.full(50, np.nan) for name in ("rain", "depth")}
    given = problem(train=crops(50) | empty)
    only_numbers = given.__class__(
        given.schema, given.features[:2], given.params, given.seed, given.train
    )
    with pytest.raises(TrainingError, match="no feature has 10 values"):
        fit(only_numbers, RIDGE)


def test_a_model_that_predicts_nonsense_is_refused() -> None:
    """A model without finite answers is refused while it is trained, and named."""
    with pytest.raises(TrainingError, match=r"Wild (cannot predict|predicts)"):
        fit(problem(), ModelParams(regressor="tests.learning.picky.Wild"))
