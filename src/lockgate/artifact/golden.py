"""Golden rows: rows of all kinds with their exact answers, asked again whenever a bundle loads."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lockgate.artifact.runtime import Scores
from lockgate.errors import BundleError
from lockgate.features import Feature
from lockgate.tables import Columns

TOLERANCE = 1e-12
PLAIN_ROWS = 16
UNSEEN = "\x00unseen"


def golden_rows(train: Columns, features: Sequence[Feature]) -> Columns:
    """Choose rows that go down every path: plain, each value missing, all missing, each unseen.

    Parameters
    ----------
    train : Columns
        The training rows, each array of shape (rows,), at least one.
    features : sequence of Feature
        Says which columns matter.

    Returns
    -------
    Columns
        The columns that features read, a few dozen rows.
    """
    names = sorted({name for feature in features for name in feature.columns})
    texts = [name for name in names if train[name].dtype == object]
    rows = len(train[names[0]])
    plain = np.linspace(0, rows - 1, min(rows, PLAIN_ROWS)).astype(int)
    changed = len(names) + len(texts) + 1
    chosen = {
        name: np.concatenate([train[name][plain], np.repeat(train[name][:1], changed)])
        for name in names
    }
    for row, name in enumerate(names, start=len(plain)):
        chosen[name][[row, -1]] = _missing(chosen[name])
    for row, name in enumerate(texts, start=len(plain) + len(names)):
        chosen[name][row] = UNSEEN
    return chosen


def _missing(values: np.ndarray) -> Any:
    if values.dtype == object:
        return ""
    return np.datetime64("NaT") if values.dtype.kind == "M" else np.nan


def relative_difference(expected: Scores, actual: Scores) -> float:
    """Return the largest difference of two arrays of the same shape, relative to their size.

    The size is that of the value itself or of the answers on the whole (root mean square),
    whichever is larger: a prediction that happens to lie near 0 is a difference of large terms
    and cannot be repeated to more digits than they have.
    """
    if expected.shape != actual.shape or not np.isfinite(actual).all():
        return float("inf")
    typical = np.sqrt(np.mean(np.square(expected)))
    size = np.maximum(np.maximum(np.abs(expected), np.abs(actual)), typical)
    return float(np.max(np.abs(expected - actual) / np.where(size == 0, 1.0, size)))


def write_golden(rows: Columns, answers: dict[str, Columns]) -> bytes:
    """Return golden.json: the rows, and for each model its answers, all of them finite."""
    content = {
        "rows": {name: _to_json(values) for name, values in rows.items()},
        "answers": {
            model: {name: values.tolist() for name, values in arrays.items()}
            for model, arrays in answers.items()
        },
    }
    return (json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def read_golden(content: bytes) -> Columns:
    """Return the rows of golden.json, each array of shape (rows,); the plain ones come first."""
    rows = json.loads(content)["rows"]
    return {name: _from_json(column) for name, column in rows.items()}


def check_golden(content: bytes, answer: Callable[[str, Columns], Columns], where: str) -> None:
    """Ask the golden rows again and compare with the answers of training.

    Parameters
    ----------
    content : bytes
        What `write_golden` returned.
    answer : callable
        From a model's name and columns to its answers.
    where : str
        The bundle, for the message.

    Raises
    ------
    BundleError
        When an answer differs by more than 1e-12, relatively.
    """
    rows = read_golden(content)
    for model, expected in json.loads(content)["answers"].items():
        actual = answer(model, rows)
        for name, values in expected.items():
            apart = relative_difference(np.array(values), actual[name])
            if apart > TOLERANCE:
                raise BundleError(
                    f"the {model} model's {name} for the golden rows differs from training by "
                    f"{apart:.1e}, relatively",
                    where=where,
                    hint="install the library versions that manifest.json names, or train again",
                )


def _to_json(values: np.ndarray) -> dict[str, Any]:
    if values.dtype.kind == "M":
        return {"type": "time", "values": values.astype(str).tolist()}
    if values.dtype == object:
        return {"type": "text", "values": values.tolist()}
    column = [None if math.isnan(value) else value for value in values.tolist()]
    return {"type": "number", "values": column}


def _from_json(column: dict[str, Any]) -> np.ndarray:
    values = column["values"]
    if column["type"] == "time":
        return np.array(values, dtype="datetime64[s]")
    if column["type"] == "text":
        return np.array(values, dtype=object)
    return np.array([np.nan if value is None else value for value in values])
