"""Arrays as bytes: an ``.npz`` that is the same whenever it is written."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def to_npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return what ``np.savez`` would write, in the order of `arrays`: equal ones, equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            # A ZipInfo made by hand is dated 1980, not now.
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue())
    return buffer.getvalue()


def from_npz(content: bytes) -> Arrays:
    """Return the arrays that `to_npz` wrote."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
