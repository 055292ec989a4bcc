"""Rows as the journal keeps them: one after the other, or side by side.

Rows that all have the same fields are kept as an object of columns, in less than half of the space.
Its lists have an element for each row, and what is no list belongs to every row. Where a row lacks
something, or was refused or erased, all are a list.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Rows = Sequence[dict[str, Any] | None]
Cells = Mapping[str, Sequence[Any]]


def rows_of(kept: Any, count: int) -> list[Any]:
    """Return the rows that were kept, however they were; None stands for one without an answer.

    Parameters
    ----------
    kept : list or dict
        As JSON has it.
    count : int
        How many rows there are.
    """
    if isinstance(kept, list):
        return kept
    if not kept:
        return [{} for _ in range(count)]
    cells = [_cells(each, count) for each in kept.values()]
    return [dict(zip(kept, row, strict=True)) for row in zip(*cells, strict=True)]


def _cells(values: Any, count: int) -> list[Any]:
    return rows_of(values, count) if isinstance(values, dict | list) else [values] * count
