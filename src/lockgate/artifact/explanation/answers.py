"""From raw scores to answers: contributions in the target's unit, or to a probability."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lockgate.artifact.explanation.forms import Explain
from lockgate.artifact.explanation.sums import Sums, softmax, softmax_of
from lockgate.artifact.manifest import ModelEntry, RegressionEntry
from lockgate.artifact.runtime import expit
from lockgate.features.inputs import Features
from lockgate.learning.calibration import FLOOR
from lockgate.learning.links import Link

# Of two classes, what each has of the share of the second.
SECOND, REST = np.array([[-1.0, 1.0]]), np.array([1.0, 0.0])


def number_of(scores: Sums, head: str, link: Link) -> Sums:
    """Return the number that raw scores mean, in the target's unit."""
    if head == "exp":
        return scores.through(lambda score: link.inverse(np.exp(score)))
    return scores.through(link.inverse)


def shares_of(scores: Sums, head: str) -> Sums:
    """Return the probabilities of the classes that a form knows, before their calibration."""
    if head == "softmax":
        return softmax(scores)
    if head == "shares":
        return scores
    second = scores.through(expit) if head == "logistic" else scores
    return second.linear(SECOND).plus(REST)


@dataclass(frozen=True)
class Explainer:
    """Explains the answers of a model.

    Attributes
    ----------
    form : callable
        Explains its raw scores.
    head : str
        What they are: see `lockgate.artifact.spec.FormSpec`.
    entry : ModelEntry
        Its link, or its calibration.
    classes : int
        How many the schema has; 0 for regression.
    """

    form: Explain
    head: str
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
            classes. Nothing for regression.

        Returns
        -------
        list of Sums
            For each row those of one number: the prediction in the target's unit, or the
            calibrated probability.
        """
        answer = self.entry.answer
        scores = self.form(features)
        if isinstance(answer, RegressionEntry):
            return [number_of(each, self.head, answer.link) for each in scores]
        return [
            self._probability(each, place, answer.beta, answer.seen)
            for each, place in zip(scores, places, strict=True)
        ]

    def _probability(self, scores: Sums, place: int, beta: float, seen: Sequence[int]) -> Sums:
        known = shares_of(scores, self.head).linear(np.eye(self.classes)[list(seen)])
        logs = known.through(_bounded_log).linear(beta * np.eye(self.classes))
        return softmax_of(logs, place)


def _bounded_log(share: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(share, FLOOR)))
