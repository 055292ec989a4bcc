"""Features of a time: the same days are asked about again and again."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from lockgate.artifact import Bundle
from lockgate.contract import Column
from lockgate.features.feature import Feature
from lockgate.features.plan import value
from lockgate.predict.remarks import last_dates

Row = Mapping[str, Any]
SECONDS = np.dtype("datetime64[s]")
REMEMBERED = 4096


class Remembered:
    """The computed features that read one time and nothing else, each remembered for its values.

    Parameters
    ----------
    bundle : Bundle
        Whose features are computed.
    reads : sequence of Column
        The columns that features read.

    Attributes
    ----------
    names : frozenset of str
        Of those features.
    lasts : dict of str to datetime64
        What stands for each time where there is none: the last training date, NaT if no training
        row had one.
    """

    def __init__(self, bundle: Bundle, reads: Sequence[Column]) -> None:
        lasts = last_dates(bundle)
        times = [each.name for each in reads if each.temporal]
        self.lasts = {name: lasts.get(name, np.datetime64("NaT")) for name in times}
        self._of_time = {
            each.name: (each.columns[0], _remembering(each))
            for each in bundle.features
            if each.source_hash and len(each.columns) == 1 and each.columns[0] in times
        }
        self.names = frozenset(self._of_time)

    def dated(self, name: str, times: np.ndarray) -> np.ndarray:
        """Put the last training date where a time, shape (rows,), is absent: never the clock."""
        absent = np.isnat(times)
        return np.where(absent, self.lasts[name], times) if np.count_nonzero(absent) else times

    def of_one(self, row: Row) -> dict[str, Any]:
        """Return those features of a row that was checked, floats or strs."""
        known = {}
        for name, (time, remembered) in self._of_time.items():
            when = row[time]
            known[name] = remembered(self.lasts[time] if when is None else when)
        return known

    def of(self, rows: Sequence[Row]) -> dict[str, list[Any]]:
        """Return those features of some rows that were checked."""
        whens = {
            name: [last if (when := row[name]) is None else when for row in rows]
            for name, last in self.lasts.items()
        }
        return {name: list(map(f, whens[time])) for name, (time, f) in self._of_time.items()}


def _remembering(feature: Feature) -> Callable[[Any], Any]:
    @lru_cache(REMEMBERED)
    def remembered(when: Any) -> Any:
        return value(feature, [np.array([when], SECONDS)])

    return remembered
