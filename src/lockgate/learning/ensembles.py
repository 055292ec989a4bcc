"""From candidates to one model: which of them, and how much of each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.learning.candidates import Candidate, gathered, loss
from lockgate.learning.folds import Fold

Array = npt.NDArray[Any]

BLEND_STEPS = 25
# Relative; what gains less is not worth another model to serve.
LEAST_GAIN = 1e-4


@dataclass(frozen=True)
class Combination:
    """An unfitted model of one candidate or several.

    Attributes
    ----------
    candidates : list of Candidate
        Those that have a part in it.
    model : Any
        The candidate's pipeline, or a voting or stacking ensemble of pipelines.
    out_of_fold : array of float, shape (rows,) or (rows, classes)
        What it says of each training row where its candidates were fitted without that row.
    """

    candidates: list[Candidate]
    model: Any
    out_of_fold: Array


def combination(how: str, candidates: list[Candidate], y: Array, parts: list[Fold]) -> Combination:
    """Combine candidates.

    Parameters
    ----------
    how : {"blend", "vote", "stack", "best"}
        See `lockgate.params.EnsembleParams`.
    candidates : list of Candidate
        Of all members.
    y : array, shape (rows,)
        The target of the training rows.
    parts : list of Fold
        The folds that the candidates' answers come from.
    """
    best = min(candidates, key=lambda each: each.score)
    if how == "best" or len(candidates) == 1:
        return Combination([best], best.pipeline, best.out_of_fold)
    if how == "stack":
        return _stack(candidates, y, parts)
    weights = np.full(len(candidates), 1 / len(candidates))
    if how == "blend":
        weights = greedy_weights(y, [each.out_of_fold for each in candidates])
    return _vote(candidates, weights)


def greedy_weights(y: Array, answers: list[Array]) -> Array:
    """Weigh candidates by greedy selection with replacement.

    Caruana, Niculescu-Mizil, Crew and Ksikes 2004, "Ensemble Selection from Libraries of
    Models": from nothing, that candidate is added again and again whose addition to the plain
    average lowers its loss most; the weights are those of the best average on the way.

    Parameters
    ----------
    y : array, shape (rows,)
        Numbers, or indices of the true class.
    answers : list of array of float, each of shape (rows,) or (rows, classes)
        Out-of-fold predictions in the target's unit, or probabilities.

    Returns
    -------
    array of float, shape (candidates,)
        They sum to 1, and most of many candidates get 0.
    """
    counts = np.zeros(len(answers))
    total = np.zeros_like(answers[0])
    best, weights = np.inf, counts
    for step in range(1, BLEND_STEPS + 1):
        losses = [loss(y, (total + each) / step) for each in answers]
        added = int(np.argmin(losses))
        counts[added] += 1
        total += answers[added]
        if losses[added] < best * (1 - LEAST_GAIN):
            best, weights = losses[added], counts / step
    return weights


def _vote(candidates: list[Candidate], weights: Array) -> Combination:
    from sklearn.ensemble import VotingClassifier, VotingRegressor

    chosen = [(each, float(w)) for each, w in zip(candidates, weights, strict=True) if w > 0]
    if len(chosen) == 1:
        only = chosen[0][0]
        return Combination([only], only.pipeline, only.out_of_fold)
    used, shares = [each for each, _ in chosen], [share for _, share in chosen]
    named = _named(used)
    if used[0].link is None:
        model = VotingClassifier(named, voting="soft", weights=shares)
    else:
        model = VotingRegressor(named, weights=shares)
    answers = sum(share * each.out_of_fold for each, share in chosen)
    return Combination(used, model, np.asarray(answers))


def _named(candidates: list[Candidate]) -> list[tuple[str, Any]]:
    names = [each.name for each in candidates]
    if len(set(names)) < len(names):
        # A member may be called as the trial of another one is.
        names = [f"{place}.{name}" for place, name in enumerate(names)]
    return [(name, each.pipeline) for name, each in zip(names, candidates, strict=True)]


def _stack(candidates: list[Candidate], y: Array, parts: list[Fold]) -> Combination:
    from sklearn.ensemble import StackingClassifier, StackingRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression

    named = _named(candidates)
    if candidates[0].link is None:
        final = LogisticRegression(max_iter=1000)
        model = StackingClassifier(named, final, cv=len(parts), stack_method="predict_proba")
    else:
        # Candidates resemble each other; free weights would set one off against another.
        final = LinearRegression(positive=True)
        model = StackingRegressor(named, final, cv=len(parts))
    return Combination(candidates, model, _stacked(final, candidates, y, parts))


def _stacked(final: Any, candidates: list[Candidate], y: Array, parts: list[Fold]) -> Array:
    """Fit the final estimator on all folds but one, and ask it about that one."""
    from sklearn.base import clone

    given = np.column_stack([_columns(each.out_of_fold) for each in candidates])
    answers = []
    for fitted_on, held in parts:
        part = clone(final).fit(given[fitted_on], y[fitted_on])
        if candidates[0].link is not None:
            answers.append(part.predict(given[held]))
            continue
        shares = np.zeros((len(held), candidates[0].out_of_fold.shape[1]))
        shares[:, part.classes_] = part.predict_proba(given[held])
        answers.append(shares)
    return gathered(parts, answers)


def _columns(answers: Array) -> Array:
    """Return what scikit-learn stacks: of two classes the second says it all."""
    return answers[:, 1:] if answers.ndim == 2 and answers.shape[1] == 2 else answers
