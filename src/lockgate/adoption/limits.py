"""What tomorrow's value may be: today's range with room, or today's values where none is new."""

from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.adoption.decision import Decision, Limits
from lockgate.adoption.profile import ColumnProfile
from lockgate.adoption.writings import PLAIN

FEWEST_ROWS = 100
MOST_VALUES = 50
RAREST = 10
OUTLIER_SHARE = 0.002
FENCES = 10
SHORTEST_TEXT = 40
PILED_SHARE = 0.05
MANY_VALUES = 20
FEWEST_VALUES = 30

Values = npt.NDArray[np.float64]


def limits_of(decision: Decision, profile: ColumnProfile, sample: npt.NDArray[Any]) -> Limits:
    """Return what a value of the column may be.

    A number has the width of today's range as room on either side, and no sign that it has never
    had. A text is one of today's values only where each of at most 50 came ten times: then, by
    Good and Turing (1953), a new one is next to impossible.

    Parameters
    ----------
    decision : Decision
        With its kind.
    profile : ColumnProfile
        The range of all plain numbers, and how often each text occurs.
    sample : ndarray, shape (rows,)
        Values in canonical form.
    """
    if decision.kind.type in ("number", "integer"):
        return _of_numbers(decision, profile, np.asarray(sample, dtype=np.float64))
    if decision.kind.type in ("date", "timestamp"):
        return _of_moments(np.asarray(sample, dtype="datetime64[s]"))
    if decision.kind.type != "string":
        return Limits()
    return _of_texts(decision, profile)


def _of_numbers(decision: Decision, profile: ColumnProfile, sample: Values) -> Limits:
    known = sample[~np.isnan(sample)]
    if not known.size:
        return Limits()
    tokens = [float(t) for t in decision.kind.missing if PLAIN.reads(t)]
    plain = decision.kind.writing == PLAIN
    low, high = float(known.min()), float(known.max())
    if plain and not tokens and profile.numbers:
        low, high = min(low, profile.low), max(high, profile.high)
    if (low, high) == (0.0, 1.0) and decision.kind.type == "integer":
        return Limits(minimum=0.0, maximum=1.0)
    room = max(high - low, abs(high), 1.0) if profile.rows < FEWEST_ROWS else high - low
    minimum = 0.0 if low >= 0 and low - room < 0 else low - room
    maximum = 0.0 if high <= 0 and high + room > 0 else high + room
    step = 10.0 ** np.floor(np.log10(room)) / 10 if room > 0 else 1.0
    return Limits(
        minimum=_rounded(minimum, step, np.floor),
        maximum=_rounded(maximum, step, np.ceil),
        usual=_usual(known),
    )


def _rounded(value: float, step: float, towards: np.ufunc) -> float:
    """Round outwards, so that a person can read it."""
    return float(f"{towards(value / step) * step:.12g}")


def _usual(known: Values) -> tuple[float, float] | None:
    """Return ten times the middle half's width on either side, where few values are beyond."""
    if known.size < FEWEST_ROWS:
        return None
    lower, upper = np.quantile(known, [0.25, 0.75])
    room = FENCES * (upper - lower)
    beyond = np.mean((known < lower - room) | (known > upper + room))
    if room == 0 or not 0 < beyond <= OUTLIER_SHARE:
        return None
    step = 10.0 ** np.floor(np.log10(room)) / 10
    low = 0.0 if known.min() >= 0 else _rounded(lower - room, step, np.floor)
    high = 0.0 if known.max() <= 0 else _rounded(upper + room, step, np.ceil)
    return low, high


def _of_moments(sample: npt.NDArray[np.datetime64]) -> Limits:
    known = sample[~np.isnat(sample)]
    if not known.size:
        return Limits()
    first, last = known.min().item(), known.max().item()
    room = max(last - first, timedelta(days=365))
    return Limits(earliest=f"{max(first.year - room.days // 365 - 1, 1):04d}-01-01")


def _of_texts(decision: Decision, profile: ColumnProfile) -> Limits:
    levels = {t: n for t, n in profile.levels.items() if t not in decision.kind.missing}
    closed = (
        not profile.overflow
        and decision.role == "feature"
        and not decision.text
        and 0 < len(levels) <= MOST_VALUES
        and min(levels.values()) >= RAREST
    )
    if closed:
        return Limits(values=tuple(sorted(levels)))
    return Limits(max_length=max(SHORTEST_TEXT, 2 * profile.longest))


def remarks(sample: Values, profile: ColumnProfile) -> tuple[str, ...]:
    """Return what a careful colleague would ask about a column's numbers.

    Parameters
    ----------
    sample : ndarray, shape (rows,)
        NaN is missing.
    profile : ColumnProfile
        Of the column.
    """
    known = sample[~np.isnan(sample)]
    if known.size < FEWEST_VALUES:
        return ()
    values, counts = np.unique(known, return_counts=True)
    found = _sentinels(values, counts)
    return found or _piles(values, counts, profile)


def _sentinels(values: Values, counts: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """Find -1, 999 and the like at an end of the range, apart from all other values."""
    if len(values) < 3:
        return ()
    found = []
    for end, rest in ((0, values[1:]), (-1, values[:-1])):
        value, gap = values[end], abs(values[end] - (rest[0] if end == 0 else rest[-1]))
        apart = gap > max(rest[-1] - rest[0], 1.0) or (value < 0 <= rest[0])
        if _may_mean_none(value) and apart and counts[end] >= 2:
            found.append(
                f"{counts[end]:,} times {value:.12g}, apart from the rest: if it means missing, "
                f"add '{value:.12g}' to missingTokens"
            )
    return tuple(found)


def _may_mean_none(value: float) -> bool:
    """Tell whether a number is 0, -1, or all nines, of which a positive one has two or more."""
    digits = f"{abs(value):.12g}"
    return value in (0.0, -1.0) or (set(digits) == {"9"} and (value < 0 or len(digits) > 1))


def _piles(
    values: Values, counts: npt.NDArray[np.int64], profile: ColumnProfile
) -> tuple[str, ...]:
    if len(values) < MANY_VALUES:
        return ()
    total = counts.sum()
    place = int(np.argmax(counts))
    share = counts[place] / total
    last = counts[-1] / total
    if last >= 0.01 and counts[-1] > 5 * np.median(counts) and profile.rows >= FEWEST_ROWS:
        return (f"{last:.1%} of the values are the largest, {values[-1]:g}: are they capped?",)
    if share >= PILED_SHARE * 2 and counts[place] > 10 * np.median(counts):
        return (f"{share:.0%} of the values are {values[place]:g}",)
    return ()
