"""Rows that came more than once."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.features.batches import concatenate, select
from lockgate.features.duplicates import keep_last
from lockgate.tables import Columns
from tests.features.parcels import parcels, schema


def delivered(*rows: tuple[str, float]) -> Columns:
    """Make rows that differ in key and weight alone."""
    columns = select(parcels(1), np.zeros(len(rows), dtype=int))
    keys, weights = zip(*rows, strict=True)
    return columns | {"parcel_id": np.array(keys, dtype=object), "weight": np.array(weights)}


def test_the_last_delivered_row_wins() -> None:
    """A row that comes again with the same key corrects the earlier ones."""
    kept = keep_last([delivered(("P1", 1), ("P2", 1), ("P1", 2), ("P1", 3))], schema())
    assert kept.mask.tolist() == [False, True, False, True]
    assert (kept.duplicates, kept.repeated_keys) == (0, 2)


def test_an_exact_duplicate_is_counted_apart() -> None:
    """A row that says the same again is a duplicate and no correction."""
    kept = keep_last(
        [delivered(("P1", 1), ("P1", 2), ("P1", 2), ("P2", np.nan), ("P2", np.nan))], schema()
    )
    assert kept.mask.tolist() == [False, False, True, False, True]
    assert (kept.duplicates, kept.repeated_keys) == (2, 1)


def test_a_repeat_is_found_across_batches() -> None:
    """It does not matter how the rows were divided into batches."""
    rows = delivered(("P1", 1), ("P2", 1), ("P1", 2))
    batches = [select(rows, np.array([place])) for place in range(3)]
    kept = keep_last(batches, schema())
    assert kept.mask.tolist() == [False, True, True]


def test_without_a_key_equal_rows_all_stay() -> None:
    """Two equal rows of a table without a key are two things that look alike."""
    rows = concatenate([parcels(3), parcels(3)])
    kept = keep_last([rows], schema("parcel_id"))
    assert kept.mask.all()
    assert (len(kept.mask), kept.duplicates, kept.repeated_keys) == (6, 0, 0)


def test_rows_that_lack_their_key_all_stay() -> None:
    """A missing key is not a key that rows share."""
    kept = keep_last([delivered(("", 1), ("", 1), ("P1", 1))], schema())
    assert kept.mask.all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([1.0, 2.0])), min_size=1))
def test_each_key_is_kept_once_and_every_row_is_accounted_for(
    rows: list[tuple[str, float]],
) -> None:
    """Kept, duplicate and replaced rows add up, and each key keeps its last row."""
    kept = keep_last([delivered(*rows)], schema())
    last = {key: place for place, (key, _) in enumerate(rows)}
    assert np.flatnonzero(kept.mask).tolist() == sorted(last.values())
    assert kept.mask.sum() + kept.duplicates + kept.repeated_keys == len(rows)
