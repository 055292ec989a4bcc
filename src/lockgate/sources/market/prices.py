"""The price formula, its noise, and the smallest error that any model can reach."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.sources.market.arithmetic import Counters, Floats, exp, log, normal
from lockgate.sources.market.houses import nearness
from lockgate.sources.market.town import CONDITIONS, NEIGHBOURHOODS, PROPERTY_TYPES, SEASON
from lockgate.tables import Columns

REFERENCE_PRICE = 460_000.0
TREND_PER_YEAR = 0.03
TREND_ORIGIN = np.datetime64("2024-01-01", "s")
SIGMA = 0.10
PRICE_STEP = 500

_PLACES = {place.name: place.effect for place in NEIGHBOURHOODS}


def true_price(columns: Columns) -> Floats:
    """Return the median price in USD of houses like these sold on these days, shape (n,).

    Sold prices scatter around it by noise that no model can know. A row that lacks a value which
    the formula needs, or has a category that the town does not know, gives NaN; a condo needs no
    lot.

    Parameters
    ----------
    columns : Columns
        The columns of a delivery except ids and price, typed: `renovated` is 1.0 or 0.0.
    """
    logarithm = _house_terms(columns) + _place_terms(columns) + _time_terms(columns["sold_on"])
    known = ~np.isnan(logarithm)
    price = np.full(logarithm.shape, np.nan)
    price[known] = REFERENCE_PRICE * exp(logarithm[known])
    return price


def noisy(price: Floats, seed: int, counters: Counters) -> Floats:
    """Return prices as sold, shape (n,): times lognormal noise, in steps of `PRICE_STEP` USD."""
    return PRICE_STEP * np.rint(price * exp(SIGMA * normal(seed, "noise", counters)) / PRICE_STEP)


def noise_distribution() -> tuple[Floats, Floats]:
    """Return the factors that the noise multiplies prices by, and the probability of each.

    The sum of twelve uniform numbers has the twelvefold convolution of the uniform distribution,
    here on a grid of 1/1000 standard deviations.
    """
    step = np.full(1000, 0.001)
    density = step
    for _ in range(11):
        density = np.convolve(density, step)
    z = (np.arange(density.size, dtype=np.float64) + 6) / 1000 - 6
    return exp(SIGMA * z), density


def best_errors(columns: Columns) -> dict[str, float]:
    """Return the smallest expected errors in USD that any model can have on these rows.

    The mean absolute error is smallest for a model that predicts the median, the root mean square
    error for one that predicts the mean. Rows without a known `true_price` are left out.

    Returns
    -------
    dict
        ``mae`` and ``rmse``.
    """
    price = true_price(columns)
    price = price[~np.isnan(price)]
    factors, probability = noise_distribution()
    mean = probability @ factors
    spread = np.sqrt(probability @ (factors - mean) ** 2)
    return {
        "mae": float(price.mean() * (probability @ np.abs(factors - 1))),
        "rmse": float(np.sqrt(np.mean(price**2)) * spread),
    }


def _house_terms(columns: Columns) -> Floats:
    size, age = columns["square_feet"], columns["age_years"]
    renovated, condo = columns["renovated"], columns["property_type"] == "condo"
    return np.asarray(
        (0.84 - 0.12 * condo) * log(size / 1900)
        + 0.5 * log(np.maximum(size, 2800) / 2800)
        - 0.03 * (columns["bedrooms"] - 3)
        + 0.05 * (columns["bathrooms"] - 2)
        - (0.0058 * age - 0.000045 * age * age) * (1 - 0.6 * renovated)
        + 0.04 * renovated
        + _effects(columns["property_type"], PROPERTY_TYPES)
        + _effects(columns["condition"], CONDITIONS) * (0.6 + 0.01 * age)
    )


def _place_terms(columns: Columns) -> Floats:
    near = nearness(columns["distance_to_city"])
    # A condo has no lot, whatever its cell says.
    lot = np.where(columns["property_type"] == "condo", 6000, columns["lot_square_feet"])
    return (
        1.55 * (near - 0.55)
        + 0.004 * columns["age_years"] * (near - 0.5)
        + 0.14 * near * log(lot / 6000)
        + _effects(columns["neighbourhood"], _PLACES)
    )


def _time_terms(sold_on: npt.NDArray[np.datetime64]) -> Floats:
    years = (sold_on - TREND_ORIGIN) / np.timedelta64(1, "D") / 365.25
    months = sold_on.astype("datetime64[M]").astype(np.int64) % 12
    return np.asarray(TREND_PER_YEAR * years + np.array(SEASON)[months])


def _effects(values: npt.NDArray[Any], effects: Mapping[Any, float]) -> Floats:
    return np.array([effects.get(value, np.nan) for value in values.tolist()], dtype=np.float64)
