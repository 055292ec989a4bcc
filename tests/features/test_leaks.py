"""Features that give the target away, and features that are only good."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn import datasets

from lockgate.errors import LeakError
from lockgate.features.leaks import guard
from lockgate.params import LeakParams
from lockgate.tables import Columns

LIMITS = LeakParams(refuse=0.995, warn=0.95)
TASKS = ((), ("no", "yes"), ("a", "b", "c"))
random = np.random.default_rng(5)
ROWS = 400
NUMBER = random.gamma(3.0, 10.0, ROWS).round(2)
CLASS = random.integers(0, 3, ROWS)
NOISE = random.normal(size=ROWS)
SIZE = random.integers(1, 40, ROWS).astype(np.float64)


def words(values: object) -> np.ndarray:
    """Return values as a category."""
    return np.array([str(value) for value in np.asarray(values).tolist()], dtype=object)


@pytest.mark.parametrize(
    ("feature", "evidence"),
    [
        (NUMBER, "is the target itself"),
        (np.where(NOISE > 0, NUMBER, np.nan), "is the target itself"),
        (3 - 0.5 * NUMBER, "is an exact linear function"),
        (np.log(NUMBER), "rank correlation of 1.0000"),
        (-np.sqrt(NUMBER) + 0.03 * NOISE, "rank correlation of 0.99"),
        (words((NUMBER * 2).round() / 2), "rank correlation of 0.99"),
    ],
)
def test_what_says_the_number_is_refused(feature: np.ndarray, evidence: str) -> None:
    """A copy, a function, or a fine code of the target is refused, with the evidence."""
    columns = {"noise": NOISE, "leaky": feature}
    target, columns = np.tile(NUMBER, 3), {k: np.tile(v, 3) for k, v in columns.items()}
    with pytest.raises(LeakError, match=f"'leaky' .*{evidence}") as refusal:
        guard(columns, target, (), LIMITS)
    assert "'noise'" not in str(refusal.value)


@pytest.mark.parametrize(
    ("left", "right", "evidence"),
    [
        (NOISE, NUMBER - NOISE, "'left' plus 'right' is the target"),
        (NUMBER + NOISE * 50, NOISE * 50, "'left' minus 'right' is the target"),
        (NOISE * 50, NUMBER + NOISE * 50, "'left' subtracted from 'right' is the target"),
        (NOISE * 50, NUMBER + NOISE * 50, "'right' minus 'left' is the target"),
        (SIZE, NUMBER / SIZE, "'left' times 'right' is the target"),
        (SIZE, 0.19 * NUMBER / SIZE, "'right' times 'left' is the target"),
        (NUMBER * SIZE, SIZE, "'left' divided by 'right' is the target"),
        (SIZE, NUMBER * SIZE, "'left' dividing 'right' is the target"),
    ],
)
def test_two_parts_of_the_target_are_refused(
    left: np.ndarray, right: np.ndarray, evidence: str
) -> None:
    """A sum or a difference that is the target leaks, though neither part does alone."""
    with pytest.raises(LeakError, match=evidence):
        guard({"left": left, "right": right, "noise": random.random(ROWS)}, NUMBER, (), LIMITS)


@pytest.mark.parametrize(
    "gaps",
    [
        lambda rows: rows < 900,
        lambda rows: rows % 5 > 0,
        lambda rows: random.random(len(rows)) > 0.2,
    ],
)
def test_parts_with_gaps_are_refused(gaps: Callable[[np.ndarray], np.ndarray]) -> None:
    """Columns that begin late, or are filled in one row of five, are judged where they are."""
    target, noise = np.tile(NUMBER, 5), random.normal(size=5 * ROWS) * 50
    rows = np.arange(len(target))
    columns = {
        "left": np.where(gaps(rows), np.nan, target - noise),
        "right": np.where(gaps(rows), np.nan, noise),
        "other": random.random(len(target)),
    }
    with pytest.raises(LeakError, match="'left' plus 'right' is the target"):
        guard(columns, target, (), LIMITS)


def test_a_rounded_product_is_refused() -> None:
    """Quantity times price is the total, though the total is rounded to the cent."""
    total = np.round(SIZE * NOISE * 7, 2)
    columns = {"quantity": SIZE, "noise": random.random(ROWS), "price": NOISE * 7}
    with pytest.raises(LeakError, match="'quantity' times 'price' is the target") as refusal:
        guard(columns, total, (), LIMITS)
    assert "'price' times 'quantity' is the target" in str(refusal.value)


def test_parts_that_agree_at_first_and_differ_later_are_no_sum() -> None:
    """The whole sample must agree, not just its beginning."""
    right = NUMBER - 50 * NOISE
    right[300:] += random.normal(size=100)
    assert guard({"left": 50 * NOISE, "right": right}, NUMBER, (), LIMITS) == ()


@pytest.mark.parametrize(
    "feature",
    [
        CLASS + 0.1 * random.random(ROWS),
        CLASS.astype(float),
        np.choose(CLASS, [7.0, 3.0, 5.0]),
        np.choose(CLASS, [7.0, 3.0, 5.0]) + 10 * random.integers(0, 2, ROWS),
        words(CLASS),
        np.where(CLASS > 0, words(CLASS), ""),
    ],
)
def test_what_says_the_class_is_refused(feature: np.ndarray) -> None:
    """A code, a score or a word for each class is refused, in whatever order."""
    with pytest.raises(LeakError, match="'leaky' tells the classes apart"):
        guard({"leaky": feature, "noise": NOISE}, CLASS, TASKS[2], LIMITS)


def test_a_value_that_only_one_class_has_is_refused() -> None:
    """What is filled in only after the answer is known gives it away by being there."""
    churned = (CLASS == 1).astype(int)
    refund = np.where(churned == 1, random.random(ROWS), np.nan)
    with pytest.raises(LeakError, match="'refund'"):
        guard({"refund": refund}, churned, TASKS[1], LIMITS)


def test_a_repeated_name_with_one_answer_is_refused() -> None:
    """A category of many levels, each with one answer in every row, is a key to the answer."""
    customer = random.integers(0, 60, ROWS)
    with pytest.raises(LeakError, match="'customer'"):
        guard({"customer": words(customer)}, customer % 2, TASKS[1], LIMITS)


def test_a_level_of_a_single_row_proves_nothing() -> None:
    """A category with a level for each row knows nothing of other rows, and is no leak."""
    assert guard({"id": words(np.arange(ROWS))}, CLASS, TASKS[2], LIMITS) == ()
    assert guard({"id": words(np.arange(ROWS))}, NUMBER, (), LIMITS) == ()


def test_a_feature_that_knows_one_class_of_three_is_no_leak() -> None:
    """Petals that tell one kind of iris from the rest are a good feature."""
    petal = np.where(CLASS == 0, 1.0, 5.0) + 0.2 * NOISE
    assert guard({"petal": petal}, CLASS, TASKS[2], LIMITS) == ()


def test_between_the_limits_is_reported() -> None:
    """A suspiciously good feature passes, and is reported, the worst first."""
    columns = {"good": NUMBER + 4 * NOISE, "better": NUMBER + 2 * NOISE, "noise": NOISE}
    found = guard(columns, NUMBER, (), LIMITS)
    assert [leak.feature for leak in found] == ["better", "good"]
    assert all(LIMITS.warn <= leak.score < LIMITS.refuse for leak in found)


def test_the_limits_are_params() -> None:
    """A feature that is honest can be let through by a higher limit."""
    columns = {"honest": NUMBER + 0.3 * NOISE}
    with pytest.raises(LeakError, match=r"raise featurize\.leaks\.refuse"):
        guard(columns, NUMBER, (), LIMITS)
    (found,) = guard(columns, NUMBER, (), LeakParams(refuse=1.0, warn=0.95))
    assert found.feature == "honest"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "feature",
    [
        np.full(ROWS, np.nan),
        np.ones(ROWS),
        np.where(np.arange(ROWS) < 20, NUMBER, np.nan),
        np.full(ROWS, "", dtype=object),
    ],
)
@pytest.mark.parametrize("classes", TASKS)
def test_too_little_to_judge_is_no_leak(feature: np.ndarray, classes: tuple[str, ...]) -> None:
    """A constant, an empty column or twenty values prove nothing, and break nothing."""
    target = CLASS % len(classes) if classes else NUMBER
    assert guard({"feature": feature}, target, classes, LIMITS) == ()


@pytest.mark.parametrize("classes", TASKS)
def test_a_handful_of_rows_is_not_judged(classes: tuple[str, ...]) -> None:
    """With a few rows anything may look perfect."""
    columns: Columns = {"copy": NUMBER[:12], "word": words(NUMBER[:12])}
    target = CLASS[:12] % len(classes) if classes else NUMBER[:12]
    assert guard(columns, target, classes, LIMITS) == ()


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "diabetes", "iris"])
def test_honest_tables_pass(name: str) -> None:
    """No feature of the well-known tables is taken for a leak."""
    table = getattr(datasets, f"load_{name}")()
    columns = dict(zip(table.feature_names, table.data.T.astype(float), strict=True))
    guard(columns, table.target, tuple(getattr(table, "target_names", ())), LIMITS)
