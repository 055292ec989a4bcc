"""Rows that came more than once: the last delivered one is kept."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lockgate.contract import Schema
from lockgate.features.batches import rows_of
from lockgate.features.feature import Array
from lockgate.features.hashing import content_hash, value_hash
from lockgate.tables import Columns


@dataclass(frozen=True)
class Kept:
    """Which rows stay.

    Attributes
    ----------
    mask : array of bool, shape (rows,)
        True where the row stays.
    duplicates : int
        Rows dropped because a later row is the same in every column.
    repeated_keys : int
        Rows dropped because a later row with the same key says something else.
    """

    mask: Array
    duplicates: int
    repeated_keys: int


def keep_last(batches: Iterable[Columns], schema: Schema) -> Kept:
    """Decide which rows stay: of those with the same key the last one, which corrects the others.

    Rows without a key all stay: without one, two equal rows are two things that look alike,
    such as two patients with the same readings. The rows stream through; two hashes of each
    are held.

    Parameters
    ----------
    batches : iterable of Columns
        All rows, in the order of delivery.
    schema : Schema
        Names the key.
    """
    key = schema.key
    if key is None:
        rows = sum(rows_of(columns) for columns in batches)
        return Kept(np.ones(rows, dtype=bool), duplicates=0, repeated_keys=0)
    hashes = [
        (value_hash(columns[key.name]), content_hash(columns, schema.columns))
        for columns in batches
    ]
    keys, contents = (np.concatenate(parts) for parts in zip(*hashes, strict=True))
    last = _last_of_each(keys)
    mask = last == np.arange(len(keys))
    same = contents == contents[last]
    return Kept(mask, int(np.sum(~mask & same)), int(np.sum(~mask & ~same)))


def _last_of_each(keys: Array) -> Array:
    """Return for each row the position of the last row with its key; a missing key has itself."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    last = np.empty_like(order)
    last[order] = order[ends[np.searchsorted(ends, np.arange(len(order)))]]
    return np.where(keys == 0, np.arange(len(keys)), last)
