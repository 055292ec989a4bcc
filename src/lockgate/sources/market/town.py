"""The town that the houses stand in: all invented."""

from typing import NamedTuple


class Neighbourhood(NamedTuple):
    """One part of the town.

    Attributes
    ----------
    name : str
    share : int
        Of 1,000 houses, how many stand here.
    miles : float
        Distance of its middle to the city.
    effect : float
        What its name adds to the logarithm of a price.
    """

    name: str
    share: int
    miles: float
    effect: float


NEIGHBOURHOODS = (
    Neighbourhood("Old Harbour", 22, 0.9, 0.12),
    Neighbourhood("Market Cross", 24, 1.6, 0.02),
    Neighbourhood("Tannery Quarter", 26, 2.4, -0.14),
    Neighbourhood("Scholars Green", 34, 3.1, 0.16),
    Neighbourhood("Lantern Hill", 28, 3.6, 0.26),
    Neighbourhood("Copper Row", 40, 4.2, -0.08),
    Neighbourhood("Rosewater", 38, 4.9, 0.10),
    Neighbourhood("Alder Park", 46, 5.6, 0.04),
    Neighbourhood("St. Anne's Field", 44, 6.3, -0.02),
    Neighbourhood("Kingfisher Bay", 6, 6.6, 0.85),
    Neighbourhood("Northgate", 48, 7.1, -0.16),
    Neighbourhood("Foxglove", 40, 7.8, 0.08),
    Neighbourhood("Heron Point", 14, 8.3, 0.55),
    Neighbourhood("Millbrook", 46, 9.0, 0.00),
    Neighbourhood("Quarry End", 42, 9.7, -0.20),
    Neighbourhood("Larkspur", 44, 10.4, 0.14),
    Neighbourhood("Westmere", 36, 11.2, 0.30),
    Neighbourhood("Brickfield", 46, 12.0, -0.22),
    Neighbourhood("Elmstead", 48, 12.8, 0.06),
    Neighbourhood("Juniper Flats", 44, 13.7, -0.10),
    Neighbourhood("Silver Lake", 22, 14.5, 0.34),
    Neighbourhood("Cedar Hollow", 46, 15.4, 0.02),
    Neighbourhood("Airfield", 40, 16.3, -0.28),
    Neighbourhood("Orchard Mile", 44, 17.5, 0.05),
    Neighbourhood("Hawthorn Vale", 38, 19.0, 0.09),
    Neighbourhood("Stonebridge", 36, 20.6, -0.06),
    Neighbourhood("San Núñez", 30, 22.4, -0.12),
    Neighbourhood("Pinecrest", 22, 25.5, 0.03),
    Neighbourhood("Eagle Ridge", 4, 29.0, 0.60),
    Neighbourhood("Pilot's Rest", 2, 34.0, -0.30),
)
"""Shares sum to 1,000; the names with a share of a few only are there to be rare."""

PROPERTY_TYPES = {"detached": 0.0, "townhouse": -0.06, "condo": -0.12}
"""What each type adds to the logarithm of a price."""

CONDITIONS = {1: -0.24, 2: -0.11, 3: 0.0, 4: 0.05, 5: 0.11}
"""What each condition adds to the logarithm of a price, times 0.6 + 0.01 for each year of age."""

SEASON = (-0.030, -0.020, 0.000, 0.022, 0.030, 0.024, 0.012, 0.002, -0.004, -0.008, -0.012, -0.016)
"""What each month, from January, adds to the logarithm of a price."""
