"""The contract's row rules as masks: which rows of a batch break which rule."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract import Column, Schema
from lockgate.contract.patterns import text_pattern
from lockgate.tables import Columns
from lockgate.validation.constraints import allowed_values, value_kinds, value_range
from lockgate.validation.parse import Mask, Values, is_missing

# Characters and sets of them, each perhaps repeated: Arrow's engine, which is far faster than
# Python's, reads no more than this in the same way.
_SIMPLE = re.compile(r"((\w|[ :/-]|\[(\w|\w-\w)+\])([*+?]|\{\d{1,2}\})?)+", re.ASCII)

NO_MASKS: Mapping[str, Mask] = MappingProxyType({})


def verdicts(
    schema: Schema,
    columns: Columns,
    unparsed: Mapping[str, Mask] = NO_MASKS,
    required: Collection[str] | None = None,
) -> dict[str, Mask]:
    """Return for each row rule of the contract which rows break it.

    A rule is called ``<column>: <kind>``. The kinds:

    - ``type``: the cell could not be read;
    - ``required``: the value is missing;
    - ``range``: a number or moment beyond a bound; ``minimum``, ``maximum``, ``earliest`` and
      ``latest`` are allowed themselves, exclusive bounds are not; a day as bound is its midnight;
    - ``values``: not one of the allowed values, compared by meaning (``3`` is ``3.0``);
    - ``pattern``: the whole text does not match (`re.fullmatch`);
    - ``length``: fewer or more characters (code points) than allowed.

    A missing value breaks no rule but ``required``; a cell that could not be read, none but
    ``type``. Uniqueness is no matter of one row: see `lockgate.validation.repeats`.

    Parameters
    ----------
    columns : dict of ndarray, each of shape (rows,)
        In canonical form, as `parse` gives them.
    unparsed : mapping of str to bool ndarray, each of shape (rows,)
        As `parse` gives them.
    required : collection of str, optional
        The columns whose values a row must have; by default those that the contract requires.

    Returns
    -------
    dict of bool ndarray, each of shape (rows,)
        In the contract's order.

    Raises
    ------
    ContractError
        When an allowed value, a bound or a pattern cannot be read.
    """
    masks: dict[str, Mask] = {}
    for column in schema.columns:
        values = columns[column.name]
        failed = unparsed.get(column.name, np.zeros(len(values), dtype=bool))
        if column.type != "string" or column.name in unparsed:
            masks[f"{column.name}: type"] = failed
        if not column.nullable if required is None else column.name in required:
            masks[f"{column.name}: required"] = is_missing(values) & ~failed
        for kind, broken in _value_masks(column, values):
            masks[f"{column.name}: {kind}"] = broken
    return masks


def _value_masks(column: Column, values: Values) -> Iterator[tuple[str, Mask]]:
    kinds = value_kinds(column)
    if column.type != "string":
        yield from ((kind, _NUMBER_RULES[kind](column, values)) for kind in kinds)
    elif kinds:
        coded = pa.array(values, pa.string()).dictionary_encode()
        given = _mask(pc.not_equal(coded.dictionary, ""))
        for kind in kinds:
            broken = _TEXT_RULES[kind](column, coded.dictionary) & given
            yield kind, broken[coded.indices.to_numpy()]


def _beyond(column: Column, values: Values) -> Mask:
    bounds = value_range(column)
    assert bounds is not None
    return bounds.excludes(values)


def _not_among(column: Column, values: Values) -> Mask:
    return ~np.isin(values, allowed_values(column)) & ~is_missing(values)


def _texts_not_among(column: Column, levels: pa.StringArray) -> Mask:
    return ~_mask(pc.is_in(levels, value_set=pa.array(allowed_values(column), pa.string())))


def _no_match(column: Column, levels: pa.StringArray) -> Mask:
    if column.pattern is not None and _SIMPLE.fullmatch(column.pattern):
        return ~_mask(pc.match_substring_regex(levels, rf"\A{column.pattern}\z"))
    match = text_pattern(column).fullmatch
    return np.array([match(text) is None for text in levels.to_pylist()], dtype=bool)


def _wrong_length(column: Column, levels: pa.StringArray) -> Mask:
    lengths = pc.utf8_length(levels).to_numpy()
    longest = np.inf if column.max_length is None else column.max_length
    return np.asarray((lengths < (column.min_length or 0)) | (lengths > longest))


_NUMBER_RULES: dict[str, Callable[[Column, Values], Mask]] = {
    "range": _beyond,
    "values": _not_among,
}
_TEXT_RULES: dict[str, Callable[[Column, pa.StringArray], Mask]] = {
    "values": _texts_not_among,
    "pattern": _no_match,
    "length": _wrong_length,
}


def _mask(booleans: pa.BooleanArray) -> Mask:
    return np.asarray(booleans.to_numpy(zero_copy_only=False), dtype=bool)
