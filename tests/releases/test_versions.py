"""Which step of Semantic Versioning a change of the schema is."""

from typing import Any

import pytest
from semver import Version

from lockgate.contract import Column, Schema
from lockgate.releases.versions import breaks, next_version

COST = Column(name="cost", type="number", role="target")
WEIGHT = Column(name="weight", type="number", role="feature", minimum=0.0, maximum=40.0)
SIZE = Column(name="size", type="string", role="feature", values=("large", "small"))


def schema(*columns: Column, **others: Any) -> Schema:
    """Return a schema of these columns and the target."""
    names = {"entity": "parcel", "entities": "parcels", "version": "1.0.0"}
    return Schema(columns=(*columns, COST), **(names | others))


def changed(column: Column, **what: Any) -> Column:
    """Return a column with other attributes."""
    return column.model_copy(update=what)


PIECES = Column(name="pieces", type="integer", role="feature", requested=True, nullable=False)
BEFORE = schema(WEIGHT, SIZE)


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (schema(SIZE), "weight is gone"),
        (schema(changed(WEIGHT, type="string"), SIZE), "weight is a string and was a number"),
        (schema(changed(WEIGHT, requested=True, nullable=False), SIZE), "weight is required"),
        (schema(changed(WEIGHT, maximum=30.0), SIZE), "weight has tighter bounds"),
        (schema(changed(WEIGHT, minimum=None, exclusive_minimum=0.0), SIZE), "tighter bounds"),
        (schema(WEIGHT, changed(SIZE, values=("large",))), "size allows fewer values"),
        (schema(WEIGHT, changed(SIZE, max_length=5)), "size takes other texts"),
        (schema(WEIGHT, changed(SIZE, pattern="^l")), "size takes other texts"),
        (
            schema(
                WEIGHT,
                SIZE,
                Column(
                    name="pieces", type="integer", role="feature", requested=True, nullable=False
                ),
            ),
            "pieces is required",
        ),
        (schema(WEIGHT, SIZE, entity="package"), "parcel is called package"),
    ],
)
def test_what_breaks_a_caller(after: Schema, why: str) -> None:
    """A request that was in order and is refused now makes a major release, and the reason told."""
    (reason,) = breaks(BEFORE, after)
    assert why in reason


@pytest.mark.parametrize(
    "after",
    [
        BEFORE,
        schema(changed(WEIGHT, maximum=60.0), SIZE),
        schema(changed(WEIGHT, minimum=None), SIZE),
        schema(changed(WEIGHT, minimum=None, exclusive_minimum=-1.0), SIZE),
        schema(WEIGHT, changed(SIZE, values=("large", "medium", "small"))),
        schema(WEIGHT, changed(SIZE, values=None)),
        schema(WEIGHT, SIZE, Column(name="pieces", type="integer", role="feature")),
        schema(changed(WEIGHT, unit="kg"), SIZE),
    ],
)
def test_what_breaks_nobody(after: Schema) -> None:
    """A wider schema takes every request that the old one took."""
    assert breaks(BEFORE, after) == ()


def test_another_target_is_another_interface() -> None:
    """A model of something else is never a minor release."""
    other = Schema(
        entity="parcel",
        entities="parcels",
        version="1.0.0",
        columns=(WEIGHT, SIZE, Column(name="days", type="number", role="target")),
    )
    assert "the target cost is another" in breaks(BEFORE, other)


def test_numbers() -> None:
    """The first release is 1.0.0, and each step resets what is below it."""
    assert next_version(None, "minor") == Version(1, 0, 0)
    assert next_version(Version(1, 2, 3), "major") == Version(2, 0, 0)
    assert next_version(Version(1, 2, 3), "minor") == Version(1, 3, 0)
    assert next_version(Version(1, 2, 3), "patch") == Version(1, 2, 4)
