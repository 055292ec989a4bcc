"""Feature functions of the tests' own table."""

import numpy as np


def area_per_room(area, rooms):
    """Return the mean size of a room."""
    return area / rooms


def log_area(area):
    """Return the size on a log scale."""
    return np.log1p(area)


def place_and_kind(place, kind):
    """Return a category of two."""
    texts = [f"{p}/{k}" if p and k else "" for p, k in zip(place, kind, strict=True)]
    return np.array(texts, dtype=object)
