"""The part of the Open Data Contract Standard v3.1 that lockgate understands, strictly.

Source: Bitol, Open Data Contract Standard v3.1.0. A key of the standard that is prose is
accepted and carried nowhere; a key that lockgate could not honour is refused rather than ignored.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from lockgate.strict import Strict

Scalar = bool | int | float | str | None


class CustomProperty(Strict):
    """A named value that the standard leaves to the tool."""

    property: str
    value: Any
    description: str | None = None


class LogicalTypeOptions(Strict):
    """Bounds of a value."""

    minimum: float | str | date | datetime | None = None
    maximum: float | str | date | datetime | None = None
    exclusiveMinimum: float | None = None
    exclusiveMaximum: float | None = None
    minLength: int | None = None
    maxLength: int | None = None
    pattern: str | None = None
    format: str | None = None


class QualityArguments(Strict):
    """Arguments of a library metric."""

    validValues: tuple[Scalar, ...] | None = None
    missingValues: tuple[Scalar, ...] | None = None


class Implementation(Strict):
    """An expectation of Great Expectations."""

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)


class Quality(Strict):
    """A quality rule: a library metric with a bound, prose, or an expectation passed through."""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    dimension: str | None = None
    businessImpact: str | None = None
    type: Literal["library", "text", "custom"] = "library"
    severity: Literal["error", "warning"] = "error"
    metric: (
        Literal["rowCount", "missingValues", "nullValues", "duplicateValues", "invalidValues"]
        | None
    ) = None
    arguments: QualityArguments = QualityArguments()
    unit: Literal["rows", "percent"] = "rows"
    mustBe: float | None = None
    mustBeGreaterThan: float | None = None
    mustBeGreaterOrEqualTo: float | None = None
    mustBeLessThan: float | None = None
    mustBeLessOrEqualTo: float | None = None
    mustBeBetween: tuple[float, float] | None = None
    engine: Literal["greatExpectations"] | None = None
    implementation: Implementation | None = None


class Property(Strict):
    """A column."""

    id: str | None = None
    name: str
    businessName: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    logicalType: Literal["string", "date", "timestamp", "number", "integer", "boolean"]
    physicalType: str | None = None
    logicalTypeOptions: LogicalTypeOptions = LogicalTypeOptions()
    required: bool = False
    unique: bool = False
    primaryKey: bool = False
    primaryKeyPosition: int | None = None
    classification: str | None = None
    criticalDataElement: bool = False
    examples: tuple[Scalar, ...] = ()
    quality: tuple[Quality, ...] = ()
    customProperties: tuple[CustomProperty, ...] = ()


class SchemaObject(Strict):
    """A table."""

    id: str | None = None
    name: str
    businessName: str | None = None
    description: str | None = None
    dataGranularityDescription: str | None = None
    tags: tuple[str, ...] = ()
    logicalType: Literal["object"] = "object"
    physicalName: str | None = None
    physicalType: str | None = None
    properties: Annotated[tuple[Property, ...], Field(min_length=1)]
    quality: tuple[Quality, ...] = ()
    customProperties: tuple[CustomProperty, ...] = ()


class Description(Strict):
    """What the data are for."""

    purpose: str | None = None
    usage: str | None = None
    limitations: str | None = None


class Contract(Strict):
    """The document. lockgate asks for exactly one table in it."""

    apiVersion: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: str
    name: str | None = None
    version: str
    status: str
    domain: str | None = None
    tenant: str | None = None
    dataProduct: str | None = None
    tags: tuple[str, ...] = ()
    description: Description = Description()
    schema_: Annotated[tuple[SchemaObject, ...], Field(alias="schema", min_length=1, max_length=1)]
    customProperties: tuple[CustomProperty, ...] = ()

    @property
    def table(self) -> SchemaObject:
        """The one table."""
        return self.schema_[0]
