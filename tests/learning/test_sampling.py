"""Fewer rows to search on."""

import numpy as np
import pytest

from lockgate.errors import TrainingError
from lockgate.features.target import target_values
from lockgate.learning.fit import fit
from lockgate.learning.problem import Problem
from lockgate.learning.sampling import searched_part
from lockgate.params import EnsembleParams
from tests.learning.crops import RIDGE, TREES, crops, ensemble, problem, schema

LINEAR = RIDGE.model_dump() | {"space": {"alpha": {"low": 0.1, "high": 10.0}}}


def searching(rows: int | None, combine: str = "blend") -> EnsembleParams:
    """Make an ensemble that is searched on so many rows."""
    search = {"trials": 2, "rows": rows}
    return ensemble(combine, search, linear=LINEAR, trees=TREES)


def part(given: Problem, rows: int | None) -> dict[str, np.ndarray]:
    """Return the rows that are searched on."""
    y = target_values(given.train, given.schema)
    return searched_part(given, searching(rows), y).train


def test_a_search_sees_as_many_rows_as_it_is_told() -> None:
    """The rows are drawn by the seed, with the lowest and the highest target among them."""
    given = problem(rows=500)
    few = part(given, 100)
    assert 100 <= len(few["crop"]) <= 102
    assert (few["crop"].min(), few["crop"].max()) == (
        given.train["crop"].min(),
        given.train["crop"].max(),
    )
    np.testing.assert_array_equal(few["crop"], part(given, 100)["crop"])
    kept = np.isin(given.train["crop"], few["crop"])
    assert 20 < kept[:250].sum() < 80


@pytest.mark.parametrize("rows", [None, 500, 5000])
def test_all_rows_are_searched_where_there_are_no_more(rows: int | None) -> None:
    """A table that is small enough stays as it is."""
    given = problem(rows=500)
    assert part(given, rows) is given.train
    assert searched_part(given, RIDGE, given.train["crop"]) is given


def test_rare_classes_stay() -> None:
    """A class of which there are few rows keeps them."""
    train = crops(2000, "multiclass")
    rows = (train["crop"] != "fair") | (np.cumsum(train["crop"] == "fair") <= 20)
    given = problem("multiclass", train={name: each[rows] for name, each in train.items()})
    few = part(given, 100)
    assert np.sum(few["crop"] == "fair") == 20
    assert len(few["crop"]) < 300


def test_numbers_that_are_seldom_known_stay() -> None:
    """What is learned from all rows is learned from those that are searched on, and no less."""
    train = crops(2000)
    train["depth"] = np.where(np.arange(2000) % 50 == 7, train["depth"], np.nan)
    given = problem(train=train)
    few = part(given, 60)
    assert np.sum(~np.isnan(few["depth"])) == 40
    assert len(few["crop"]) < 110
    encoder = fit(given, searching(60, "best")).pipeline["preprocess"]
    assert encoder.transformers_[0][2] == ["rain", "depth"]


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_too_few_rows_to_search_on_are_named(task: str) -> None:
    """Where all rows would do, it is `search.rows` that has to change."""
    with pytest.raises(TrainingError, match="search.rows is 2, and the .* too few"):
        fit(problem(task, interval_level=0.995, rows=400), searching(2))
    given = problem(task, interval_level=0.995, rows=400, calibration=crops(300, task, seed=1))
    assert len(part(given, 2)["crop"]) < 199
    few = problem(schema=schema(group=True), train=crops(400) | {"field": np.arange(400) // 100})
    with pytest.raises(TrainingError, match="search.rows is 20, and the .* too few"):
        part(few, 20)
    with pytest.raises(TrainingError, match="needs at least 999 rows, and there are"):
        fit(problem(task, interval_level=0.999), searching(60))


def test_entities_stay_whole() -> None:
    """Of an entity all rows are searched on, or none."""
    given = problem(schema=schema(group=True), train=crops(800))
    few = part(given, 100)
    assert 100 <= len(few["field"]) < 200
    for field in np.unique(few["field"]):
        assert np.sum(few["field"] == field) == np.sum(given.train["field"] == field)


@pytest.mark.parametrize("combine", ["blend", "stack", "best"])
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_the_model_is_fitted_on_all_rows(task: str, combine: str) -> None:
    """What was found on some rows is fitted on all of them, and judged on those searched on."""
    given = problem(task, rows=600)
    model = fit(given, searching(200, combine))
    assert 200 <= len(model.out_of_fold) <= 300
    assert ("mae" if task == "regression" else "log_loss") in model.folds
    best = ensemble("best", {"trials": 1, "rows": 100}, linear=LINEAR)
    learned = fit(given, best).pipeline["preprocess"]["numbers"]["scale"].n_samples_seen_
    assert np.max(learned) == 600
