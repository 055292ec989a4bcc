"""Counting different texts exactly where nearly all are different, and not at all elsewhere."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

ABANDON_SHARE = 0.9
FEWEST_ROWS = 20_000

Hashes = npt.NDArray[np.uint64]


class Distinct:
    """Hashes of a column's texts, dropped as soon as more than a tenth of them repeat.

    So only ids and the like take memory: eight bytes a row. New hashes wait until they are as many
    as those that are sorted, so that all are sorted a few times and not once a batch.
    """

    def __init__(self) -> None:
        self._sorted: Hashes | None = np.zeros(0, np.uint64)
        self._waiting: list[Hashes] = []
        self._texts = 0

    def take(self, levels: pa.StringArray, cells: int) -> None:
        """Add the different texts of a batch, which stand in so many cells."""
        self._texts += cells
        if self._sorted is None or not len(levels):
            return
        if self._texts > FEWEST_ROWS and len(levels) < ABANDON_SHARE * cells:
            self.abandon()
            return
        self._waiting.append(_hashes(levels))
        if sum(map(len, self._waiting)) >= len(self._sorted):
            self._merge(self._sorted)

    def abandon(self) -> None:
        """Count no more, because nobody will ask."""
        self._sorted = None
        self._waiting = []

    def count(self) -> int | None:
        """Return how many different texts there are, or None where many repeat."""
        if self._sorted is not None:
            self._merge(self._sorted)
        return None if self._sorted is None else len(self._sorted)

    def _merge(self, known: Hashes) -> None:
        together = np.sort(np.concatenate([known, *self._waiting]))
        self._waiting = []
        fresh = np.ones(len(together), dtype=bool)
        fresh[1:] = together[1:] != together[:-1]
        self._sorted = together[fresh]
        if self._texts > FEWEST_ROWS and len(self._sorted) < ABANDON_SHARE * self._texts:
            self._sorted = None


def _hashes(levels: pa.StringArray) -> Hashes:
    from pandas.util import hash_array

    return np.asarray(hash_array(levels.to_numpy(zero_copy_only=False), categorize=False))
