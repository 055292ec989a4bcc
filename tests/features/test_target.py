"""The target as a learner takes it."""

from typing import Any

import numpy as np
import pytest

from lockgate.features.target import target_values
from tests.features.parcels import column, schema


@pytest.mark.parametrize(
    ("described", "values", "expected"),
    [
        ({"type_": "number"}, np.array([1.5, 2.0]), [1.5, 2.0]),
        ({"type_": "boolean"}, np.array([1.0, 0.0]), [1, 0]),
        (
            {"type_": "string", "values": ("no", "yes")},
            np.array(["yes", "no"], dtype=object),
            [1, 0],
        ),
        ({"type_": "integer", "values": ("10", "3", "7")}, np.array([7.0, 10.0]), [2, 0]),
        ({"type_": "number", "values": ("0.5", "1")}, np.array([1.0, 0.5]), [1, 0]),
    ],
)
def test_a_class_is_its_place_in_the_contract(
    described: dict[str, Any], values: np.ndarray, expected: list[float]
) -> None:
    """Numbers stay numbers; classes of any type become their place in the contract's order."""
    cost = column("cost", role="target", **described)
    assert target_values({"cost": values}, schema(cost=cost)).tolist() == expected
