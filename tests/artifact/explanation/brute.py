"""Shapley values from their definition: every subset of the features, every node of a tree."""

from collections.abc import Callable, Collection, Sequence
from itertools import combinations
from math import factorial, isnan

import numpy as np

from lockgate.artifact.compile.onnx_trees import Tree


def expectation(
    tree: Tree, row: Sequence[float], known: Collection[int], owners: Sequence[int], node: int = 0
) -> float:
    """Return what a tree answers on average of rows that agree with `row` in `known` features."""
    if tree.left[node] < 0:
        return float(tree.value[node])
    left, right = int(tree.left[node]), int(tree.right[node])
    if owners[tree.feature[node]] in known:
        follow = left if goes_left(tree, row, node) else right
        return expectation(tree, row, known, owners, follow)
    both = [expectation(tree, row, known, owners, each) for each in (left, right)]
    return float(np.average(both, weights=[tree.cover[left], tree.cover[right]]))


def goes_left(tree: Tree, row: Sequence[float], node: int) -> bool:
    """Return which way a row goes at a node."""
    value = row[tree.feature[node]]
    if isnan(value):
        return bool(tree.missing_left[node])
    if node in tree.members:
        return value in tree.members[node]
    return bool(value <= tree.threshold[node])


def shapley(worth: Callable[[frozenset[int]], float], players: int) -> np.ndarray:
    """Return each player's Shapley value of a game."""
    found = np.zeros(players)
    for player in range(players):
        others = [each for each in range(players) if each != player]
        for size in range(players):
            weight = factorial(size) * factorial(players - size - 1) / factorial(players)
            for chosen in combinations(others, size):
                with_it = worth(frozenset({*chosen, player}))
                found[player] += weight * (with_it - worth(frozenset(chosen)))
    return found


def random_tree(rng: np.random.Generator, columns: int, depth: int, target: int = 0) -> Tree:
    """Return a tree with every kind of question; column 0 holds the codes 0 to 9."""
    nodes: list[dict[str, float]] = []
    members: dict[int, list[float]] = {}

    def grow(left: int, cover: float) -> int:
        place = len(nodes)
        node = {"feature": 0, "threshold": 0.0, "left": -1, "right": -1, "value": rng.normal()}
        nodes.append(node | {"missing": float(rng.integers(2)), "cover": cover})
        if left and cover > 1 and rng.random() < 0.9:
            column = int(rng.integers(columns))
            nodes[place] |= {"feature": column, "threshold": rng.normal()}
            if column == 0:
                codes = rng.choice(10, int(rng.integers(0, 6)), replace=False)
                members[place] = sorted(codes.astype(float).tolist())
                nodes[place]["threshold"] = -1.0
            share = rng.integers(1, int(cover)) if cover >= 2 else 1
            nodes[place]["left"] = grow(left - 1, float(share))
            nodes[place]["right"] = grow(left - 1, cover - share)
        return place

    grow(depth, 1000.0)
    table = {name: np.array([node[name] for node in nodes]) for name in nodes[0]}
    return Tree(
        feature=table["feature"].astype(int),
        threshold=table["threshold"],
        left=table["left"].astype(int),
        right=table["right"].astype(int),
        missing_left=table["missing"].astype(bool),
        value=table["value"],
        cover=table["cover"],
        target=target,
        members=members,
    )


def random_row(rng: np.random.Generator, columns: int) -> np.ndarray:
    """Return a row whose first value is a code, known or not, and any may be missing."""
    row = rng.normal(size=columns)
    row[0] = float(rng.integers(0, 12))
    row[rng.random(columns) < 0.2] = np.nan
    return row
