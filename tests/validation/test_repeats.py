"""Repeated values are found over any number of batches, exactly."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.tables import Columns
from lockgate.validation import repeats
from lockgate.validation.repeats import RepeatCounter, among, repeated_values

TEXTS = st.lists(st.lists(st.sampled_from(["", "a", "b", "c", "d", "e"]), max_size=6), max_size=5)


@given(batches=TEXTS)
@settings(max_examples=100, deadline=None)
def test_repeats_over_batches(batches: list[list[str]]) -> None:
    """A value counts as repeated wherever its rows stand; missing values never do."""

    def scan() -> Iterator[Columns]:
        for batch in batches:
            yield {"x": np.array(batch, dtype=object)}

    counts = Counter(text for batch in batches for text in batch if text)
    found = repeated_values(scan, ["x"])["x"]
    assert set(found) == {text for text, count in counts.items() if count > 1}
    counter = RepeatCounter()
    for columns in scan():
        counter.add(columns["x"])
    assert counter.repeats == counts.total() - len(counts)


def test_two_values_with_one_hash_are_no_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where hashes collide, the values themselves decide."""
    monkeypatch.setattr(repeats, "hashes", lambda values: np.zeros(len(values), np.uint64))
    batch = {"x": np.array(["a", "b", "b"], dtype=object)}
    assert repeated_values(lambda: iter([batch]), ["x"])["x"].tolist() == ["b"]


def test_numbers_and_moments() -> None:
    """Minus zero repeats zero; a missing number or moment repeats nothing."""
    numbers = np.array([0.0, -0.0, 1.0, np.nan, np.nan])
    moments = np.array(["2024-01-01", "2024-01-01", "NaT", "NaT", "2024-01-02"], "datetime64[s]")
    columns = {"n": numbers, "m": moments}
    found = repeated_values(lambda: iter([columns]), ["n", "m"])
    assert among(numbers, found["n"]).tolist() == [True, True, False, False, False]
    assert among(moments, found["m"]).tolist() == [True, True, False, False, False]


def test_without_repeats_nothing_is_among_them() -> None:
    """The usual case: no value repeats."""
    texts = np.array(["a", "b"], dtype=object)
    found = repeated_values(lambda: iter([{"x": texts}]), ["x"])["x"]
    assert not among(texts, found).any()
