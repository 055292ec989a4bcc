"""What features add to the answers on the test part: on the whole, and for one row."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lockgate.artifact import Bundle
from lockgate.artifact.explanation.sums import Sums
from lockgate.features.batches import select
from lockgate.features.feature import Array
from lockgate.tables import Columns

# A large forest takes a tenth of a second for each.
ROWS = 100


@dataclass(frozen=True)
class Weight:
    """How much a feature adds to answers, whichever way.

    Attributes
    ----------
    mean : float
        Of the absolute contributions.
    low, high : float
        Nine of ten rows have more, and one of ten, than these.
    """

    name: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Example:
    """One answer as a sum.

    Attributes
    ----------
    base, value : float
        What any row is expected at, and the answer.
    steps : list of (str, float)
        Features and what they add, the largest first; not those that add nothing.
    label : str or None
        The class whose probability it is.
    """

    base: float
    value: float
    steps: list[tuple[str, float]]
    label: str | None


@dataclass(frozen=True)
class Reasons:
    """What was explained.

    Attributes
    ----------
    rows : int
        How many rows.
    weights : list of Weight
        Of the features, the largest first.
    example : Example
        The answer in the middle.
    """

    rows: int
    weights: list[Weight]
    example: Example


def reasons(bundle: Bundle, features: Columns) -> Reasons | None:
    """Explain some rows, evenly chosen; None where the model cannot be explained.

    Of two classes the second is explained, of several the likeliest of each row.
    """
    if not bundle.explainers.there:
        return None
    count = len(next(iter(features.values())))
    few = select(features, np.unique(np.linspace(0, count - 1, ROWS).round().astype(np.int64)))
    places = _places(bundle, bundle.primary.answer(few))
    sums = bundle.explainers.primary(few, places)
    sizes = np.abs([each.added[:, 0] for each in sums])
    weights = [_weight(name, each) for name, each in zip(features, sizes.T, strict=True)]
    middle = int(np.argsort([each.value.item() for each in sums], kind="stable")[len(sums) // 2])
    classes = bundle.manifest.classes
    label = classes[places[middle]] if classes else None
    return Reasons(len(sums), sorted(weights, key=_by_size), _example(few, sums[middle], label))


def _places(bundle: Bundle, answer: Columns) -> list[int]:
    if "value" in answer:
        return [0] * len(answer["value"])
    if bundle.manifest.task == "binary":
        return [1] * len(answer["probabilities"])
    places: list[int] = answer["probabilities"].argmax(axis=1).tolist()
    return places


def _example(names: Iterable[str], sums: Sums, label: str | None) -> Example:
    steps = [step for step in zip(names, sums.added[:, 0].tolist(), strict=True) if step[1]]
    steps.sort(key=lambda step: -abs(step[1]))
    return Example(sums.base.item(), sums.value.item(), steps, label)


def _weight(name: str, sizes: Array) -> Weight:
    low, high = np.quantile(sizes, [0.1, 0.9])
    return Weight(name, float(sizes.mean()), float(low), float(high))


def _by_size(weight: Weight) -> tuple[float, str]:
    return -weight.mean, weight.name
