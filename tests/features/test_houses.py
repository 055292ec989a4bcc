"""The example's features."""

from inspect import isfunction

import numpy as np
import pytest

from lockgate.features import compute, houses, resolve
from tests.features.parcels import column, schema

COLUMNS = ("square_feet", "bedrooms", "bathrooms", "distance_to_city", "lot_square_feet")
SCHEMA = schema(**{name: column(name) for name in COLUMNS})
NAMES = [name for name, value in vars(houses).items() if isfunction(value)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [np.nan, 0.0, -5.0, 1e9])
def test_no_house_breaks_a_feature(name: str, value: float) -> None:
    """A studio, a missing size or an absurd value gives a number or NaN, without a warning."""
    features = resolve([name], "lockgate.features.houses", SCHEMA)
    (values,) = compute(features, {each: np.array([value]) for each in COLUMNS}).values()
    assert not np.isinf(values).any()


def test_a_plain_house_has_the_expected_features() -> None:
    """The features say what their names say."""
    house = dict(zip(COLUMNS, ([2000.0], [3.0], [2.0], [5.0], [8000.0]), strict=True))
    columns = {name: np.array(value) for name, value in house.items()}
    values = compute(resolve(NAMES, "lockgate.features.houses", SCHEMA), columns)
    assert {name: round(float(value[0]), 4) for name, value in values.items()} == {
        "rooms_total": 5.0,
        "square_feet_per_room": 500.0,
        "bathrooms_per_bedroom": 0.6667,
        "lot_ratio": 4.0,
        "log_square_feet": 7.6014,
        "log_distance_to_city": 1.7918,
    }
