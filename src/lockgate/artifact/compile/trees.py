"""Trees of any origin as a served form."""

from collections.abc import Sequence

import numpy as np

from lockgate.artifact.compile.nodes import to_nodes
from lockgate.artifact.compile.onnx_trees import Tree, to_onnx
from lockgate.artifact.compile.small import ordered, small
from lockgate.artifact.spec import Block, Compiled, FormSpec, Head, Trees


def compiled_trees(
    trees: Sequence[Tree],
    blocks: tuple[Block, ...],
    head: Head,
    body: Trees,
    leaves: np.ndarray | None = None,
) -> Compiled:
    """Return the form that adds up `trees`.

    Parameters
    ----------
    trees : sequence of Tree
        At least one for each output.
    blocks, head
        As of `FormSpec`.
    body : Trees
        What scores them is found out here.
    leaves : ndarray of float, shape (leaves of all trees, classes), optional
        What leaves say where the value of a leaf is only its number.
    """
    if small(trees):
        nodes = arrays = to_nodes(ordered(trees), leaves)
        body = body.model_copy(update={"scored_by": "bitvectors"})
    else:
        inputs = sum(block.width for block in blocks)
        outputs = max(tree.target for tree in trees) + 1
        nodes, arrays = to_nodes(trees, leaves), to_onnx(trees, inputs, outputs, leaves)
    return Compiled(FormSpec(blocks=blocks, body=body, head=head), arrays, nodes)
