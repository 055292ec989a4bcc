"""What a model takes and gives, as tensors."""

from typing import Any

from lockgate.artifact.manifest import Manifest
from lockgate.contract import Column
from lockgate.service.examples import example_row
from lockgate.service.models import Loaded
from lockgate.service.v2.messages import ModelMetadata, TensorMetadata
from lockgate.service.v2.tensors import DTYPES, NUMBERS

DATATYPES: dict[str, Any] = {"number": "FP64", "integer": "INT64", "boolean": "BOOL"}
TOLD = {
    "unit",
    "minimum",
    "maximum",
    "exclusive_minimum",
    "exclusive_maximum",
    "earliest",
    "latest",
    "values",
    "pattern",
    "min_length",
    "max_length",
}
NO_NUMBER = "NaN in FP64, null in JSON"
NO_TEXT = "the empty text, null in JSON"


def metadata(loaded: Loaded) -> ModelMetadata:
    """Return what the protocol tells of a model."""
    bundle = loaded.predictor.bundle
    asked = [each for each in bundle.schema.columns if each.role not in ("target", "ignore")]
    return ModelMetadata(
        name=bundle.schema.entity,
        versions=[loaded.version],
        platform="lockgate",
        inputs=[_input(each) for each in asked],
        outputs=outputs(bundle.manifest),
    )


def example(loaded: Loaded, *, public: bool) -> dict[str, Any]:
    """Return a request to show, of one row; see `lockgate.service.examples.example_row`."""
    bundle = loaded.predictor.bundle
    inputs = [
        {
            "name": name,
            "shape": [1],
            "datatype": DATATYPES.get(bundle.schema.column(name).type, "BYTES"),
            "data": [value],
        }
        for name, value in example_row(bundle, public=public).items()
    ]
    return {"inputs": inputs}


def accepted(column: Column) -> frozenset[str]:
    """Return the datatypes in which a column's values may be sent."""
    if column.role == "ignore":
        return frozenset(DTYPES) | {"BYTES"}
    if not column.numeric:
        return frozenset({"BYTES"})
    return frozenset(DTYPES) if column.type == "boolean" else NUMBERS


def outputs(manifest: Manifest) -> list[TensorMetadata]:
    """Return what a model gives."""
    name = f"predicted_{manifest.target}"
    if manifest.task == "regression":
        level = {"level": manifest.level}
        own = [_output(name), _output("lower", **level), _output("upper", **level)]
    else:
        shares = TensorMetadata(
            name="probabilities",
            datatype="FP64",
            shape=[-1, len(manifest.classes)],
            parameters={"classes": list(manifest.classes)},
        )
        held = TensorMetadata(
            name="prediction_set",
            datatype="BOOL",
            shape=shares.shape,
            parameters={"classes": list(manifest.classes), "level": manifest.level},
        )
        own = [_output(name, "BYTES"), _output("probability"), shares, held]
    return [*own, _output("warnings", "BYTES")]


def _input(column: Column) -> TensorMetadata:
    parameters: dict[str, Any] = {"type": column.type, "required": column.requested}
    if not column.needed:
        parameters["missing"] = NO_NUMBER if column.numeric else NO_TEXT
    parameters |= column.model_dump(mode="json", include=TOLD, exclude_none=True)
    return TensorMetadata(
        name=column.name,
        datatype=DATATYPES.get(column.type, "BYTES"),
        shape=[-1],
        parameters=parameters,
    )


def _output(name: str, datatype: Any = "FP64", **parameters: Any) -> TensorMetadata:
    return TensorMetadata(name=name, datatype=datatype, shape=[-1], parameters=parameters)
