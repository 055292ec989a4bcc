"""Runs a served ensemble: each member answers, and the answers become one."""

from collections.abc import Callable, Sequence

import numpy as np

from lockgate.artifact.encoding import Matrix
from lockgate.artifact.ensemble import Average, EnsembleSpec, Member, Stack
from lockgate.artifact.runtime import (
    HEADS,
    LARGEST_INPUT,
    Blocks,
    Form,
    Scores,
    form_over,
    product,
    scorer,
)

Combine = Callable[[list[Scores]], Scores]


def build_ensemble(spec: EnsembleSpec, arrays: Sequence[bytes]) -> Form:
    """Return the function that a served ensemble describes.

    Parameters
    ----------
    spec : EnsembleSpec
        The ensemble as data.
    arrays : sequence of bytes
        Those of each member, as `lockgate.artifact.runtime.build` takes them.

    Returns
    -------
    callable
        Features of n rows to numbers in the target's unit, of shape (n,), or probabilities of
        shape (n, classes). A row's answer does not depend on the other rows.
    """
    encodings: list[Blocks] = []
    members = []
    for member, content in zip(spec.members, arrays, strict=True):
        # What members read in the same way is encoded once for all of them.
        if member.form.blocks not in encodings:
            encodings.append(member.form.blocks)
        members.append((encodings.index(member.form.blocks), _answerer(member, content)))
    combine = _combiner(spec.combination)
    return form_over(
        encodings, lambda matrices: combine([answer(matrices[at]) for at, answer in members])
    )


def _answerer(member: Member, arrays: bytes) -> Callable[[Matrix], Scores]:
    score = scorer(member.form, arrays)
    if member.scale is None:
        return score
    link = member.scale.link
    return lambda matrix: link.inverse(score(matrix))


def _combiner(combination: Average | Stack) -> Combine:
    if isinstance(combination, Average):
        return _averaging(combination.weights)
    weights, bias = np.array(combination.weights), np.array(combination.bias)
    head = HEADS[combination.head]
    return lambda answers: head(product(_side_by_side(answers), weights) + bias)


def _averaging(weights: tuple[float, ...]) -> Combine:
    def average(answers: list[Scores]) -> Scores:
        # One after the other, so in the same order for one row as for a million.
        total: Scores = weights[0] * answers[0]
        for weight, answer in zip(weights[1:], answers[1:], strict=True):
            total = total + weight * answer
        return total

    return average


def _side_by_side(answers: list[Scores]) -> Matrix:
    columns = np.concatenate([_columns(each) for each in answers], axis=1)
    return np.asarray(np.minimum(np.maximum(columns, -LARGEST_INPUT), LARGEST_INPUT))


def _columns(answers: Scores) -> Matrix:
    if answers.ndim == 1:
        return answers.reshape(-1, 1)
    # Of two classes the second says it all.
    return answers[:, 1:] if answers.shape[1] == 2 else answers
