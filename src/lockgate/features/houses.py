"""Features of the bundled example, the house market: a fork writes a module like this one."""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def rooms_total(bedrooms: Numbers, bathrooms: Numbers) -> Numbers:
    """Bedrooms and bathrooms together."""
    return bedrooms + bathrooms


def square_feet_per_room(square_feet: Numbers, bedrooms: Numbers) -> Numbers:
    """How large the rooms are: living area shared by the bedrooms and one living room."""
    return square_feet / np.maximum(bedrooms + 1, 1)


def bathrooms_per_bedroom(bathrooms: Numbers, bedrooms: Numbers) -> Numbers:
    """How well the house is fitted out for those who sleep there; a studio counts as one."""
    return bathrooms / np.maximum(bedrooms, 1)


def lot_ratio(lot_square_feet: Numbers, square_feet: Numbers) -> Numbers:
    """Lot area for each square foot of living area."""
    return lot_square_feet / np.where(square_feet > 0, square_feet, np.nan)


def log_square_feet(square_feet: Numbers) -> Numbers:
    """Living area on the scale on which prices grow."""
    return np.log1p(np.maximum(square_feet, 0))


def log_distance_to_city(distance_to_city: Numbers) -> Numbers:
    """Distance on a scale where the first miles weigh most."""
    return np.log1p(np.maximum(distance_to_city, 0))
