"""The data of DVC's plots: few points, the same files for every task.

`dvc plots` calls a file that is missing an error, and leaves out one that has a header alone.
So each task writes all files, and those that say nothing about it have no rows.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockgate.reporting.findings import Findings
from lockgate.tables import Columns, rounded, write_csv

POINTS = 1000
HEADERS = {
    "predictions": ("predicted", "actual"),
    "residuals": ("predicted", "residual"),
    "coverage": ("fifth", "coverage"),
    "calibration": ("stated", "observed"),
    "confusion": ("actual", "predicted"),
    "importance": ("feature", "importance"),
}


def write_points(directory: Path, tables: dict[str, Columns]) -> None:
    """Write one CSV for each plot that DVC knows of.

    Parameters
    ----------
    directory : Path
        Made where it is missing.
    tables : dict of str to Columns
        By plot, each with the columns of `HEADERS`; a plot that is absent gets a header alone.
    """
    for name, header in HEADERS.items():
        columns = tables.get(name, dict.fromkeys(header, np.empty(0, dtype=object)))
        plain = {column: _plain(columns[column]) for column in header}
        write_csv(directory / f"{name}.csv", plain)


def tables(findings: Findings) -> dict[str, Columns]:
    """Return the data of the plots that say something about the task.

    Parameters
    ----------
    findings : Findings
        Rows are thinned to at most 1,000, evenly along the predictions or over the pairs of
        true and predicted class, so that shares stay as they are.

    Returns
    -------
    dict of str to Columns
        By plot, see `HEADERS`.
    """
    found = {"importance": _importance(findings)}
    if findings.schema.task == "regression":
        return found | _regression(findings)
    return found | _classification(findings)


def _importance(findings: Findings) -> Columns:
    return {
        "feature": np.array([item.name for item in findings.importance], dtype=object),
        "importance": np.array([item.mean for item in findings.importance]),
    }


def _regression(findings: Findings) -> dict[str, Columns]:
    value = findings.answer["value"]
    rows = spread(value, findings.y)
    predicted, actual = value[rows], findings.y[rows]
    bands = findings.reliability
    return {
        "predictions": {"predicted": predicted, "actual": actual},
        "residuals": {"predicted": predicted, "residual": actual - predicted},
        "coverage": {
            "fifth": np.array([float(band["band"]) for band in bands]),
            "coverage": np.array([band["coverage"] for band in bands]),
        },
    }


def _classification(findings: Findings) -> dict[str, Columns]:
    classes = np.array(findings.schema.classes, dtype=object)
    guess = findings.answer["probabilities"].argmax(axis=1)
    rows = spread(findings.y, guess)
    bins = findings.reliability
    return {
        "confusion": {"actual": classes[findings.y[rows]], "predicted": classes[guess[rows]]},
        "calibration": {
            "stated": np.array([each["said"] for each in bins]),
            "observed": np.array([each["came"] for each in bins]),
        },
    }


def spread(*order: NDArray[Any], points: int = POINTS) -> NDArray[np.int64]:
    """Choose rows evenly over a sorting, the first and the last among them.

    Parameters
    ----------
    *order : array, shape (rows,)
        What rows are sorted by; the first counts most. Shares of its values are kept.
    points : int
        How many at most.

    Returns
    -------
    array of int, shape (at most points,)
        Positions of rows.
    """
    positions: NDArray[np.int64] = np.lexsort(order[::-1])
    if len(positions) <= points:
        return positions
    return positions[np.linspace(0, len(positions) - 1, points).round().astype(np.int64)]


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    return np.array(rounded(values), dtype=object if values.dtype == object else np.float64)
