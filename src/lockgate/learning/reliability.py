"""Where intervals cover and where probabilities hold: along the prediction."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.learning.metrics import BINS, bin_of, confidence, inside

Array = npt.NDArray[Any]


def coverage_by_band(
    y: Array, prediction: Array, lower: Array, upper: Array, bands: int = 5
) -> list[dict[str, float]]:
    """Measure the intervals in bands of the prediction, each of about as many rows.

    Parameters
    ----------
    y, prediction, lower, upper : array of float, shape (rows,)
        In the target's unit.
    bands : int
        5 asks for fifths. With fewer rows than bands, each row is a band.

    Returns
    -------
    list of dict
        From the lowest predictions to the highest: ``band`` from 1, ``rows``, ``from`` and
        ``to`` (the smallest and largest prediction), ``coverage`` and ``width``.
    """
    order = np.argsort(prediction, kind="stable")
    return [
        {
            "band": place,
            "rows": len(rows),
            "from": float(prediction[rows[0]]),
            "to": float(prediction[rows[-1]]),
            "coverage": float(np.mean(inside(y[rows], lower[rows], upper[rows]))),
            "width": float(np.mean(upper[rows] - lower[rows])),
        }
        for place, rows in enumerate(np.array_split(order, min(bands, len(order))), start=1)
    ]


def coverage_by_class(y: Array, held: Array) -> list[dict[str, float]]:
    """Measure the prediction sets of the rows of each class.

    Parameters
    ----------
    y : array of int, shape (rows,)
        The index of the true class.
    held : array of bool, shape (rows, classes)
        Which classes are in the set.

    Returns
    -------
    list of dict
        For each class with rows: ``place`` among the classes, ``rows``, ``coverage`` and ``size``,
        the mean number of classes in their sets.
    """
    return [
        {
            "place": place,
            "rows": int(np.sum(y == place)),
            "coverage": float(np.mean(held[y == place, place])),
            "size": float(np.mean(held[y == place].sum(axis=1))),
        }
        for place in np.unique(y).tolist()
    ]


def calibration_by_bin(y: Array, probabilities: Array) -> list[dict[str, float]]:
    """Compare what was said with how often it came true, in ten bins of equal width.

    Parameters
    ----------
    y : array of int, shape (rows,)
        The index of the true class.
    probabilities : array of float, shape (rows, classes)
        As of `lockgate.learning.metrics.calibration_gap`.

    Returns
    -------
    list of dict
        For each bin with rows: ``from`` and ``to``, ``rows``, ``said`` (the mean probability)
        and ``came`` (the share that came true).
    """
    said, came = confidence(y, probabilities)
    place = bin_of(said)
    return [
        {
            "from": each / BINS,
            "to": (each + 1) / BINS,
            "rows": int(np.sum(place == each)),
            "said": float(np.mean(said[place == each])),
            "came": float(np.mean(came[place == each])),
        }
        for each in range(BINS)
        if (place == each).any()
    ]
