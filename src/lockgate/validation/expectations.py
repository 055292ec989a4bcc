"""The contract's own row rules as expectations of Great Expectations."""

from typing import Any

import numpy as np

from lockgate.contract import Column, Schema
from lockgate.contract.patterns import text_pattern
from lockgate.validation.constraints import allowed_values, value_kinds, value_range
from lockgate.validation.parse import Values


def contract_expectations(schema: Schema) -> dict[str, Any]:
    """Return an expectation for each row rule that a parsed row can break, by the rule's name.

    They are for columns as `comparable` gives them.
    """
    import great_expectations.expectations as gxe

    return {
        f"{column.name}: {kind}": _expectation(gxe, column, kind)
        for column in schema.columns
        for kind in (*(() if column.nullable else ("required",)), *value_kinds(column))
    }


def comparable(values: Values) -> Values:
    """Return moments as seconds since 1970, which Great Expectations compares far faster.

    Numbers and texts stay as they are.
    """
    if values.dtype.kind != "M":
        return values
    return np.where(np.isnat(values), np.nan, values.astype("datetime64[s]").astype(np.int64))


def _expectation(gxe: Any, column: Column, kind: str) -> Any:
    common = {"column": column.name, "meta": {"rule": f"{column.name}: {kind}"}}
    if kind == "required":
        return gxe.ExpectColumnValuesToNotBeNull(**common)
    if kind == "range":
        return gxe.ExpectColumnValuesToBeBetween(**common, **_range(column))
    if kind == "values":
        allowed = comparable(allowed_values(column)).tolist()
        return gxe.ExpectColumnValuesToBeInSet(**common, value_set=allowed)
    if kind == "pattern":
        # Great Expectations searches, and by a text: anchors and the flag go into it.
        regex = rf"\A(?a:{text_pattern(column).pattern})\Z"
        return gxe.ExpectColumnValuesToMatchRegex(**common, regex=regex)
    return gxe.ExpectColumnValueLengthsToBeBetween(
        **common, min_value=column.min_length, max_value=column.max_length
    )


def _range(column: Column) -> dict[str, Any]:
    bounds = value_range(column)
    assert bounds is not None
    low, high = (
        None if end is None else comparable(np.array(end)).item()
        for end in (bounds.low, bounds.high)
    )
    return {
        "min_value": low,
        "max_value": high,
        "strict_min": bounds.strict_low,
        "strict_max": bounds.strict_high,
    }
