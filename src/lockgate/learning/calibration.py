"""Probabilities that mean what they say: one temperature for all classes."""

from typing import Any

import numpy as np
import numpy.typing as npt

SMALLEST = 1e-15
_WIDEST = 20.0
# A forest says 0 where it has met no example; that is no proof that there is none.
FLOOR = 1e-6


def apply_temperature(probabilities: npt.NDArray[Any], beta: float) -> npt.NDArray[Any]:
    """Raise each probability to the power `beta` and make the row sum to 1 again.

    A probability below 1e-6 counts as 1e-6.

    Parameters
    ----------
    probabilities : array of float, shape (rows, classes)
        Each row sums to 1.
    beta : float
        The inverse temperature: above 1 sharpens, below 1 flattens.

    Returns
    -------
    array of float, shape (rows, classes)
        The order of the classes in a row is kept.
    """
    logits = beta * np.log(np.maximum(probabilities, FLOOR))
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    # A running sum adds the classes in the same order for one row as for a million.
    total: npt.NDArray[Any] = np.cumsum(weights, axis=1)[:, -1:]
    return np.asarray(weights / total)


def fit_temperature(probabilities: npt.NDArray[Any], y: npt.NDArray[Any]) -> float:
    """Find the `beta` of `apply_temperature` with the lowest log loss on rows not trained on.

    Temperature scaling (Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural
    Networks"), with ``log`` of the probability as the logit. One parameter cannot change which
    class is the likeliest, and cannot overfit.

    Parameters
    ----------
    probabilities : array of float, shape (rows, classes)
        Out-of-fold or calibration-part probabilities.
    y : array of int, shape (rows,)
        The index of the true class.

    Returns
    -------
    float
        Between 1/20 and 20.
    """
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(y))

    def log_loss(log_beta: float) -> float:
        calibrated = apply_temperature(probabilities, float(np.exp(log_beta)))
        return float(-np.mean(np.log(np.maximum(calibrated[rows, y], SMALLEST))))

    widest = float(np.log(_WIDEST))
    found = minimize_scalar(log_loss, bounds=(-widest, widest), method="bounded")
    return float(np.exp(found.x))
