"""Calendar features: ``<column>_year`` and so on, and the days from one date to another."""

from collections.abc import Callable
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


def hour(when: Array) -> Array:
    """Return the hour of the day, 0 to 23, NaN where `when`, shape (rows,), is NaT."""
    return _count(when, "h") % 24.0


def days_between(earlier: Array, later: Array) -> Array:
    """Return the days from one moment to another, shape (rows,), NaN where either is NaT."""
    gone = np.isnat(earlier) | np.isnat(later)
    return np.where(gone, np.nan, (later - earlier).astype(np.float64) / 86_400.0)


PARTS: dict[str, Callable[[Array], Array]] = {
    "year": year,
    "month": month,
    "day_of_week": day_of_week,
    "days": days,
}
# What begins again: its numbers are names, of which neighbours are alike.
CYCLES = frozenset({"month", "day_of_week", "hour"})


def parts_of(type: str) -> dict[str, Callable[[Array], Array]]:
    """Return the parts of a date, or of a timestamp, by name."""
    return PARTS | {"hour": hour} if type == "timestamp" else PARTS


def _count(when: Array, unit: Literal["Y", "M", "D", "h"]) -> Array:
    """Return whole years, months, days or hours since the beginning of 1970."""
    count = when.astype(f"datetime64[{unit}]").astype(np.float64)
    count[np.isnat(when)] = np.nan
    return count
