"""Contract to schema."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockgate.contract import Schema
from lockgate.contract.compile import load_schema
from lockgate.errors import ContractError
from tests.samples import contract_document


def _compiled(tmp_path: Path, document: dict[str, Any]) -> Schema:
    path = tmp_path / "contract.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return load_schema(path)


def _column(document: dict[str, Any], name: str) -> dict[str, Any]:
    properties = document["schema"][0]["properties"]
    found: dict[str, Any] = next(item for item in properties if item["name"] == name)
    return found


def test_roles_and_bounds_are_compiled(tmp_path: Path) -> None:
    """The schema knows each column's role, range, allowed values, unit and missing tokens."""
    schema = _compiled(tmp_path, contract_document())
    assert schema.entity == "parcel"
    assert (schema.key, schema.group, schema.time) == tuple(
        schema.column(name) for name in ("parcel_id", "sender", "sent_on")
    )
    assert schema.target.name == "cost"
    weight = schema.column("weight")
    assert (weight.minimum, weight.maximum, weight.unit) == (0, 50, "kg")
    assert weight.missing == ("", "n/a")
    assert schema.column("size").values == ("small", "large")


def test_prose_does_not_reach_the_schema(tmp_path: Path) -> None:
    """Editing a description changes no byte of the schema, so nothing that depends on it reruns."""
    document = contract_document()
    before = _compiled(tmp_path, document).to_json()
    _column(document, "weight")["description"] = "As weighed at the counter."
    document["description"] = {"purpose": "Pricing."}
    assert _compiled(tmp_path, document).to_json() == before


def test_the_schema_survives_its_own_json(tmp_path: Path) -> None:
    """What the bundle embeds is read back as it was."""
    schema = _compiled(tmp_path, contract_document())
    assert Schema.from_json(schema.to_json()) == schema


@pytest.mark.parametrize("text", ["", "[]", '{"entity": 1}'])
def test_a_foreign_schema_is_refused(text: str) -> None:
    """A file that is no schema gives a clear error."""
    with pytest.raises(ContractError, match="not a lockgate schema"):
        Schema.from_json(text)


def test_a_request_never_needs_what_only_training_knows(tmp_path: Path) -> None:
    """Key, group, time and target are optional in a request, a required feature is not."""
    schema = _compiled(tmp_path, contract_document())
    assert [item.name for item in schema.columns if item.requested] == ["weight"]


def test_a_required_feature_may_be_optional_in_a_request(tmp_path: Path) -> None:
    """Required in a delivery and required in a request are two different things."""
    document = contract_document()
    _column(document, "weight")["customProperties"].append(
        {"property": "request", "value": "optional"}
    )
    assert not _compiled(tmp_path, document).column("weight").requested


@pytest.mark.parametrize(
    ("target", "task", "classes"),
    [
        ({"logicalType": "number"}, "regression", ()),
        ({"logicalType": "boolean"}, "binary", ("false", "true")),
        ({"logicalType": "string", "values": ["no", "yes"]}, "binary", ("no", "yes")),
        ({"logicalType": "integer", "values": [1, 2, 3]}, "multiclass", ("1", "2", "3")),
    ],
)
def test_the_target_names_the_task(
    tmp_path: Path, target: dict[str, Any], task: str, classes: tuple[str, ...]
) -> None:
    """Regression, binary and multiclass follow from what the contract says of the target."""
    document = contract_document()
    cost = _column(document, "cost")
    cost["logicalType"] = target["logicalType"]
    if "values" in target:
        cost["quality"] = [_valid_values(target["values"])]
    schema = _compiled(tmp_path, document)
    assert schema.task == task
    assert schema.classes == classes


def _valid_values(values: list[Any]) -> dict[str, Any]:
    return {"metric": "invalidValues", "arguments": {"validValues": values}, "mustBe": 0}


def test_table_bounds_and_expectations_are_compiled(tmp_path: Path) -> None:
    """Library metrics become bounds; expectations of Great Expectations are passed through."""
    document = contract_document()
    document["schema"][0]["quality"] = [{"metric": "rowCount", "mustBeGreaterThan": 9}]
    _column(document, "weight")["quality"] = [
        {"metric": "nullValues", "unit": "percent", "mustBeLessOrEqualTo": 5},
        {
            "metric": "missingValues",
            "arguments": {"missingValues": ["none"]},
            "mustBeLessThan": 7,
        },
        {
            "type": "custom",
            "engine": "greatExpectations",
            "severity": "warning",
            "implementation": {
                "type": "expect_column_mean_to_be_between",
                "kwargs": {"max_value": 9},
            },
        },
    ]
    schema = _compiled(tmp_path, document)
    assert [(bound.metric, bound.minimum, bound.maximum) for bound in schema.bounds] == [
        ("rowCount", 10, None),
        ("nullValues", None, 5),
        ("missingValues", None, 6),
    ]
    assert schema.column("weight").missing == ("", "n/a", "none")
    assert schema.rules[0].kwargs == {"column": "weight", "max_value": 9}


def test_ranges_may_be_written_in_any_of_the_standard_ways(tmp_path: Path) -> None:
    """mustBe, mustBeBetween and mustBeLessThan mean what the standard says."""
    document = contract_document()
    document["schema"][0]["quality"] = [
        {"metric": "rowCount", "mustBe": 5},
        {"metric": "rowCount", "mustBeBetween": [1, 5]},
        {"metric": "rowCount", "mustBeLessThan": 5},
    ]
    bounds = _compiled(tmp_path, document).bounds
    assert [(bound.minimum, bound.maximum) for bound in bounds] == [(5, 5), (1, 5), (None, 4)]


def test_dates_have_bounds_of_their_own(tmp_path: Path) -> None:
    """The range of a date column is kept as ISO dates."""
    document = contract_document()
    _column(document, "sent_on")["logicalTypeOptions"] = {"minimum": "2020-01-01"}
    assert _compiled(tmp_path, document).column("sent_on").earliest == "2020-01-01"


def test_unique_columns_may_be_said_in_two_ways(tmp_path: Path) -> None:
    """`unique: true` and duplicateValues mustBe 0 mean the same."""
    document = contract_document()
    _column(document, "pieces")["quality"] = [{"metric": "duplicateValues", "mustBe": 0}]
    _column(document, "insured")["unique"] = True
    schema = _compiled(tmp_path, document)
    assert schema.column("pieces").unique
    assert schema.column("insured").unique


MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("weight", {"logicalTypeOptions": {"minimum": 9, "maximum": 1}}, "at least 9 and at most 1"),
    (
        "weight",
        {"logicalTypeOptions": {"minimum": 5, "exclusiveMaximum": 5}},
        "weight: the range ends where it begins, at 5",
    ),
    ("size", {"quality": [_valid_values([])]}, "size: no value is allowed"),
    (
        "sender",
        {"logicalTypeOptions": {"minLength": 9, "maxLength": 3}},
        "sender: no text has at least 9 and at most 3 characters",
    ),
    (
        "weight",
        {"quality": [{"metric": "nullValues", "mustBeBetween": [9, 2]}]},
        "weight: no nullValues is at least 9 and at most 2",
    ),
    (
        "weight",
        {"requird": True},
        "unknown key schema.parcels.properties.weight.requird .did you mean 'required'",
    ),
    ("weight", {"logicalType": "nubmer"}, "weight|logicalType"),
    ("weight", {"customProperties": [{"property": "rloe", "value": 1}]}, "did you mean 'role'"),
    ("weight", {"customProperties": [{"property": "request", "value": "no"}]}, "request is 'no'"),
    ("weight", {"customProperties": [{"property": "role", "value": "label"}]}, "role"),
    ("weight", {"customProperties": [{"property": "role", "value": "target"}]}, "2 columns"),
    ("weight", {"logicalTypeOptions": {"pattern": "x"}}, "take no pattern"),
    ("pieces", {"logicalTypeOptions": {"maxLength": 3}}, "integer values take no .* length"),
    ("insured", {"logicalTypeOptions": {"minimum": 0}}, "boolean has no numeric range"),
    ("sender", {"logicalTypeOptions": {"pattern": "[a-"}}, "not a regular expression"),
    ("sender", {"logicalTypeOptions": {"pattern": "(?i)x"}}, "no.*in ECMA 262"),
    (
        "size",
        {"logicalTypeOptions": {"pattern": "[a-z]*"}, "quality": [_valid_values(["A", "b"])]},
        "'A' breaks the column's own pattern",
    ),
    (
        "size",
        {"logicalTypeOptions": {"maxLength": 2}, "quality": [_valid_values(["a", "abc"])]},
        "'abc' breaks the column's own pattern or length",
    ),
    ("weight", {"name": "cost"}, "described twice"),
    ("weight", {"quality": [{"metric": "nullValues"}]}, "has no bound"),
    ("weight", {"quality": [{"mustBe": 1}]}, "names no metric"),
    ("weight", {"quality": [{"type": "custom"}]}, "needs engine"),
    ("size", {"logicalTypeOptions": {"minimum": 1}}, "no numeric range"),
    ("size", {"quality": [_valid_values(["n/a", "small"])]}, "both allowed and missing"),
    ("sent_on", {"logicalTypeOptions": {"minimum": "2021", "maximum": "2020"}}, "is after"),
    ("sent_on", {"logicalType": "string"}, "not a date"),
    ("sender", {"customProperties": [{"property": "role", "value": "key"}]}, "2 columns"),
    ("cost", {"logicalType": "date"}, "cannot be the target"),
    ("cost", {"logicalType": "string"}, "needs its classes"),
    ("cost", {"quality": [_valid_values([1])]}, "one class"),
    ("cost", {"customProperties": []}, "0 columns have the role target"),
    (
        "weight",
        {
            "customProperties": [
                {"property": "decimalSeparator", "value": ","},
                {"property": "groupingSeparator", "value": ","},
            ]
        },
        "both decimalSeparator and groupingSeparator",
    ),
    (
        "weight",
        {"customProperties": [{"property": "affixes", "value": ["5"]}]},
        "the affix '5' cannot be told",
    ),
    (
        "size",
        {"customProperties": [{"property": "affixes", "value": ["$"]}]},
        "a string takes no decimalSeparator",
    ),
]


@pytest.mark.parametrize(("name", "change", "message"), MISTAKES)
def test_a_contradiction_is_refused(
    tmp_path: Path, name: str, change: dict[str, Any], message: str
) -> None:
    """A contract that cannot be honoured is refused with file, column and reason."""
    document = copy.deepcopy(contract_document())
    _column(document, name).update(change)
    with pytest.raises(ContractError, match=message) as caught:
        _compiled(tmp_path, document)
    assert "contract.yaml" in str(caught.value)


def test_a_request_cannot_ask_for_the_key(tmp_path: Path) -> None:
    """`request: required` on a group column is a contradiction."""
    document = contract_document()
    _column(document, "sender")["customProperties"].append(
        {"property": "request", "value": "required"}
    )
    with pytest.raises(ContractError, match="never needs a group column"):
        _compiled(tmp_path, document)


def test_a_contract_without_features_is_refused(tmp_path: Path) -> None:
    """There must be something to predict from."""
    document = contract_document()
    keep = ("parcel_id", "cost")
    document["schema"][0]["properties"] = [_column(document, name) for name in keep]
    with pytest.raises(ContractError, match="no column has the role feature"):
        _compiled(tmp_path, document)


def test_an_unknown_column_names_the_nearest(tmp_path: Path) -> None:
    """Asking the schema for a column it has not names the one that was meant."""
    schema = _compiled(tmp_path, contract_document())
    with pytest.raises(ContractError, match="did you mean 'weight'"):
        schema.column("wieght")


def _free(document: dict[str, Any], name: str, value: str = "text") -> dict[str, Any]:
    column = _column(document, name)
    column.setdefault("customProperties", []).append({"property": "kind", "value": value})
    return column


def test_free_text_is_said_by_its_kind(tmp_path: Path) -> None:
    """A string is a category unless the contract says that it is text."""
    document = contract_document()
    document["schema"][0]["properties"].append({"name": "remark", "logicalType": "string"})
    assert not _compiled(tmp_path, document).column("remark").text
    _free(document, "remark")
    schema = _compiled(tmp_path, document)
    assert schema.column("remark").text
    assert Schema.from_json(schema.to_json()) == schema


@pytest.mark.parametrize(
    ("more", "value", "message"),
    [
        ({"logicalType": "string"}, "prose", "kind is 'prose'"),
        ({"logicalType": "number"}, "text", "not for a number"),
        ({"logicalType": "string", "primaryKey": True}, "text", "with the role key"),
        (
            {
                "logicalType": "string",
                "quality": [
                    {
                        "metric": "invalidValues",
                        "arguments": {"validValues": ["a"]},
                        "mustBe": 0,
                    }
                ],
            },
            "text",
            "no list of allowed values",
        ),
    ],
)
def test_what_cannot_be_free_text_is_refused(
    tmp_path: Path, more: dict[str, Any], value: str, message: str
) -> None:
    """Text is a string, is learned from, and may say anything."""
    document = contract_document()
    properties = document["schema"][0]["properties"]
    if more.get("primaryKey"):
        properties[:] = [each for each in properties if not each.get("primaryKey")]
    properties.append({"name": "remark", **more})
    _free(document, "remark", value)
    with pytest.raises(ContractError, match=message):
        _compiled(tmp_path, document)
