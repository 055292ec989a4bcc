"""From an inference request to rows, and to the outputs that it wants."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from lockgate.artifact.manifest import Manifest
from lockgate.contract import Schema
from lockgate.errors import did_you_mean
from lockgate.predict.request import LONGEST, unknown
from lockgate.service.checking import check_depth, parsed
from lockgate.service.problems import Problem
from lockgate.service.v2.messages import InferenceRequest, InputTensor
from lockgate.service.v2.openapi import HEADER
from lockgate.service.v2.signature import accepted, outputs
from lockgate.service.v2.tensors import refused, values_of

TRUTHS = {0: False, 1: True}


def split(body: bytes, head_size: str | None) -> tuple[InferenceRequest, memoryview]:
    """Return what the JSON of a request says, and the binary data behind it.

    Parameters
    ----------
    head_size : str or None
        The header that says how long the JSON is; without it the JSON is the whole body.

    Raises
    ------
    Problem
        400 when the header is no such length, or the JSON is no inference request.
    """
    end = len(body) if head_size is None else _size(head_size, len(body))
    try:
        return InferenceRequest.model_validate(_json(body[:end])), memoryview(body)[end:]
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the body"
        raise Problem(400, f"{place}: {first['msg']}") from None


def rows_of(
    request: InferenceRequest, binary: memoryview, schema: Schema, most: int
) -> list[dict[str, Any]]:
    """Return the rows of a request, such as /predict takes them and as yet unchecked.

    Parameters
    ----------
    binary : memoryview
        What follows the JSON.
    most : int
        How many rows there may be.

    Raises
    ------
    Problem
        400 when a tensor is malformed or of a datatype that its column does not take, 413 when
        there are too many rows, 422 when a column is unknown or missing.
    """
    inputs = request.inputs
    _check_names([each.name for each in inputs], schema)
    rows = _rows(inputs, most)
    parts = _parts(inputs, binary)
    columns = {
        each.name: _column(each, schema, rows, part)
        for each, part in zip(inputs, parts, strict=True)
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def wanted(request: InferenceRequest, manifest: Manifest) -> dict[str, bool]:
    """Return the names of the outputs that are wanted, and whether as binary data.

    Raises
    ------
    Problem
        400 when an output is unknown, is named twice, or is wanted as Triton's classification.
    """
    known = [each.name for each in outputs(manifest)]
    default = request.parameters.binary_data_output
    if not request.outputs:
        return dict.fromkeys(known, default)
    chosen: dict[str, bool] = {}
    for each in request.outputs:
        if each.name not in known:
            raise Problem(400, f"there is no such output{did_you_mean(each.name[:LONGEST], known)}")
        if each.name in chosen:
            raise Problem(400, f"output {each.name} is there twice")
        if each.parameters.classification is not None:
            raise Problem(400, f"output {each.name}: the classification extension is not served")
        binary = each.parameters.binary_data
        chosen[each.name] = default if binary is None else binary
    return chosen


def _size(digits: str, body: int) -> int:
    plain = digits.isascii() and digits.isdecimal() and len(digits) <= len(str(body))
    if not plain or int(digits) > body:
        raise Problem(400, f"{HEADER} must be a number of bytes, at most the {body:,} of the body")
    return int(digits)


def _json(text: bytes) -> Any:
    # JSON has no NaN, but Triton's client writes one for a missing number.
    if b"NaN" not in text:
        return parsed(text)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Problem(400, "the JSON cannot be read") from None
    check_depth(text, value)
    return value


def _check_names(names: Sequence[str], schema: Schema) -> None:
    known = {each.name for each in schema.columns if each.role != "target"}
    for name, count in Counter(names).items():
        if name not in known:
            shown = name[:LONGEST]
            raise Problem(422, f"input {shown} {unknown(shown, schema)}")
        if count > 1:
            raise Problem(400, f"input {name} is there twice")
    for column in schema.columns:
        if column.requested and column.name not in names:
            raise Problem(422, f"input {column.name} is required")


def _rows(inputs: Sequence[InputTensor], most: int) -> int:
    rows = inputs[0].shape[0]
    for each in inputs:
        if each.shape not in ([rows], [rows, 1]):
            raise refused(each, f"must have the shape [{rows}] or [{rows}, 1]")
    if not rows:
        raise Problem(400, "the inputs have no rows")
    if rows > most:
        raise Problem(413, f"{rows:,} rows are more than the {most:,} that one request may have")
    return rows


def _parts(inputs: Sequence[InputTensor], binary: memoryview) -> list[memoryview | None]:
    """Return each input's part of the binary data, None for one that is in the JSON."""
    sizes = [each.parameters.binary_data_size for each in inputs]
    total = sum(size or 0 for size in sizes)
    if total != len(binary):
        declared = f"by binary_data_size {total:,} bytes follow the JSON"
        raise Problem(400, f"{declared}, by {HEADER} {len(binary):,}")
    parts: list[memoryview | None] = []
    at = 0
    for tensor, size in zip(inputs, sizes, strict=True):
        if (size is None) == (tensor.data is None):
            raise refused(tensor, "must have either data or the parameter binary_data_size")
        parts.append(None if size is None else binary[at : at + size])
        at += size or 0
    return parts


def _column(tensor: InputTensor, schema: Schema, rows: int, part: memoryview | None) -> list[Any]:
    column = schema.column(tensor.name)
    datatypes = accepted(column)
    if tensor.datatype not in datatypes:
        names = ", ".join(sorted(datatypes))
        raise refused(tensor, f"is {tensor.datatype}; {column.type} is sent as one of {names}")
    values = values_of(tensor, rows, part)
    if column.type != "boolean":
        return values
    return [TRUTHS.get(value, value) for value in values]
