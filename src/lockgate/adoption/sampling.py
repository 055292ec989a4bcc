"""A sample of rows that does not depend on batches, and is the same at each run."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SAMPLED_ROWS = 50_000


class Sample:
    """The rows whose numbers have the smallest hashes: a uniform sample without replacement."""

    def __init__(self, size: int = SAMPLED_ROWS) -> None:
        self._size = size
        self._seen = 0
        self._hashes = np.zeros(0, np.uint64)
        self._tables: list[pa.Table] = []

    def take(self, cells: pa.Table) -> None:
        """Look at the next rows."""
        hashes = _scrambled(np.arange(self._seen, self._seen + cells.num_rows, dtype=np.uint64))
        self._seen += cells.num_rows
        if len(self._hashes) == self._size:
            chosen = np.flatnonzero(hashes < self._hashes.max())
            cells, hashes = cells.take(chosen), hashes[chosen]
        self._tables.append(cells)
        self._hashes = np.concatenate([self._hashes, hashes])
        if len(self._hashes) > self._size:
            kept = np.sort(np.argpartition(self._hashes, self._size)[: self._size])
            self._tables = [pa.concat_tables(self._tables).take(kept).combine_chunks()]
            self._hashes = self._hashes[kept]

    def cells(self) -> pa.Table:
        """Return the sampled rows, in the table's order."""
        return pa.concat_tables(self._tables)


def _scrambled(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Hash row numbers by SplitMix64 (Steele, Lea and Flood 2014)."""
    x = (numbers + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))
