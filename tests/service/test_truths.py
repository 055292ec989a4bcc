"""A true value is what the contract lets the target be."""

import jsonschema
import pytest

from lockgate.contract import Column, Schema
from lockgate.service.truths import Truths


def truths(kind="number", **bounds):
    """Return the reader of a target."""
    target = Column(name="rent", type=kind, role="target", **bounds)
    feature = Column(name="area", type="number", role="feature")
    return Truths(Schema(entity="flat", entities="flats", version="1", columns=(feature, target)))


@pytest.mark.parametrize(
    ("target", "value", "kept"),
    [
        ({}, 3, 3.0),
        ({"exclusive_minimum": 0}, 0.5, 0.5),
        ({"kind": "integer", "minimum": 1}, 2.0, 2.0),
        ({"kind": "string", "values": ("low", "high")}, "low", "low"),
        ({"kind": "boolean"}, "true", "true"),
        ({"kind": "boolean"}, True, "true"),
        ({"kind": "boolean"}, False, "false"),
        ({"kind": "integer", "values": ("1", "2")}, "2", "2"),
        ({"kind": "integer", "values": ("1", "2")}, 2, "2"),
        ({"kind": "number", "values": ("0.5", "1.5")}, 1.5, "1.5"),
    ],
)
def test_what_the_contract_allows_is_kept(target, value, kept):
    """A class by its text or by its value, a number as a number."""
    reader = truths(**target)
    assert reader.wrong(value) == ""
    assert reader.read(value) == kept
    assert type(reader.read(value)) is type(kept)
    jsonschema.validate(value, reader.shape)


@pytest.mark.parametrize(
    ("target", "value", "words"),
    [
        ({"minimum": 0}, -1, "must be at least 0"),
        ({"maximum": 5}, 6, "must be at most 5"),
        ({"exclusive_minimum": 0}, 0, "must be above 0"),
        ({"exclusive_maximum": 5}, 5, "must be below 5"),
        ({"kind": "integer"}, 2.5, "must be a whole number"),
        ({"missing": ("", "-1")}, -1, "must not be missing"),
        ({}, True, "must be a number"),
        ({}, "3", "must be a number"),
        ({}, None, "must not be null"),
        ({}, float("inf"), "must be a finite number"),
        ({"kind": "string", "values": ("low", "high")}, "huge", "must be one of low, high"),
        ({"kind": "string", "values": ("low", "high")}, "", "must be one of low, high"),
        ({"kind": "string", "values": ("low", "high")}, ["low"], "must be one of low, high"),
        ({"kind": "boolean"}, 1, "must be one of false, true"),
        ({"kind": "integer", "values": ("1", "2")}, 3, "must be one of 1, 2"),
        ({"kind": "integer", "values": ("1", "2")}, True, "must be one of 1, 2"),
    ],
)
def test_what_it_does_not_allow_is_refused(target, value, words):
    """In the words of any other field."""
    assert truths(**target).wrong(value) == words


@pytest.mark.parametrize(
    "target",
    [
        {},
        {"minimum": 10, "maximum": 20},
        {"exclusive_minimum": 10, "exclusive_maximum": 20},
        {"exclusive_minimum": 10, "exclusive_maximum": 10.5},
        {"exclusive_maximum": -3},
        {"kind": "integer", "exclusive_minimum": 0},
        {"kind": "string", "values": ("low", "high")},
        {"kind": "boolean"},
    ],
)
def test_the_example_is_allowed(target):
    """By the contract, and by the JSON Schema that is published."""
    reader = truths(**target)
    assert reader.wrong(reader.example) == ""
    jsonschema.validate(reader.example, reader.shape)
