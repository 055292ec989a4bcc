"""Features that give the target away: refused before they flatter a model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lockgate.errors import LeakError
from lockgate.features.exact import FEWEST_ROWS, exact_functions, varied
from lockgate.features.feature import Array
from lockgate.params import LeakParams
from lockgate.tables import Columns

_FEW_VALUES = 20


@dataclass(frozen=True)
class Leak:
    """What makes a feature suspect.

    Attributes
    ----------
    feature : str
        Its name.
    score : float
        How well it alone orders the target: 0 not at all, 1 perfectly.
    evidence : str
        The finding, as a person would say it.
    """

    feature: str
    score: float
    evidence: str


def guard(
    features: Columns, target: Array, classes: Sequence[str], limits: LeakParams
) -> tuple[Leak, ...]:
    """Refuse features that say the target, and report those that nearly do.

    Refused at once are a number that is the target or an exact linear function of it, and two
    numbers whose sum, difference, product or quotient is the target. For the rest,
    ``limits.refuse`` and ``limits.warn`` bound a score. Regression: Spearman's |rank
    correlation|. Classification: |2 AUC - 1|, the rank-biserial correlation (Cureton 1956) of the
    feature with a pair of classes, for the pair that it tells apart worst, so that a feature that
    knows one class of three by heart is no leak. A category, and a number with few values, is
    scored as the target's mean per level, learned on every other row and judged on the rows
    between, so that a level of one row proves nothing. Whether a value is missing is scored too.
    A feature with fewer than 30 values is not judged.

    Parameters
    ----------
    features : Columns
        The features of training rows, each of shape (rows,).
    target : array, shape (rows,)
        The number, or the index of the class.
    classes : sequence of str
        Empty for regression.
    limits : LeakParams
        Scores from which on a feature is refused or reported.

    Returns
    -------
    tuple of Leak
        The reported ones, the worst first.

    Raises
    ------
    LeakError
        Naming each refused feature and the evidence.
    """
    refused, remarked = suspects(features, target, classes, limits)
    if refused:
        raise LeakError(
            "; ".join(f"'{leak.feature}' {leak.evidence}" for leak in refused),
            where="params.yaml, featurize.features",
            hint="a value that is known only together with the target is no feature: take it out "
            "of featurize.features or give its column the role ignore; if it is honest, raise "
            "featurize.leaks.refuse",
        )
    return remarked


def suspects(
    features: Columns, target: Array, classes: Sequence[str], limits: LeakParams
) -> tuple[tuple[Leak, ...], tuple[Leak, ...]]:
    """Return the leaks that `guard` refuses, and those that it reports, the worst first."""
    exact = [] if classes else list(exact_functions(features, target))
    leaks = [Leak(name, 1.0, evidence) for name, evidence in exact]
    known = {name for name, _ in exact}
    for name, values in features.items():
        score = max(_score(view, target, not classes) for view in _views(values))
        if score >= limits.warn and name not in known:
            leaks.append(Leak(name, score, _words(score, classes)))
    refused = [leak for leak in leaks if leak.score >= limits.refuse or leak.feature in known]
    remarked = sorted((k for k in leaks if k not in refused), key=lambda leak: -leak.score)
    return tuple(refused), tuple(remarked)


def _words(score: float, classes: Sequence[str]) -> str:
    if classes:
        return f"tells the classes apart almost alone (|2 AUC - 1| = {score:.4f})"
    return f"has a rank correlation of {score:.4f} with the target"


def _views(values: Array) -> Iterator[Array]:
    """Yield the feature as a number, as a category, and as present or missing."""
    yield values
    if values.dtype.kind == "O":
        return
    gaps = np.isnan(values)
    if len(np.unique(values[~gaps])) <= _FEW_VALUES:
        yield values.astype(str).astype(object)
    elif gaps.any():
        yield gaps.astype(np.float64)


def _score(view: Array, target: Array, regression: bool) -> float:
    if regression:
        return _rank_correlation(*_as_numbers(view, target))
    labels = np.unique(target)
    if view.dtype.kind == "O":
        told = [_separation(*_as_numbers(view, target == label)) for label in labels]
    else:
        told = [
            _separation(*_as_numbers(view[pair], target[pair] == labels[i]))
            for i, j in combinations(range(len(labels)), 2)
            for pair in [np.isin(target, labels[[i, j]])]
        ]
    return min(told, default=0.0)


def _as_numbers(view: Array, wanted: Array) -> tuple[Array, Array]:
    """Return numbers that stand for the feature, and `wanted` at the rows that have one."""
    if view.dtype.kind == "O":
        return _mean_of_level(view, wanted)
    there = ~np.isnan(view)
    return view[there], wanted[there]


def _mean_of_level(levels: Array, wanted: Array) -> tuple[Array, Array]:
    from pandas import factorize

    codes, names = factorize(levels)
    learned, judged = slice(0, None, 2), slice(1, None, 2)
    rows = np.bincount(codes[learned], minlength=len(names))
    sums = np.bincount(codes[learned], weights=wanted[learned], minlength=len(names))
    with np.errstate(invalid="ignore"):
        means = (sums / rows)[codes[judged]]
    there = ~np.isnan(means)
    return means[there], wanted[judged][there]


def _rank_correlation(x: Array, y: Array) -> float:
    if not varied(x, y):
        return 0.0
    return float(abs(np.corrcoef(_ranks(x), _ranks(y))[0, 1]))


def _separation(x: Array, positive: Array) -> float:
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if len(x) < FEWEST_ROWS or not positives or not negatives:
        return 0.0
    surplus = _ranks(x)[positive].sum() - positives * (positives + 1) / 2
    return float(abs(2 * surplus / (positives * negatives) - 1))


def _ranks(x: Array) -> Array:
    from pandas import Series

    return Series(x).rank().to_numpy()
