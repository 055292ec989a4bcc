"""How the training rows are divided for cross-validation."""

from typing import Any

import numpy as np
import pytest

from lockgate.errors import TrainingError
from lockgate.features.target import target_values
from lockgate.learning.folds import folds, latest
from tests.learning.crops import crops, schema

TASKS = ("regression", "binary", "multiclass")


def divided(task: str, *, group: bool = False, count: int = 4, rows: int = 120) -> Any:
    """Divide crops; return the rows, their target and the folds."""
    described, train = schema(task, group=group), crops(rows, task)
    y = target_values(train, described)
    return train, y, folds(train, y, described, count, seed=1)


@pytest.mark.parametrize("group", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_each_row_is_predicted_once_and_never_by_its_own_model(task: str, group: bool) -> None:
    """Every row is held back in exactly one fold, and is not among the rows fitted on there."""
    _, _, parts = divided(task, group=group)
    held = np.concatenate([held for _, held in parts])
    assert sorted(held) == list(range(120))
    assert len(parts) == 4
    assert all(not set(fit_on) & set(held) for fit_on, held in parts)


@pytest.mark.parametrize("task", TASKS)
def test_an_entity_is_never_divided(task: str) -> None:
    """With a group column, a model never predicts an entity that it was fitted on."""
    train, _, parts = divided(task, group=True)
    for fit_on, held in parts:
        assert not set(train["field"][fit_on]) & set(train["field"][held])


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classes_keep_their_shares(task: str) -> None:
    """Each fold has about as many rows of a class as any other."""
    _, y, parts = divided(task)
    for code in np.unique(y):
        counts = [np.sum(y[held] == code) for _, held in parts]
        assert max(counts) - min(counts) <= 1


def test_the_seed_decides() -> None:
    """Equal seeds give equal folds, and another seed gives others."""
    train, described = crops(50), schema()
    first, again, other = (
        folds(train, train["crop"], described, 3, seed)[0][1].tolist() for seed in (1, 1, 2)
    )
    assert first == again != other


def test_too_few_rows_are_refused() -> None:
    """Fewer rows than folds is said in so many words."""
    with pytest.raises(TrainingError, match=r"has 3 rows, and train\.cv_folds asks for 4"):
        divided("regression", rows=3)


def test_too_few_entities_are_refused() -> None:
    """Many rows of few entities cannot be divided."""
    with pytest.raises(TrainingError, match="has 3 different values of field"):
        divided("regression", group=True, rows=12)


def with_few(kept: int, task: str = "multiclass") -> Any:
    """Divide crops of which all but a few of one class were taken away."""
    described, train = schema(task), crops(90, task)
    y = target_values(train, described)
    rows = np.concatenate([np.flatnonzero(y != 1), np.flatnonzero(y == 1)[:kept]])
    train = {each: values[rows] for each, values in train.items()}
    return y[rows], folds(train, y[rows], described, 5, 0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kept", [0, 3, 4])
def test_a_rare_or_absent_class_is_no_obstacle(kept: int) -> None:
    """A class with fewer rows than folds, or with none, does not stop the others."""
    y, parts = with_few(kept)
    assert sum(np.sum(y[held] == 1) for _, held in parts) == kept
    for fit_on, _ in parts:
        assert np.sum(y[fit_on] == 1) >= min(kept, 2)


@pytest.mark.parametrize("kept", [1, 2])
def test_a_class_without_enough_rows_is_named(kept: int) -> None:
    """One or two rows of a class can neither be learned nor checked."""
    with pytest.raises(TrainingError, match=f"has {kept} rows of the class 'fair'"):
        with_few(kept)


def test_one_class_alone_is_refused() -> None:
    """Where all rows say the same there is nothing to learn."""
    with pytest.raises(TrainingError, match="column crop: every row .* has the value no"):
        with_few(0, "binary")


def test_a_constant_target_is_refused() -> None:
    """A number that never varies would make a perfect, useless model."""
    train = crops(40)
    with pytest.raises(TrainingError, match="column crop: every row .*, 40 in all, .* value 2.5"):
        folds(train, np.full(40, 2.5), schema(), 3, 0)


def test_the_latest_rows_are_as_many_as_a_fold() -> None:
    """They are kept back from the earlier ones, among which are those without a time."""
    described, train = schema(time=True), crops(120)
    train["cut_on"] = np.random.default_rng(0).permutation(train["cut_on"])
    train["cut_on"][:20] = np.datetime64("NaT")
    found = latest(train, described, 4)
    assert found is not None
    earlier, late = found
    assert len(late) == 25
    assert sorted([*earlier, *late]) == list(range(120))
    assert set(range(20)) <= set(earlier)
    assert train["cut_on"][late].min() > np.nanmax(train["cut_on"][earlier])


@pytest.mark.parametrize("days", [np.datetime64("NaT", "s"), np.datetime64("2025-01-01", "s")])
def test_rows_that_cannot_be_divided_by_time_have_no_latest(days: np.datetime64) -> None:
    """Without a time column, without a time, and where most rows are of the last day."""
    train = crops(60)
    assert latest(train, schema(), 4) is None
    assert latest(train | {"cut_on": np.full(60, days)}, schema(time=True), 4) is None
