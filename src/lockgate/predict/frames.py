"""DataFrames in and out; pandas itself is imported by whoever brings one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lockgate.errors import RequestError
from lockgate.predict.answers import prediction_sets, warnings
from lockgate.predict.explaining import Explanation
from lockgate.tables import Columns

# What has no one value a row.
MANY_VALUED = frozenset({"prediction_set", "probabilities", "remarks"})


def records(frame: Any) -> list[dict[str, Any]]:
    """Return the rows of a DataFrame as requests have them.

    Raises
    ------
    RequestError
        When two columns have the same name.
    """
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise RequestError(f"the column {twice} is there twice", hint="drop one of the two")
    names, cells = list(frame.columns), [_cells(column) for _, column in frame.items()]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


def _cells(column: Any) -> list[Any]:
    if not column.hasnans:
        return list(column.tolist())
    # Whatever stands for a missing value in pandas is None in a request.
    absent: Any = None
    return list(np.where(column.isna(), absent, column.astype(object)).tolist())


def predicted_frame(predicted: Columns, frame: Any, classes: tuple[str, ...]) -> Any:
    """Return what was predicted of the rows of a DataFrame, with its index.

    Parameters
    ----------
    predicted : Columns
        As `lockgate.predict.Predictor.predict_columns` returns it.
    frame : pandas.DataFrame
        The rows.
    classes : tuple of str
        Those of the model, in its order; none of a number's.
    """
    shares = predicted.get("probabilities", np.empty((len(frame), 0))).T
    named: dict[str, Any] = {
        f"probability_{each}": s for each, s in zip(classes, shares, strict=True)
    }
    if "prediction_set" in predicted:
        named["prediction_set"] = prediction_sets(predicted["prediction_set"], classes)
    words = [warnings(each) for each in predicted["remarks"]]
    plain = {name: values for name, values in predicted.items() if name not in MANY_VALUED}
    return type(frame)(plain | named | {"warnings": words}, index=frame.index)


def explained_frame(found: Sequence[Explanation], frame: Any) -> Any:
    """Return what explains the predictions of the rows of a DataFrame, with its index."""
    rows = [
        {"base": each.base}
        | {f"contribution_{name}": added for name, added in each.contributions.items()}
        | {"value": each.value}
        | ({} if each.label is None else {"label": each.label})
        for each in found
    ]
    return type(frame)(rows, index=frame.index)
