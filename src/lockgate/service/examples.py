"""An example of a row: what is typical of training, column by column, and so no row that was."""

from typing import Any

import numpy as np

from lockgate.artifact import Bundle
from lockgate.artifact.golden import PLAIN_ROWS
from lockgate.contract import Column

WORDS = "some words"
PRIVATE = frozenset({"key", "group", "time"})


def example_row(bundle: Bundle, *, public: bool = True) -> dict[str, Any]:
    """Return a row to predict, as JSON has it.

    Columns that are personal, or name an entity or a moment, are left out: nobody's values are
    shown, and the contract requires the latter of no request.

    Parameters
    ----------
    bundle : Bundle
        What is served.
    public : bool
        Whether whoever sees it may also ask the model; who may not is shown no text that the
        contract does not list.
    """
    plain = {name: values[:PLAIN_ROWS] for name, values in bundle.golden.items()}
    return {
        column.name: value
        for column in bundle.schema.columns
        if column.name in plain and column.role not in PRIVATE and not column.personal
        if public or column.type != "string" or column.values is not None
        if (value := _typical(column, plain[column.name])) is not None
    }


def _typical(column: Column, values: np.ndarray) -> Any:
    """Return the median of numbers and moments, the most frequent of everything else.

    What somebody wrote is shown to nobody: free text has words of its own.
    """
    if column.text:
        return None if column.pattern else WORDS[: column.max_length]
    known = values[_present(values)]
    if not len(known):
        return None
    if column.type in ("number", "integer") and column.values is None:
        return _number(np.sort(known)[len(known) // 2].item())
    if column.temporal:
        moment = np.sort(known)[len(known) // 2]
        return str(moment.astype("datetime64[D]")) if column.type == "date" else f"{moment}Z"
    levels, counts = np.unique(known, return_counts=True)
    level = levels[counts.argmax()]
    if column.type == "boolean":
        return bool(level)
    return level if isinstance(level, str) else _number(level.item())


def _present(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        return np.array([value != "" for value in values], dtype=bool)
    absent: np.ndarray = np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)
    return ~absent


def _number(value: float) -> float:
    return int(value) if value.is_integer() else value
