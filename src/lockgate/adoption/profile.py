"""One pass over a table: for each column counts that grow batch by batch, and a sample of rows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.adoption.distinct import Distinct
from lockgate.adoption.sampling import Sample
from lockgate.contract.schema import NUMBER

TRACKED_LEVELS = 20_000
WHOLE = r"^[+-]?[0-9]+(\.0*)?$"


@dataclass
class ColumnProfile:
    """What is known of a column's trimmed texts, whatever the batches that they came in.

    Attributes
    ----------
    rows, empty : int
        Cells, and those without text.
    levels : Counter
        How often each text occurs, exactly, unless there are too many; then for those that came
        first, which the frequent ones did.
    overflow : bool
        Whether there are more texts than are tracked.
    numbers, whole, pointed, zeros : int
        Cells that are plain numbers, whole numbers, numbers with a decimal point, numbers of
        several digits that begin with 0.
    low, high : float
        The range of the plain numbers.
    longest : int
        Of all texts, in characters.
    hashes : Distinct
        Counts the different texts where nearly all are different, unless they are fractions.
    """

    rows: int = 0
    empty: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    overflow: bool = False
    numbers: int = 0
    whole: int = 0
    pointed: int = 0
    zeros: int = 0
    low: float = np.inf
    high: float = -np.inf
    longest: int = 0
    hashes: Distinct = field(default_factory=Distinct)

    @property
    def filled(self) -> int:
        """Cells that have a text."""
        return self.rows - self.empty

    @property
    def distinct(self) -> int:
        """How many different texts there are; at least, where not all were tracked."""
        return max(len(self.levels), self.hashes.count() or 0)

    @property
    def unique(self) -> bool:
        """Whether each cell has a text of its own."""
        return self.hashes.count() == self.rows and not self.empty

    def take(self, cells: pa.ChunkedArray) -> None:
        """Add a batch of texts, shape (rows,); nulls are empty."""
        text = pc.utf8_trim_whitespace(cells.combine_chunks()).fill_null("")
        counted = pc.value_counts(text)
        levels, counts = counted.field("values"), counted.field("counts").to_numpy()
        there = pc.not_equal(levels, "").to_numpy(zero_copy_only=False)
        self.rows += len(text)
        self.empty += int(counts[~there].sum())
        self._count(levels.filter(pa.array(there)), counts[there])

    def _count(self, levels: pa.StringArray, counts: npt.NDArray[np.int64]) -> None:
        self._track(levels, counts)
        lengths = pc.utf8_length(levels).to_numpy(zero_copy_only=False)
        self.longest = max(self.longest, int(lengths.max(initial=0)))
        plain = pc.match_substring_regex(levels, NUMBER)
        is_number = plain.to_numpy(zero_copy_only=False)
        if is_number.any():
            self._measure(levels.filter(plain), counts[is_number])
        if self.pointed > self.filled / 2:
            # Fractions are no ids, however different they are.
            self.hashes.abandon()
        self.hashes.take(levels, int(counts.sum()))

    def _measure(self, levels: pa.StringArray, counts: npt.NDArray[np.int64]) -> None:
        values = levels.cast(pa.float64()).to_numpy(zero_copy_only=False)
        self.low, self.high = min(self.low, values.min()), max(self.high, values.max())
        self.numbers += int(counts.sum())
        self.whole += int(counts[values == np.trunc(values)].sum())
        self.pointed += _weight(levels, r"\.", counts)
        self.zeros += _weight(levels, r"^0[0-9]+$", counts)

    def _track(self, levels: pa.StringArray, counts: npt.NDArray[np.int64]) -> None:
        if len(self.levels) + len(levels) > TRACKED_LEVELS and not self.overflow:
            known = pc.is_in(levels, value_set=pa.array(self.levels, pa.string()))
            fresh = len(levels) - pc.sum(known).as_py() if len(levels) else 0
            self.overflow = len(self.levels) + fresh > TRACKED_LEVELS
        if self.overflow:
            known = pc.is_in(levels, value_set=pa.array(self.levels, pa.string()))
            kept = known.to_numpy(zero_copy_only=False)
            if not self.levels:
                kept[:TRACKED_LEVELS] = True
            levels, counts = levels.filter(pa.array(kept)), counts[kept]
        self.levels.update(dict(zip(levels.to_pylist(), counts.tolist(), strict=True)))


@dataclass
class TableProfile:
    """What is known of a table.

    Attributes
    ----------
    columns : dict of ColumnProfile
        By name, in the table's order.
    sample : Sample
        Rows chosen by hash of their number, the same at each run.
    rows, malformed : int
        Records, and those that do not have the header's fields.
    """

    columns: dict[str, ColumnProfile]
    sample: Sample
    rows: int = 0
    malformed: int = 0


def profile(batches: Iterable[tuple[pa.Table, int]], names: Sequence[str]) -> TableProfile:
    """Look at each cell of a table once.

    Parameters
    ----------
    batches : iterable of (pyarrow.Table of strings, int)
        The cells, and how many malformed records came with them.
    names : sequence of str
        The table's columns.
    """
    found = TableProfile({name: ColumnProfile() for name in names}, Sample())
    for cells, malformed in batches:
        for name, column in found.columns.items():
            column.take(cells[name])
        found.sample.take(cells.select(list(names)))
        found.rows += cells.num_rows
        found.malformed += malformed
    return found


def _weight(levels: pa.StringArray, pattern: str, counts: npt.NDArray[np.int64]) -> int:
    found = pc.match_substring_regex(levels, pattern).to_numpy(zero_copy_only=False)
    return int(counts[found].sum())
