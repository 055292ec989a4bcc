"""The loss in parts of the test rows."""

import numpy as np
import pytest

from lockgate.learning.slices import cut, judge

WORDS = np.array(["a"] * 5 + ["b"] * 4 + ["c", "d"] + [""] * 3, dtype=object)


def sizes(values: np.ndarray, bands: int | None = None, min_rows: int = 1) -> dict[str, int]:
    """Return the number of rows of each slice."""
    return {name: int(rows.sum()) for name, rows in cut(values, bands, min_rows).items()}


def test_text_is_cut_by_its_values() -> None:
    """Each word is a slice, and so is its absence."""
    assert sizes(WORDS) == {"a": 5, "b": 4, "c": 1, "d": 1, "(missing)": 3}


def test_small_slices_are_merged() -> None:
    """Words with too few rows share a slice, which says how many they are."""
    assert sizes(WORDS, min_rows=2) == {"a": 5, "b": 4, "(missing)": 3, "(other: 2)": 2}
    assert sizes(WORDS, min_rows=4) == {"a": 5, "b": 4, "(other: 3)": 5}


def test_what_stays_too_small_is_left_out() -> None:
    """So few rows measure chance, and chance must not reject a model."""
    assert sizes(WORDS, min_rows=3) == {"a": 5, "b": 4, "(missing)": 3}
    assert sizes(WORDS, min_rows=20) == {}


def test_few_numbers_are_cut_by_value() -> None:
    """A number with few values is cut like a word."""
    assert sizes(np.array([2.0, 1.0, 2.0, np.nan, 0.5])) == {
        "0.5": 1,
        "1": 1,
        "2": 2,
        "(missing)": 1,
    }


def test_many_numbers_are_cut_into_bands() -> None:
    """A number with many values gives five bands of as many rows, named by their ends."""
    found = sizes(np.arange(1000.0, 2000.0))
    assert list(found.values()) == [200] * 5
    assert "1,000 to 1,200" in found
    assert list(sizes(np.arange(100.0), bands=2).values()) == [50, 50]


def test_bands_of_equal_numbers_fall_together() -> None:
    """Edges that coincide give fewer bands, and no row is lost."""
    assert sizes(np.array([0.0] * 90 + list(range(1, 11))), bands=5) == {"0 to 10": 100}
    assert sizes(np.full(30, 7.0), bands=3) == {"7 to 7": 30}


def test_dates_are_cut_by_month_or_into_bands() -> None:
    """Dates show how the loss moves from month to month, or from band to band."""
    days = np.arange("2024-01-30", "2024-02-03", dtype="datetime64[D]").astype("datetime64[s]")
    when = np.append(days, np.datetime64("NaT"))
    assert sizes(when) == {"2024-01": 2, "2024-02": 2, "(missing)": 1}
    assert "2024-01-30 to 2024-01-31" in sizes(when, bands=3)


def test_nothing_but_gaps_is_one_slice() -> None:
    """A column without any value is one slice."""
    assert sizes(np.full(4, np.nan)) == {"(missing)": 4}


def test_the_worst_slice_comes_first() -> None:
    """Slices are ordered by their loss, which is compared with that of all rows."""
    losses = np.where(WORDS == "b", 4.0, 1.0)
    found = judge(cut(WORDS, None, 3), losses, resamples=50, seed=0)
    assert [each.name for each in found] == ["b", "(missing)", "a"]
    worst = found[0]
    assert (worst.rows, worst.loss, worst.low, worst.high) == (4, 4.0, 4.0, 4.0)
    assert worst.ratio == pytest.approx(4 / losses.mean())


def test_a_perfect_model_has_no_bad_slice() -> None:
    """Without any loss, all slices are as good as the whole."""
    found = judge(cut(WORDS, None, 1), np.zeros(len(WORDS)), resamples=5, seed=0)
    assert {each.ratio for each in found} == {1.0}
