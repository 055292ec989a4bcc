"""Behavioural checks, asked of good models and of deliberately broken ones."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lockgate.errors import ParamsError
from lockgate.learning.checks import CheckResult, run_checks
from lockgate.params import CheckParams
from lockgate.tables import Columns
from tests.learning.crops import crops, schema

ROWS = crops(200)
Predict = Callable[[Columns], np.ndarray]


def sound(columns: Columns) -> np.ndarray:
    """Predict more with more rain, less with more depth, and leave the field out of it."""
    rain = np.nan_to_num(columns["rain"], nan=50.0)
    return np.asarray(rain - columns["depth"] + 5 * (columns["soil"] == "loam"))


def backwards(columns: Columns) -> np.ndarray:
    """Predict the opposite."""
    return -sound(columns)


def deaf(columns: Columns) -> np.ndarray:
    """Predict the same for all."""
    return np.full(len(columns["rain"]), 7.0)


def mostly(columns: Columns) -> np.ndarray:
    """Predict rightly in four rows of five."""
    return np.where(columns["field"] % 5 == 0, -1.0, 1.0) * sound(columns)


def nosy(columns: Columns) -> np.ndarray:
    """Look at the field, which is nobody's business."""
    return sound(columns) + columns["field"] / 1000


def jealous(columns: Columns) -> np.ndarray:
    """Look at other rows."""
    return sound(columns) + np.arange(len(columns["rain"]))


def check(kind: Any, column: str, direction: Any = None, **more: Any) -> CheckParams:
    """Declare a check."""
    step = None if kind == "invariant" else 1.0
    return CheckParams(kind=kind, column=column, direction=direction, **({"step": step} | more))


def ask(predict: Predict, *checks: CheckParams, rows: Columns = ROWS) -> list[CheckResult]:
    """Run checks without the one for the order, which always comes last."""
    return run_checks(checks, schema(), predict, rows)[:-1]


RAIN_UP, DEPTH_DOWN = check("monotone", "rain", "up"), check("directional", "depth", "down")
SAME_FIELD = check("invariant", "field")


def test_a_sound_model_passes() -> None:
    """A model that behaves passes every check, and the result says how many rows were asked."""
    found = ask(sound, RAIN_UP, DEPTH_DOWN, SAME_FIELD)
    assert all(result.passed for result in found)
    assert [result.value for result in found] == pytest.approx([1.0, 1.0, 0.0])
    assert found[1].rows == 200
    assert "monotone: rain + 1 moves the prediction up" in found[0].check


@pytest.mark.parametrize(
    ("broken", "failing"),
    [
        (backwards, [RAIN_UP, DEPTH_DOWN]),
        (deaf, [RAIN_UP, DEPTH_DOWN]),
        (mostly, [RAIN_UP, SAME_FIELD]),
        (nosy, [SAME_FIELD]),
    ],
)
def test_a_broken_model_fails(broken: Predict, failing: list[CheckParams]) -> None:
    """A model that goes the wrong way, ignores a column, or looks where it must not, fails."""
    for declared in (RAIN_UP, DEPTH_DOWN, SAME_FIELD):
        (found,) = ask(broken, declared)
        assert found.passed == (declared not in failing), found.reason


def test_monotone_asks_of_most_rows_and_directional_of_the_average() -> None:
    """A model that is right in four rows of five is directional and, at 95 %, not monotone."""
    monotone, lenient, directional = ask(
        mostly,
        RAIN_UP,
        check("monotone", "rain", "up", min_share=0.7),
        check("directional", "rain", "up"),
    )
    assert (monotone.passed, lenient.passed, directional.passed) == (False, True, True)
    assert monotone.value == lenient.value == pytest.approx(0.8, abs=0.08)
    assert (monotone.bound, directional.bound) == (0.95, 0.0)


@pytest.mark.parametrize(("predict", "passes"), [(sound, True), (jealous, False)])
def test_the_order_of_rows_and_columns_is_always_checked(predict: Predict, passes: bool) -> None:
    """A prediction must not depend on where its row stands, whether or not anyone asks."""
    result = run_checks((), schema(), predict, ROWS)[-1]
    assert result.passed is passes
    assert "order of rows and columns" in result.check


def test_values_that_the_contract_forbids_are_not_tried() -> None:
    """A step over the contract's maximum is not asked for, and missing values cannot step."""
    (found,) = ask(sound, check("monotone", "rain", "up", step=60.0))
    assert found.rows == np.sum(ROWS["rain"] <= 40)
    (none,) = ask(sound, check("monotone", "rain", "up", step=101.0))
    assert (none.passed, none.value, none.rows) == (False, None, 0)


def test_a_rounding_error_is_no_move() -> None:
    """A change in the last digit counts neither for nor against."""
    wobble = np.random.default_rng(0).normal(0, 1e-13, 200)
    (found,) = ask(lambda columns: sound(columns) * (1 + wobble), check("monotone", "field", "up"))
    assert found.value == 1.0
    assert not found.passed


def test_a_column_with_one_value_cannot_be_exchanged() -> None:
    """An invariance that no row can show is not passed by default."""
    (found,) = ask(sound, SAME_FIELD, rows=ROWS | {"field": np.full(200, np.nan)})
    assert (found.passed, found.value, found.rows) == (False, None, 0)


@pytest.mark.parametrize("name", ["soil", "crop"])
def test_only_numbers_can_be_stepped(name: str) -> None:
    """A step added to a word is a mistake in params, and is named."""
    described = schema("binary")
    with pytest.raises(ParamsError, match=f"{name} is a string"):
        run_checks([check("monotone", name, "up")], described, sound, ROWS)


def test_an_unknown_column_is_named() -> None:
    """A misspelt column is refused with the nearest one."""
    with pytest.raises(ParamsError, match="did you mean 'rain'"):
        ask(sound, check("monotone", "rian", "up"))
