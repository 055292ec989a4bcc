"""Calendar features of a date or timestamp column: ``<column>_year`` and so on."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def year(when: Array) -> Array:
    """Return the calendar year, NaN where `when`, shape (rows,), is NaT."""
    return _count(when, "Y") + 1970.0


def month(when: Array) -> Array:
    """Return the month, 1 to 12, NaN where `when`, shape (rows,), is NaT."""
    return _count(when, "M") % 12.0 + 1.0


def day_of_week(when: Array) -> Array:
    """Return the day of the week, Monday 1 to Sunday 7 (ISO 8601), NaN where `when` is NaT."""
    # 1970-01-01 was a Thursday.
    return (_count(when, "D") + 3.0) % 7.0 + 1.0


def days(when: Array) -> Array:
    """Return whole days since 2000-01-01, NaN where `when`, shape (rows,), is NaT."""
    # 1970-01-01 was 10,957 days earlier.
    return _count(when, "D") - 10957.0


PARTS = {"year": year, "month": month, "day_of_week": day_of_week, "days": days}


def _count(when: Array, unit: Literal["Y", "M", "D"]) -> Array:
    """Return whole years, months or days since the beginning of 1970."""
    count = when.astype(f"datetime64[{unit}]").astype(np.float64)
    count[np.isnat(when)] = np.nan
    return count
