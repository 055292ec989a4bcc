"""Stable hashes of values and rows: the same on every machine, in every run, in any batch.

Text is hashed by SipHash with a fixed key and 64-bit numbers by the splitmix64 finaliser, both
as `pandas.util.hash_array` has them. The tests pin known answers, so that a library that
changed them could not move rows between splits unnoticed.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from lockgate.contract import Column, Schema
from lockgate.features.batches import missing, rows_of
from lockgate.features.feature import Array
from lockgate.tables import Columns, to_text

# The step of splitmix64: without it the value 0 would hash to 0.
_STEP = np.uint64(0x9E3779B97F4A7C15)


def value_hash(values: Array) -> Array:
    """Hash each value of a column.

    Parameters
    ----------
    values : array, shape (rows,)
        float64, object with str, or datetime64[s].

    Returns
    -------
    array of uint64, shape (rows,)
        0 where the value is missing.
    """
    from pandas.util import hash_array

    if values.dtype.kind == "O":
        hashes = np.asarray(hash_array(values, categorize=False))
    else:
        # -0.0 becomes 0.0, which is the same number.
        bits = (values + 0.0 if values.dtype.kind == "f" else values).view(np.uint64)
        hashes = _mix(bits + _STEP)
    return np.where(missing(values), np.uint64(0), hashes)


def content_hash(columns: Columns, described: Sequence[Column]) -> Array:
    """Hash the described columns of each row together.

    A missing value adds nothing, and the order of the columns does not matter: a column that
    the contract gains later leaves the hashes of rows without it as they were.

    Parameters
    ----------
    columns : Columns
        Arrays of shape (rows,).
    described : sequence of Column
        Those to hash, at least one.

    Returns
    -------
    array of uint64, shape (rows,)
    """
    total: Array = np.zeros(rows_of(columns), dtype=np.uint64)
    for column in described:
        hashes = value_hash(columns[column.name])
        total = total + np.where(hashes == 0, hashes, _mix(hashes ^ _word(column.name)))
    return _mix(total)


def entity_hash(columns: Columns, schema: Schema) -> Array:
    """Hash what a row is about: its group, else its key, else its content.

    Groups and keys are hashed as text, so that a contract that declares ``7`` a text instead of an
    integer leaves the hashes as they were. The content is what can be known before the target is:
    all but the target and the ignored columns. Rows that differ in the target alone thus count as
    one entity.

    Returns
    -------
    array of uint64, shape (rows,)
        Equal for rows of one entity, and for no others but by a chance of 1 in 2**64.
    """
    hashes = np.zeros(rows_of(columns), dtype=np.uint64)
    for column in (schema.group, schema.key):
        if column is not None:
            own = value_hash(_texts(columns[column.name]))
            hashes = np.where(hashes == 0, own, hashes)
    if (hashes == 0).any():
        known = [column for column in schema.columns if column.role not in ("target", "ignore")]
        hashes = np.where(hashes == 0, content_hash(columns, known), hashes)
    return hashes


def uniform(hashes: Array, purpose: str) -> Array:
    """Turn hashes, shape (rows,), into numbers in [0, 1) that are independent for each purpose."""
    return (_mix(hashes ^ _word(purpose)) >> np.uint64(11)) * 2.0**-53


def _texts(values: Array) -> Array:
    if values.dtype.kind == "O":
        return values
    # -0.0 becomes 0.0, which is the same number.
    text = to_text(values + 0.0 if values.dtype.kind == "f" else values)
    return np.asarray(text.to_numpy(zero_copy_only=False), dtype=object)


def _mix(hashes: Array) -> Array:
    from pandas.util import hash_array

    return np.asarray(hash_array(hashes))


def _word(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big"))
