"""Stable hashes: on every machine, in every run, in any batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.features.batches import select
from lockgate.features.hashing import content_hash, entity_hash, uniform, value_hash
from tests.features.parcels import column, parcels, schema

TEXT = np.array(["", "S1", "Zürich", "\U0001f3e0"], dtype=object)
NUMBERS = np.array([np.nan, 0.0, 1.0, -2.5])
TIMES = np.array(["NaT", "1970-01-01", "2024-02-29"], dtype="datetime64[s]")


def test_known_answers() -> None:
    """These numbers never change: rows would move between train and test if they did."""
    assert value_hash(TEXT).tolist() == [
        0,
        6324821463507739907,
        7424669937979758302,
        11798925088382280149,
    ]
    assert value_hash(NUMBERS).tolist() == [
        0,
        16294208416658607535,
        9860564707913756141,
        16147957956850547208,
    ]
    assert value_hash(TIMES).tolist() == [0, 16294208416658607535, 9124258150158629551]
    assert uniform(np.array([1, 2], dtype=np.uint64), "split").tolist() == [
        0.8044464391494794,
        0.6406556810696324,
    ]
    row = {"weight": np.array([1.0]), "size": np.array(["small"], dtype=object)}
    described = [column("weight"), column("size", "string")]
    assert content_hash(row, described).tolist() == [10379979855652453711]


def test_zero_and_minus_zero_are_one_number() -> None:
    """Equal values have equal hashes."""
    first, second = value_hash(np.array([0.0, -0.0]))
    assert first == second != 0


def test_a_column_added_later_leaves_old_rows_alone() -> None:
    """A missing value adds nothing: rows keep their hash when the contract gains a column."""
    columns = {"weight": np.array([1.0, 2.0]), "extra": np.array([np.nan, 3.0])}
    before = content_hash(columns, [column("weight")])
    after = content_hash(columns, [column("weight"), column("extra")])
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_equal_values_in_other_columns_differ() -> None:
    """A row with its values swapped is another row."""
    columns = {"a": np.array([1.0, 2.0]), "b": np.array([2.0, 1.0])}
    first, second = content_hash(columns, [column("a"), column("b")])
    assert first != second


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(12)))
def test_a_rows_hash_does_not_depend_on_its_neighbours(order: list[int]) -> None:
    """Hashes follow their rows through any reordering."""
    columns, described = parcels(12), schema().columns
    shuffled = select(columns, np.array(order))
    np.testing.assert_array_equal(
        content_hash(shuffled, described), content_hash(columns, described)[order]
    )


def test_an_entity_is_its_group_else_its_key_else_its_content() -> None:
    """A row without a group is known by its key, and one without both by what it says."""
    columns = parcels(4)
    columns["sender"][:] = ["S1", "S1", "", ""]
    columns["parcel_id"][:] = ["P1", "P2", "P3", ""]
    found = entity_hash(columns, schema())
    assert found[0] == found[1] == value_hash(columns["sender"])[0]
    assert found[2] == value_hash(columns["parcel_id"])[2]
    assert len(set(found.tolist())) == 3


@pytest.mark.parametrize("role", ["key", "group"])
def test_an_entity_does_not_depend_on_the_type_of_its_name(role: str) -> None:
    """A contract that turns a number into a text, or a day into one, moves no row."""
    described = schema("parcel_id", "sender", id=column("id", "string", role))
    rows = parcels(3)
    for name, typed in (
        (["7", "49301234567890", ""], [7.0, 49301234567890.0, np.nan]),
        (["1.5", "-3", "0"], [1.5, -3.0, -0.0]),
        (["2024-05-06", "", ""], np.array(["2024-05-06", "NaT", "NaT"], "datetime64[s]")),
    ):
        text = entity_hash(rows | {"id": np.array(name, dtype=object)}, described)
        np.testing.assert_array_equal(entity_hash(rows | {"id": np.array(typed)}, described), text)


def test_the_content_that_counts_is_what_is_known_before_the_target() -> None:
    """A corrected target or note does not make another thing of a row."""
    plain = schema("parcel_id", "sender")
    columns = parcels(5)
    changed = columns | {"cost": columns["cost"] + 1, "note": columns["note"][::-1]}
    np.testing.assert_array_equal(entity_hash(columns, plain), entity_hash(changed, plain))
    moved = columns | {"pieces": columns["pieces"] + 1}
    assert (entity_hash(columns, plain) != entity_hash(moved, plain)).all()


@pytest.mark.parametrize("kind", ["text", "numbers"])
def test_the_numbers_are_uniform_and_independent_for_each_purpose(kind: str) -> None:
    """A share of the rows is that share, and two purposes do not choose the same rows."""
    count = 20_000
    values = np.arange(count).astype(float)
    if kind == "text":
        values = np.array([f"S{number}" for number in range(count)], dtype=object)
    hashes = value_hash(values)
    one, other = uniform(hashes, "split"), uniform(hashes, "leaks")
    assert np.abs(np.histogram(one, bins=10, range=(0, 1))[0] / count - 0.1).max() < 0.01
    assert abs(np.mean((one < 0.2) & (other < 0.2)) - 0.04) < 0.01
