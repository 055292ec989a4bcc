"""Why a prediction is what it is: what each feature adds to what is expected of any row."""

from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

import numpy as np

from lockgate.artifact import Bundle
from lockgate.artifact.explanation.sums import Sums
from lockgate.errors import RequestError, did_you_mean
from lockgate.features.inputs import Inputs
from lockgate.predict.answers import Lineage


class Explanation(NamedTuple):
    """A prediction as a sum: ``base + sum(contributions.values()) == value``, up to rounding.

    Attributes
    ----------
    value : float
        The predicted number, in the target's unit; or the probability of `label`.
    base : float
        What the model expects of a row that it knows nothing of.
    contributions : dict of str to float
        What each feature adds to it, in the same unit, in the order of the features.
    inputs : dict of str to float, str or None
        The features' values; None where there is none.
    label : str or None
        The class that is explained; None where a number is predicted.
    """

    value: float
    base: float
    contributions: dict[str, float]
    inputs: dict[str, float | str | None]
    label: str | None
    lineage: Lineage

    def largest(self) -> list[str]:
        """Return the features by the size of what they add, the largest first."""
        return sorted(self.contributions, key=lambda name: -abs(self.contributions[name]))


def explanations(
    bundle: Bundle, features: Inputs, *, baseline: bool = False, label: str | None = None
) -> list[Explanation]:
    """Explain what a bundle predicts of some rows.

    Parameters
    ----------
    bundle : Bundle
    features : Inputs
        Of the rows.
    baseline : bool
        Explain the bundle's baseline.
    label : str, optional
        The class whose probability is explained; by default each row's likeliest.

    Raises
    ------
    RequestError
        When there is no such class.
    BundleError
        When the model cannot be explained.
    """
    place = None if label is None else _place(bundle, label)
    explain = bundle.explainers.baseline if baseline else bundle.explainers.primary
    answers = (bundle.baseline if baseline else bundle.primary).answer(features)
    if "value" in answers:
        values, places = answers["value"], np.zeros(features.rows, dtype=np.intp)
    else:
        shares = answers["probabilities"]
        places = shares.argmax(axis=1) if place is None else np.full(len(shares), place)
        values = shares[np.arange(len(shares)), places]
    classes = bundle.manifest.classes
    labels = [classes[each] if classes else None for each in places.tolist()]
    sums = explain(features, places.tolist())
    lineage = Lineage(bundle.hash, bundle.manifest.data_hash)
    names = [each.name for each in bundle.manifest.features]
    return [
        Explanation(value, sum_.base.item(), _added(names, sum_), inputs, chosen, lineage)
        for value, sum_, inputs, chosen in zip(
            values.tolist(), sums, _inputs(names, features), labels, strict=True
        )
    ]


def _place(bundle: Bundle, label: str) -> int:
    classes = bundle.manifest.classes
    if not classes:
        raise RequestError(f"no class is predicted, but the number {bundle.manifest.target}")
    if label not in classes:
        raise RequestError(
            f"'{label}' is no class of {bundle.manifest.target}{did_you_mean(label, classes)}",
            hint=f"the classes are {', '.join(classes)}",
        )
    return classes.index(label)


def _added(names: Sequence[str], sums: Sums) -> dict[str, float]:
    # Plus zero, so that nothing is ever minus zero.
    return dict(zip(names, (sums.added[:, 0] + 0.0).tolist(), strict=True))


def _inputs(names: Sequence[str], features: Inputs) -> list[dict[str, float | str | None]]:
    columns = [[_known(each) for each in features.columns()[name].tolist()] for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _known(value: float | str) -> float | str | None:
    missing = isnan(value) if isinstance(value, float) else not value
    return None if missing else value
