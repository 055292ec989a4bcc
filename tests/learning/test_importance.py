"""How much a model leans on each of its inputs."""

import numpy as np

from lockgate.learning.importance import permutation_importance
from lockgate.tables import Columns

random = np.random.default_rng(0)
COLUMNS: Columns = {name: random.normal(size=300) for name in ("much", "little", "none")}
TRUTH = 3 * COLUMNS["much"] + COLUMNS["little"]


def loss(columns: Columns) -> float:
    """Return the error of a model that knows the truth."""
    return float(np.mean(np.abs(3 * columns["much"] + columns["little"] - TRUTH)))


def test_the_order_is_that_of_the_weights() -> None:
    """The column that matters most comes first, and one that the model ignores has nothing."""
    found = permutation_importance(COLUMNS, list(COLUMNS), loss, repeats=5, seed=1)
    assert [each.name for each in found] == ["much", "little", "none"]
    assert (found[2].mean, found[2].spread) == (0, 0)
    assert found[0].mean > 2 * found[1].mean > 0
    assert found[0].spread > 0


def test_a_column_has_its_own_permutations() -> None:
    """Asking for other columns too changes nobody's importance; another seed changes it."""
    alone = permutation_importance(COLUMNS, ["little"], loss, repeats=3, seed=1)
    among = permutation_importance(COLUMNS, list(COLUMNS), loss, repeats=3, seed=1)
    assert alone[0] in among
    assert permutation_importance(COLUMNS, ["little"], loss, repeats=3, seed=2) != alone


def test_the_columns_stay_as_they_are() -> None:
    """Measuring does not shuffle the caller's rows."""
    before = {name: values.copy() for name, values in COLUMNS.items()}
    permutation_importance(COLUMNS, list(COLUMNS), loss, repeats=1, seed=1)
    for name, values in before.items():
        np.testing.assert_array_equal(COLUMNS[name], values)
