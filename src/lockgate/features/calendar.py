"""Calendar features of a date or timestamp column: ``<column>_year`` and so on."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def year(when: Array) -> Array:
    """Return the calendar year, NaN where `when`, shape (rows,), is NaT."""
    return _numbers(when, when.astype("datetime64[Y]").astype(np.int64) + 1970)


def month(when: Array) -> Array:
    """Return the month, 1 to 12, NaN where `when`, shape (rows,), is NaT."""
    return _numbers(when, when.astype("datetime64[M]").astype(np.int64) % 12 + 1)


def day_of_week(when: Array) -> Array:
    """Return the day of the week, Monday 1 to Sunday 7 (ISO 8601), NaN where `when` is NaT."""
    # 1970-01-01 was a Thursday.
    return _numbers(when, (when.astype("datetime64[D]").astype(np.int64) + 3) % 7 + 1)


def days(when: Array) -> Array:
    """Return whole days since 2000-01-01, NaN where `when`, shape (rows,), is NaT."""
    since = when.astype("datetime64[D]") - np.datetime64("2000-01-01", "D")
    return _numbers(when, since.astype(np.int64))


PARTS = {"year": year, "month": month, "day_of_week": day_of_week, "days": days}


def _numbers(when: Array, values: Array) -> Array:
    return np.where(np.isnat(when), np.nan, values.astype(np.float64))
