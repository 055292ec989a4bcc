"""Tensors on the wire: in JSON, or as binary data behind it."""

import math
import struct
from typing import Any

import numpy as np

from lockgate.contract.schema import LARGEST_INTEGER
from lockgate.service.problems import Problem
from lockgate.service.v2.messages import InputTensor

# A truth is one byte, 0 or 1.
DTYPES = {
    "BOOL": "u1",
    "INT8": "i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "UINT8": "u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
NUMBERS = frozenset(DTYPES) - {"BOOL"}
# Before the bytes of each text.
LENGTH = struct.Struct("<I")


def values_of(tensor: InputTensor, rows: int, binary: memoryview | None) -> list[Any]:
    """Return the values of an input, as JSON would hold them; a NaN is None.

    Parameters
    ----------
    rows : int
        How many values there must be.
    binary : memoryview or None
        The tensor's part of what follows the JSON; None when the values are in the JSON.

    Raises
    ------
    Problem
        400 when the values are more or fewer, or are not what the datatype says.
    """
    if binary is None:
        return _listed(tensor, rows)
    if tensor.datatype == "BYTES":
        return _texts(tensor, rows, binary)
    dtype = np.dtype(DTYPES[tensor.datatype])
    if len(binary) != rows * dtype.itemsize:
        expected = f"{rows:,} values of {tensor.datatype} are {rows * dtype.itemsize:,}"
        raise refused(tensor, f"has {len(binary):,} bytes; {expected}")
    return _plain(tensor, np.frombuffer(binary, dtype))


def refused(tensor: InputTensor, what: str) -> Problem:
    """Return what is answered to a tensor that is not as the protocol has it."""
    return Problem(400, f"input {tensor.name} {what}")


def output_tensor(name: str, values: np.ndarray, binary: bool) -> tuple[dict[str, Any], bytes]:
    """Return an output, and the bytes of it that follow the JSON.

    Parameters
    ----------
    values : ndarray of float64, bool, or str as object
        Of shape (rows,) or (rows, classes).
    binary : bool
        Whether it is wanted behind the JSON.
    """
    datatype = {"O": "BYTES", "b": "BOOL"}.get(values.dtype.kind, "FP64")
    tensor: dict[str, Any] = {"name": name, "datatype": datatype, "shape": values.shape}
    if not binary:
        return tensor | {"data": values.tolist()}, b""
    sent = _joined(values) if datatype == "BYTES" else values.astype(DTYPES[datatype]).tobytes()
    return tensor | {"parameters": {"binary_data_size": len(sent)}}, sent


def _joined(texts: np.ndarray) -> bytes:
    encoded = [text.encode() for text in texts.tolist()]
    return b"".join(part for each in encoded for part in (LENGTH.pack(len(each)), each))


def _texts(tensor: InputTensor, rows: int, binary: memoryview) -> list[str]:
    texts, at, size = [], 0, len(binary)
    for row in range(rows):
        start = at + LENGTH.size
        at = start + LENGTH.unpack_from(binary, at)[0] if start <= size else start
        if at > size:
            raise refused(tensor, f"ends within value {row} of {rows:,}")
        try:
            texts.append(str(binary[start:at], "utf-8"))
        except UnicodeDecodeError:
            raise refused(tensor, f"is not UTF-8 in value {row}") from None
    if at < size:
        raise refused(tensor, f"has {size - at:,} bytes more than its {rows:,} values")
    return texts


def _listed(tensor: InputTensor, rows: int) -> list[Any]:
    """Return values that the JSON holds, numbers as the datatype holds them."""
    data = _flat(tensor)
    if len(data) != rows:
        raise refused(tensor, f"has {len(data):,} values in data, and {rows:,} by its shape")
    wording, kinds = _kinds(tensor.datatype)
    given = [value for value in data if value is not None]
    if not kinds.issuperset(map(type, given)):
        raise refused(tensor, f"must have {wording} in data, as {tensor.datatype} says, or null")
    if tensor.datatype in NUMBERS:
        values = iter(_plain(tensor, _array(tensor, given)))
        return [None if value is None else next(values) for value in data]
    return data


def _flat(tensor: InputTensor) -> list[Any]:
    data = tensor.data or []
    nested = len(tensor.shape) == 2 and bool(data) and isinstance(data[0], list)
    if not nested:
        return data
    if not all(isinstance(each, list) and len(each) == 1 for each in data):
        raise refused(tensor, "must have one value in each list of data, or no lists")
    return [value for (value,) in data]


def _kinds(datatype: str) -> tuple[str, set[type]]:
    if datatype == "BYTES":
        return "texts", {str}
    if datatype == "BOOL":
        return "true and false", {bool}
    return ("numbers", {int, float}) if datatype.startswith("FP") else ("whole numbers", {int})


def _array(tensor: InputTensor, given: list[Any]) -> np.ndarray:
    try:
        # What FP32 cannot hold is infinite, and no number of the contract.
        with np.errstate(over="ignore"):
            return np.array(given, DTYPES[tensor.datatype])
    except OverflowError:
        raise refused(tensor, f"has a number that {tensor.datatype} cannot hold") from None


def _plain(tensor: InputTensor, values: np.ndarray) -> list[Any]:
    plain: list[Any] = values.tolist()
    if tensor.datatype == "BOOL":
        if max(plain, default=0) > 1:
            raise refused(tensor, "has a byte other than 0 and 1, as BOOL")
        return list(map(bool, plain))
    if values.dtype.kind == "f":
        if np.isnan(values).any():
            return [None if math.isnan(each) else each for each in plain]
    elif plain and not -LARGEST_INTEGER <= min(plain) <= max(plain) <= LARGEST_INTEGER:
        raise refused(tensor, "has a number beyond 2**53 - 1, which FP64 cannot tell from others")
    return plain
