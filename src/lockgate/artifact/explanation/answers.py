"""From raw scores to answers: contributions in the target's unit, or to a probability."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lockgate.artifact.ensemble import Average, EnsembleSpec, Stack
from lockgate.artifact.explanation.forms import Explain
from lockgate.artifact.explanation.sums import Array, Sums, average, joined, softmax, softmax_of
from lockgate.artifact.manifest import ModelEntry, RegressionEntry
from lockgate.artifact.runtime import expit, held
from lockgate.artifact.spec import FormSpec
from lockgate.features.inputs import Features
from lockgate.learning.calibration import FLOOR
from lockgate.learning.links import Link

# Of two classes, what each has of the share of the second.
SECOND, REST = np.array([[-1.0, 1.0]]), np.array([1.0, 0.0])


@dataclass(frozen=True)
class Explainer:
    """Explains the answers of a model.

    Attributes
    ----------
    forms : list of callable
        Explain the raw scores of its form, or of each member's.
    spec : FormSpec or EnsembleSpec
        The model as data.
    entry : ModelEntry
        Its link, or its calibration.
    classes : int
        How many the schema has; 0 for regression.
    """

    forms: list[Explain]
    spec: FormSpec | EnsembleSpec
    entry: ModelEntry
    classes: int

    @np.errstate(over="ignore")
    def __call__(self, features: Features, places: Sequence[int]) -> list[Sums]:
        """Explain rows.

        Parameters
        ----------
        features : Features
            Of n rows.
        places : sequence of int
            Whose probability is explained: the class of each row by its place in the schema's
            classes. Without a meaning for regression.

        Returns
        -------
        list of Sums
            For each row those of one number: the prediction in the target's unit, or the
            calibrated probability.
        """
        scores = zip(*(form(features) for form in self.forms), strict=True)
        return [self._answer(row, place) for row, place in zip(scores, places, strict=True)]

    def _answer(self, scores: Sequence[Sums], place: int) -> Sums:
        answer = self.entry.answer
        link = answer.link if isinstance(answer, RegressionEntry) else None
        if isinstance(self.spec, EnsembleSpec):
            found = ensemble_of(self.spec, scores, link)
        else:
            found = meaning_of(scores[0], self.spec.head, None if link is None else link.inverse)
        if isinstance(answer, RegressionEntry):
            return found
        known = found.linear(np.eye(self.classes)[list(answer.seen)])
        logs = known.through(_bounded_log).linear(answer.beta * np.eye(self.classes))
        return softmax_of(logs, place)


def meaning_of(scores: Sums, head: str, inverse: Callable[[Array], Array] | None) -> Sums:
    """Return what raw scores mean.

    Parameters
    ----------
    scores : Sums
    head : str
        As of `lockgate.artifact.spec.FormSpec`.
    inverse : callable or None
        Of numbers: from what the head says to the target's unit.

    Returns
    -------
    Sums
        Of a number, or of the probabilities of the classes that the form knows, before they are
        calibrated.
    """
    if inverse is not None:
        return scores.through(lambda score: inverse(np.exp(score) if head == "exp" else score))
    if head == "softmax":
        return softmax(scores)
    if head == "shares":
        return scores
    second = scores.through(expit) if head == "logistic" else scores
    return second.linear(SECOND).plus(REST)


def ensemble_of(spec: EnsembleSpec, scores: Sequence[Sums], link: Link | None) -> Sums:
    """Return what the members' raw scores mean together, as of `meaning_of`."""
    answers = [
        meaning_of(each, member.form.head, member.scale.link.inverse if member.scale else None)
        for each, member in zip(scores, spec.members, strict=True)
    ]
    if isinstance(spec.combination, Average):
        blend = average(answers, spec.combination.weights)
        return blend if link is None else blend.through(link.bounded)
    return _stacked(spec.combination, answers, None if link is None else link.bounded)


def _stacked(
    stack: Stack, answers: Sequence[Sums], bounded: Callable[[Array], Array] | None
) -> Sums:
    # Of two classes the second says it all.
    columns = [
        each.pick([1]) if bounded is None and len(each.base) == 2 else each for each in answers
    ]
    scores = joined(columns).through(held).linear(np.array(stack.weights).T)
    return meaning_of(scores.plus(np.array(stack.bias)), stack.head, bounded)


def _bounded_log(share: Array) -> Array:
    return np.asarray(np.log(np.maximum(share, FLOOR)))
