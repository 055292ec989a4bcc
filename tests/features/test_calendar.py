"""Calendar parts of a date."""

import numpy as np
import pytest

from lockgate.errors import FeatureError
from lockgate.features import compute, resolve
from lockgate.tables import Columns
from tests.features.parcels import schema

NAMES = ["sent_on_year", "sent_on_month", "sent_on_day_of_week", "sent_on_days"]


def parts(*days: str) -> Columns:
    """Return the calendar parts of some days."""
    when = np.array(days, dtype="datetime64[s]")
    return compute(resolve(NAMES, None, schema()), {"sent_on": when})


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2000-01-01", [2000, 1, 6, 0]),
        ("1999-12-31", [1999, 12, 5, -1]),
        ("1969-07-20T20:17:00", [1969, 7, 7, -11122]),
        ("2024-02-29T23:59:59", [2024, 2, 4, 8825]),
        ("2026-11-23", [2026, 11, 1, 9823]),
    ],
)
def test_the_parts_are_those_of_the_calendar(day: str, expected: list[float]) -> None:
    """Year, month, ISO day of the week and days since 2000 are right, before 1970 too."""
    assert [values[0] for values in parts(day).values()] == expected


def test_a_moment_has_an_hour() -> None:
    """The hour of the day of a timestamp, before 1970 too; a date has none."""
    (feature,) = resolve(["due_hour"], None, schema())
    due = np.array(["2024-02-29T23:59:59", "1969-07-20T20:17:00", "NaT"], dtype="datetime64[s]")
    hours = compute([feature], {"due": due})["due_hour"]
    np.testing.assert_array_equal(hours, [23, 20, np.nan])
    with pytest.raises(FeatureError, match="there is no feature 'sent_on_hour'"):
        resolve(["sent_on_hour"], None, schema())


def test_what_begins_again_is_known() -> None:
    """Month, day of the week and hour come around; years and days only grow."""
    names = [f"due_{part}" for part in ("year", "month", "day_of_week", "days", "hour")]
    found = [each.cyclic for each in resolve(names, None, schema())]
    assert found == [False, True, True, False, True]


def test_the_days_between_two_dates() -> None:
    """In days and fractions of a day, negative where the order is another, NaN where one is not."""
    features = resolve(["sent_on_to_due_days", "due_to_sent_on_days"], None, schema())
    when = np.array(["2024-03-01", "2024-03-01", "NaT"], dtype="datetime64[s]")
    due = np.array(["2024-03-02T12:00", "2024-02-29", "2024-03-01"], dtype="datetime64[s]")
    found = compute(features, {"sent_on": when, "due": due})
    np.testing.assert_array_equal(found["sent_on_to_due_days"], [1.5, -1, np.nan])
    np.testing.assert_array_equal(found["due_to_sent_on_days"], [-1.5, 1, np.nan])


def test_a_missing_date_has_no_parts() -> None:
    """A row without a date has NaN in every part, and does not disturb its neighbours."""
    for values in parts("NaT", "2024-02-29").values():
        assert np.isnan(values[0])
        assert np.isfinite(values[1])
