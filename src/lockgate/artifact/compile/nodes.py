"""What an explanation needs of trees: their nodes, and how many training rows reached each leaf.

An ONNX model has the same nodes, but onnxruntime does not tell them, and knows nothing of rows.
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from lockgate.artifact.archive import Arrays, to_npz
from lockgate.artifact.compile.onnx_trees import Tree


def to_nodes(trees: Sequence[Tree], leaves: np.ndarray | None = None) -> bytes:
    """Return the nodes of `trees`, each array in the smallest type that holds it exactly.

    Parameters
    ----------
    trees : sequence of Tree
        At least one, as `to_onnx` takes them.
    leaves : ndarray of float, shape (leaves of all trees, classes), optional
        What leaves say where the value of a leaf is only its number.

    Returns
    -------
    bytes
        An ``.npz``; equal trees give equal bytes.
    """
    leaf = np.concatenate([tree.left < 0 for tree in trees])
    values = np.concatenate([tree.value for tree in trees])[leaf]
    targets = np.array([tree.target for tree in trees])
    arrays = {
        "sizes": np.array([len(tree.left) for tree in trees]),
        "targets": targets if leaves is None else np.zeros_like(targets),
        "leaf": leaf,
        "values": (values[None, :] if leaves is None else leaves[values.astype(np.intp)].T),
        "cover": np.concatenate([tree.cover for tree in trees])[leaf],
        **{
            name: np.concatenate([getattr(tree, name) for tree in trees])[~leaf]
            for name in ("left", "right", "feature", "threshold", "missing_left")
        },
        **_members(trees),
    }
    return to_npz({name: _small(array) for name, array in arrays.items()})


def _members(trees: Sequence[Tree]) -> Arrays:
    """Return which inner nodes ask for membership, of how many codes, and of which."""
    inner = [tree.left >= 0 for tree in trees]
    starts = accumulate((int(each.sum()) for each in inner), initial=0)
    asking = [
        (start + int(each[:node].sum()), codes)
        for tree, each, start in zip(trees, inner, starts, strict=False)
        for node, codes in sorted(tree.members.items())
    ]
    return {
        "asking": np.array([node for node, _ in asking], dtype=np.int64),
        "member_counts": np.array([len(codes) for _, codes in asking], dtype=np.int64),
        "member_codes": np.array([code for _, codes in asking for code in codes], dtype=float),
    }


def _small(array: np.ndarray) -> np.ndarray:
    if array.dtype == bool:
        return array
    for kind in (np.uint8, np.uint16, np.uint32):
        if len(array) == 0 or (array.min() >= 0 and array.max() <= np.iinfo(kind).max):
            small = array.astype(kind)
            if np.array_equal(small, array):
                return small
    return array
