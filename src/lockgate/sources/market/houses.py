"""The houses: everything about one follows from the seed, its number and the month."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from lockgate.sources.market.arithmetic import Counters, Floats, exp, log, normal, uniform
from lockgate.sources.market.town import NEIGHBOURHOODS, PROPERTY_TYPES
from lockgate.tables import Columns

Codes = npt.NDArray[np.int64]


def nearness(distance_to_city: Floats) -> Floats:
    """Return 1 in the city, 1/2 twelve miles out, falling to 0; shape (n,)."""
    return 12 / (12 + distance_to_city)


def houses(seed: int, numbers: Counters, month: int) -> Columns:
    """Return what the houses of these numbers are like in a month.

    Parameters
    ----------
    seed : int
    numbers : ndarray of uint64, shape (n,)
    month : int
        Months since the year 0.
    """
    place = _neighbourhoods(seed, numbers)
    distance = _distances(seed, numbers, place)
    near = nearness(distance)
    kind = _kinds(seed, numbers, near)
    size = _sizes(seed, numbers, kind, distance)
    bedrooms = np.clip(
        np.rint(2 * log(size) - 11.7 + 0.6 * normal(seed, "bedrooms", numbers)), 1, 8
    )
    age = _ages(seed, numbers, near, month)
    renovated = (age >= 12) & (uniform(seed, "renovated", numbers) < np.minimum(age, 60) / 300)
    return {
        "square_feet": size,
        "bedrooms": bedrooms,
        "bathrooms": _bathrooms(seed, numbers, size, bedrooms, age),
        "age_years": age,
        "distance_to_city": distance,
        "lot_square_feet": _lots(seed, numbers, kind, distance),
        "property_type": _names(PROPERTY_TYPES)[kind],
        "condition": _conditions(seed, numbers, age, renovated),
        "neighbourhood": _names(place.name for place in NEIGHBOURHOODS)[place],
        "renovated": renovated.astype(np.float64),
    }


def _neighbourhoods(seed: int, numbers: Counters) -> Codes:
    upto = np.cumsum([place.share for place in NEIGHBOURHOODS])
    return np.searchsorted(upto, 1000 * uniform(seed, "neighbourhood", numbers), side="right")


def _distances(seed: int, numbers: Counters, place: Codes) -> Floats:
    miles = np.array([place.miles for place in NEIGHBOURHOODS])[place]
    tenths = 10 * miles + (1.5 * miles + 4) * normal(seed, "distance", numbers)
    return np.clip(np.rint(tenths), 2, 600) / 10


def _kinds(seed: int, numbers: Counters, near: Floats) -> Codes:
    draw = uniform(seed, "property type", numbers)
    townhouse = 0.04 + 0.1 * near
    condo = 0.22 * near
    return (draw < condo + townhouse) * 1 + (draw < condo)


def _sizes(seed: int, numbers: Counters, kind: Codes, distance: Floats) -> Floats:
    median = np.array([2120.0, 1600.0, 1100.0])[kind] * (0.9 + 0.009 * distance)
    spread = np.array([0.38, 0.25, 0.30])[kind]
    size = median * exp(spread * normal(seed, "square feet", numbers))
    return np.asarray(np.clip(10 * np.rint(size / 10), 350, 12000))


def _ages(seed: int, numbers: Counters, near: Floats, month: int) -> Floats:
    """Let each house be rebuilt after a time of its own, so that ages never drift."""
    lifetime = 12 * np.clip(np.floor(205 * near - 30), 30, 120).astype(np.int64)
    phase = np.floor(uniform(seed, "age", numbers) * lifetime).astype(np.int64)
    return ((phase + month) % lifetime // 12).astype(np.float64)


def _bathrooms(seed: int, numbers: Counters, size: Floats, bedrooms: Floats, age: Floats) -> Floats:
    wish = 0.35 * bedrooms + size / 2600 + 0.5 * (age < 30) + 0.4 * normal(seed, "baths", numbers)
    return np.clip(np.rint(4 * wish), 3, 24) / 4


def _lots(seed: int, numbers: Counters, kind: Codes, distance: Floats) -> Floats:
    median = np.array([6500.0, 1800.0, np.nan])[kind] * (0.7 + 0.05 * distance)
    acreage = np.where(uniform(seed, "acreage", numbers) < distance / 300, 12, 1)
    lot = median * acreage * exp(0.45 * normal(seed, "lot", numbers))
    return np.asarray(np.clip(10 * np.rint(lot / 10), 500, 500_000))


def _conditions(
    seed: int, numbers: Counters, age: Floats, renovated: npt.NDArray[np.bool_]
) -> Floats:
    score = normal(seed, "condition", numbers) - 0.012 * (age - 40) + 0.5 * renovated
    return (1 + np.searchsorted([-2.4, -1.6, 0.45, 1.5], score)).astype(np.float64)


def _names(names: Iterable[str]) -> npt.NDArray[np.object_]:
    return np.array(tuple(names), dtype=object)
