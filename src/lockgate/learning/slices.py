"""The loss in parts of the test rows: a good mean may hide a bad neighbourhood."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.learning.bootstrap import bootstrap
from lockgate.learning.resampled import mean_statistic

Array = npt.NDArray[Any]

_FEW_VALUES = 20
_BANDS = 5


@dataclass(frozen=True)
class Slice:
    """The loss of some rows.

    Attributes
    ----------
    name : str
        What they have in common.
    rows : int
        How many there are.
    loss, low, high : float
        Their mean loss with its 95 % interval.
    ratio : float
        Their loss over that of all rows.
    """

    name: str
    rows: int
    loss: float
    low: float
    high: float
    ratio: float


def cut(values: Array, bands: int | None, min_rows: int) -> dict[str, Array]:
    """Divide rows by a column.

    Text is divided by its values, dates by month, numbers by their values if they have at most
    20, else into five bands; `bands` asks for quantile bands of a number or a date. Slices of
    fewer than `min_rows` rows are merged into one of the others, which is left out if it is
    still smaller: so few rows would measure chance.

    Parameters
    ----------
    values : array, shape (rows,)
        float64, object with str, or datetime64[s].
    bands : int or None
        How many bands of about as many rows.
    min_rows : int
        At least 1.

    Returns
    -------
    dict
        From the name of each slice to a mask of shape (rows,).
    """
    labels = _labels(values, bands)
    found = {name: labels == name for name in sorted(set(labels))}
    small = [name for name, rows in found.items() if rows.sum() < min_rows]
    large = {name: rows for name, rows in found.items() if name not in small}
    rest = np.isin(labels, np.array(small, dtype=object)) if small else np.zeros(len(labels), bool)
    return large | {f"(other: {len(small)})": rest} if rest.sum() >= min_rows else large


def judge(parts: dict[str, Array], losses: Array, *, resamples: int, seed: int) -> list[Slice]:
    """Return the slices that `cut` found, the worst first.

    Parameters
    ----------
    parts : dict
        From the name of each slice to a mask of shape (rows,).
    losses : array of float, shape (rows,)
        The loss of each row.
    resamples, seed : int
        Of the bootstrap.
    """
    overall = float(np.mean(losses))
    slices = []
    for name, rows in parts.items():
        own = losses[rows]
        loss = float(np.mean(own))
        spread = bootstrap(mean_statistic(own), len(own), resamples=resamples, seed=seed)["mean"]
        ratio = loss / overall if overall > 0 else 1.0
        slices.append(Slice(name, len(own), loss, spread.low, spread.high, ratio))
    return sorted(slices, key=lambda each: (-each.ratio, each.name))


def _labels(values: Array, bands: int | None) -> Array:
    if values.dtype.kind == "O":
        return np.where(values == "", "(missing)", values)
    absent = np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)
    names = np.full(len(values), "(missing)", dtype=object)
    names[~absent] = _named(values[~absent], bands)
    return names


def _named(values: Array, bands: int | None) -> Array:
    if not len(values):
        return values.astype(object)
    dated = values.dtype.kind == "M"
    if bands is None and dated:
        return values.astype("datetime64[M]").astype(str).astype(object)
    if bands is None and len(np.unique(values)) <= _FEW_VALUES:
        return np.array([_show(value) for value in values.tolist()], dtype=object)
    if dated:
        return _banded(values.astype("datetime64[D]").astype(np.int64), bands or _BANDS, _day)
    return _banded(values, bands or _BANDS, _show)


def _banded(values: Array, bands: int, show: Any) -> Array:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bands + 1)))
    place = np.searchsorted(edges[1:-1], values, side="right")
    tops = edges[1:] if len(edges) > 1 else edges
    names = [f"{show(low)} to {show(top)}" for low, top in zip(edges, tops, strict=False)]
    return np.array(names, dtype=object)[place]


def _day(value: float) -> str:
    return str(np.datetime64(round(value), "D"))


def _show(value: float) -> str:
    short = float(f"{value:.4g}")
    return f"{int(short):,}" if short.is_integer() else f"{short:,}"
