"""From the stored nodes of trees to groves, in which they are walked."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lockgate.artifact.archive import Arrays
from lockgate.artifact.explanation.sums import Array
from lockgate.artifact.explanation.trees import LEAST, Grove, Level, Places, Questions

# Trees of about so many nodes are walked at once: their numbers fit a processor's cache.
TOGETHER = 16_384


@dataclass(frozen=True)
class Nodes:
    """The nodes of all trees, numbered through.

    Attributes
    ----------
    roots : ndarray of int, shape (trees + 1,)
        Of each tree, and how many nodes there are.
    targets : ndarray of int, shape (trees,)
    inner, leaf : ndarray of int, shape (nodes,)
        Its number among the inner nodes and among the leaves; -1 where it is none.
    left, right : ndarray of int, shape (inner nodes,)
        Children.
    feature : ndarray of int, shape (inner nodes,)
        What it asks about, by the order of the features.
    cover : ndarray of float, shape (leaves,)
    values : ndarray of float, shape (tables, leaves)
    """

    roots: Places
    targets: Places
    inner: Places
    leaf: Places
    left: Places
    right: Places
    feature: Places
    cover: Array
    values: Array


def questions_of(arrays: Arrays) -> Questions:
    """Return the questions of trees, from what `lockgate.artifact.compile.nodes` wrote."""
    counts, codes = arrays["member_counts"], arrays["member_codes"].astype(float)
    span = float(codes.max(initial=0.0)) + 1.0
    keys = np.repeat(np.arange(len(counts)), counts) * span + codes
    return Questions(
        column=arrays["feature"].astype(np.intp),
        threshold=arrays["threshold"].astype(np.float64),
        missing_left=arrays["missing_left"].astype(bool),
        asking=arrays["asking"].astype(np.intp),
        # One key above all, so that there is a next one to every key.
        members=np.append(np.sort(keys), np.inf),
        span=span,
    )


def nodes_of(arrays: Arrays, owners: Places) -> Nodes:
    """Return the nodes of trees, from what `lockgate.artifact.compile.nodes` wrote.

    Parameters
    ----------
    arrays : Arrays
    owners : ndarray of int, shape (matrix columns,)
        The feature that each matrix column belongs to.
    """
    leaf = arrays["leaf"].astype(bool)
    sizes = arrays["sizes"].astype(np.intp)
    roots = np.concatenate([[0], np.cumsum(sizes)])
    start = np.repeat(roots[:-1], sizes)[~leaf]
    return Nodes(
        roots=roots,
        targets=arrays["targets"].astype(np.intp),
        inner=np.where(leaf, -1, np.cumsum(~leaf) - 1),
        leaf=np.where(leaf, np.cumsum(leaf) - 1, -1),
        left=arrays["left"].astype(np.intp) + start,
        right=arrays["right"].astype(np.intp) + start,
        feature=owners[arrays["feature"].astype(np.intp)],
        cover=arrays["cover"].astype(np.float64),
        values=arrays["values"],
    )


def groves(nodes: Nodes, features: int, targets: int) -> Iterator[tuple[Grove, Array]]:
    """Yield all trees in groves, each with the sums of what its trees expect.

    Parameters
    ----------
    nodes : Nodes
    features : int
        How many there are.
    targets : int
        How many sums the trees add to; 1 where there are several tables.

    Yields
    ------
    Grove
    ndarray of float, shape (targets,) or (tables,)
    """
    first = 0
    trees = len(nodes.targets)
    while first < trees:
        reach = nodes.roots[first] + TOGETHER
        last = max(first + 1, int(np.searchsorted(nodes.roots, reach, side="right")) - 1)
        yield _grove(nodes, np.arange(first, last), features, targets)
        first = last


@dataclass(frozen=True)
class _Layer:
    """The nodes of one depth while a grove is made; attributes as of `Grove`.

    Attributes
    ----------
    ids : ndarray of int
        Of the nodes, as `Nodes` numbers them.
    tree : ndarray of int
        Which of the grove's trees each is in.
    depth : ndarray of int
        How many features led there.
    """

    start: int
    ids: Places
    tree: Places
    depth: Places
    parents: Places
    question: Places
    side: NDArray[np.bool_]
    before: Places
    feature: Places

    @property
    def stop(self) -> int:
        """Where the next one starts."""
        return self.start + len(self.ids)


def _grove(nodes: Nodes, trees: Places, features: int, targets: int) -> tuple[Grove, Array]:
    roots, *layers = _layers(nodes, trees, features)
    every = [roots, *layers]
    # Node 0 stands above all roots.
    ids, tree, feature = (
        np.concatenate([[0], *(getattr(each, name) for each in every)])
        for name in ("ids", "tree", "feature")
    )
    leaves = np.flatnonzero(nodes.leaf[ids] >= 0)
    leaves = leaves[leaves > 0]
    values = nodes.values[:, nodes.leaf[ids[leaves]]]
    cover = _cover(nodes.cover[nodes.leaf[ids[leaves]]], leaves, len(ids), layers)
    target = nodes.targets[trees][tree]
    grove = Grove(
        levels=[Level(each.start, each.stop, each.parents) for each in layers],
        question=np.concatenate([[0], *(each.question for each in every)]),
        side=np.concatenate([[True], *(each.side for each in every)]),
        before=np.concatenate([[0], *(each.before for each in every)]),
        share=_share(cover, layers),
        output=feature * targets + target,
        leaves=leaves,
        values=values,
        nodes=len(ids),
        depth=max(int(each.depth.max(initial=0)) for each in every),
    )
    weight = cover[leaves] / np.maximum(cover[roots.start + tree[leaves]], LEAST)
    expected = [np.bincount(target[leaves], weight * each, targets) for each in values]
    return grove, np.concatenate(expected)


def _layers(nodes: Nodes, trees: Places, features: int) -> list[_Layer]:
    none = np.zeros(len(trees), dtype=np.intp)
    places = np.arange(len(trees))
    top = nodes.roots[trees]
    layers = [_Layer(1, top, places, none, none, none, none == 0, none, none)]
    latest = np.zeros((len(trees), features), dtype=np.int32)
    while len(inner := np.flatnonzero(nodes.inner[layers[-1].ids] >= 0)):
        layer, latest = _below(nodes, layers[-1], inner, latest)
        layers.append(layer)
    return layers


def _below(
    nodes: Nodes, above: _Layer, inner: Places, latest: NDArray[np.int32]
) -> tuple[_Layer, NDArray[np.int32]]:
    """Return the children of the `inner` nodes of a layer.

    `latest` says of each node of the layer, and then of each child, which node above each feature
    led to last; 0 is none.
    """
    twice = np.repeat(inner, 2)
    question = nodes.inner[above.ids[twice]]
    ids = np.where(np.arange(len(twice)) % 2 == 0, nodes.left[question], nodes.right[question])
    feature, rows = nodes.feature[question], np.arange(len(twice))
    latest = latest[twice]
    before = latest[rows, feature].astype(np.intp)
    latest[rows, feature] = above.stop + rows
    layer = _Layer(
        start=above.stop,
        ids=ids,
        tree=above.tree[twice],
        depth=above.depth[twice] + (before == 0),
        parents=above.start + twice,
        question=question,
        side=rows % 2 == 0,
        before=before,
        feature=feature,
    )
    return layer, latest


def _cover(of_leaves: Array, leaves: Places, count: int, layers: list[_Layer]) -> Array:
    cover = np.zeros(count)
    cover[leaves] = of_leaves
    for layer in reversed(layers):
        both = cover[layer.start : layer.stop]
        cover[layer.parents[::2]] = both[::2] + both[1::2]
    return cover


def _share(cover: Array, layers: list[_Layer]) -> Array:
    share = np.ones(len(cover))
    for layer in layers:
        part = slice(layer.start, layer.stop)
        step = cover[part] / np.maximum(cover[layer.parents], LEAST)
        share[part] = np.maximum(step * share[layer.before], LEAST)
    return share
