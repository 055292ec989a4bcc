"""A form together with its link, interval or calibration: features in, answers out."""

from dataclasses import dataclass

import numpy as np

from lockgate.artifact.manifest import ModelEntry, RegressionEntry
from lockgate.artifact.runtime import Form
from lockgate.features.feature import Array
from lockgate.features.inputs import Alone, Features
from lockgate.learning.calibration import apply_temperature
from lockgate.learning.intervals import Interval
from lockgate.learning.links import Link
from lockgate.learning.sets import members
from lockgate.tables import Columns

# The largest of floats may become infinities on the way to an answer. Trees compare them,
# networks cut them off, and a link clips them, so that `answer` warns of none.


@dataclass(frozen=True)
class Regressor:
    """A model of a number."""

    form: Form
    interval: Interval

    @np.errstate(over="ignore")
    def answer(self, features: Features) -> Columns:
        """Return ``value``, ``lower`` and ``upper``, each of shape (rows,)."""
        lower, value, upper = self.interval(self.form(features))
        return {"value": value, "lower": lower, "upper": upper}

    def one(self, features: Alone) -> tuple[float, float, float]:
        """Return value, lower and upper of a single row."""
        lower, value, upper = self.interval.one(self.form(features).item())
        return value, lower, upper


@dataclass(frozen=True)
class Classifier:
    """A model of a class.

    Attributes
    ----------
    seen : tuple of int
        Which of the `classes` classes the form knows.
    thresholds : array of float, shape (classes,)
        As of `lockgate.learning.sets.members`.
    """

    form: Form
    beta: float
    seen: tuple[int, ...]
    classes: int
    thresholds: Array

    @np.errstate(over="ignore")
    def answer(self, features: Features) -> Columns:
        """Return ``probabilities`` and ``prediction_set``, each of shape (rows, classes).

        The probabilities are calibrated, and those of a row sum to 1; the set says which classes
        are in it.
        """
        known = self.form(features)
        if len(self.seen) < self.classes:
            shares = np.zeros((len(known), self.classes))
            shares[:, self.seen] = known
            known = shares
        probabilities = apply_temperature(known, self.beta)
        held = members(probabilities, self.thresholds)
        return {"probabilities": probabilities, "prediction_set": held}


Served = Regressor | Classifier


def served(form: Form, entry: ModelEntry, classes: int) -> Served:
    """Put a form together with what the manifest says of it and of the number of classes."""
    if isinstance(entry.answer, RegressionEntry):
        link = entry.answer.link
        if entry.members:
            form = _on_scale(form, link)
        return Regressor(form, Interval(entry.answer.half_width, link))
    answer = entry.answer
    return Classifier(form, answer.beta, answer.seen, classes, np.array(answer.thresholds))


def _on_scale(form: Form, link: Link) -> Form:
    """Return a form whose answers, in the target's unit, are put on the scale of the interval."""
    return lambda features: link.forward(link.bounded(form(features)))
