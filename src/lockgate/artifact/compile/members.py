"""What the members of a fitted ensemble are, and what they weigh."""

import inspect
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import accumulate
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)

from lockgate.artifact.manifest import MemberEntry
from lockgate.learning.links import Link
from lockgate.strict import tuples

VOTES = (VotingRegressor, VotingClassifier)
STACKS = (StackingRegressor, StackingClassifier)
# Arguments that `lockgate.learning.estimators.build` gives, not a person.
GIVEN = {"categorical_features", "random_state"}
PLAIN = (bool, int, float, str, list, tuple, type(None))


def is_ensemble(model: Any) -> bool:
    """Tell whether a fitted model is an ensemble of pipelines; by exact class."""
    return type(model) in (*VOTES, *STACKS)


def members_of(ensemble: Any) -> list[tuple[str, Any]]:
    """Return the fitted members of an ensemble with their names."""
    names = [name for name, estimator in ensemble.estimators if estimator != "drop"]
    return list(zip(names, ensemble.estimators_, strict=True))


def weights_of(ensemble: Any) -> tuple[float, ...]:
    """Return the weight of each member of a vote; they sum to 1."""
    weights = np.ones(len(ensemble.estimators))
    if ensemble.weights is not None:
        weights = np.asarray(ensemble.weights, dtype=np.float64)
    kept = weights[[estimator != "drop" for _, estimator in ensemble.estimators]]
    return tuple((kept / kept.sum()).tolist())


def member_entries(model: Any) -> tuple[MemberEntry, ...]:
    """Describe the members of a fitted ensemble; a pipeline has none."""
    if not is_ensemble(model):
        return ()
    return tuple(
        _entry(name, pipeline["model"], weight)
        for (name, pipeline), weight in zip(members_of(model), _shown_weights(model), strict=True)
    )


def libraries_of(model: Any) -> list[str]:
    """Return the packages other than scikit-learn that estimators of a fitted model come from."""
    pipelines = [each for _, each in members_of(model)] if is_ensemble(model) else [model]
    homes = {type(_inner(each["model"])).__module__.partition(".")[0] for each in pipelines}
    packages = packages_distributions()
    return sorted({packages[home][0] for home in homes - {"sklearn"} if home in packages})


def _shown_weights(ensemble: Any) -> list[float | None]:
    if type(ensemble) in VOTES:
        return list(weights_of(ensemble))
    weights = np.ravel(getattr(ensemble.final_estimator_, "coef_", ()))
    if is_classifier(ensemble) or len(weights) != len(ensemble.estimators_):
        return [None] * len(ensemble.estimators_)
    return [float(weight) for weight in weights]


def _entry(name: str, model: Any, weight: float | None) -> MemberEntry:
    estimator = _inner(model)
    link = getattr(getattr(model, "func", None), "__self__", None)
    return MemberEntry(
        name=name,
        estimator=_path(type(estimator)),
        params=dict(_arguments(estimator)),
        scale=link.kind if isinstance(link, Link) else None,
        weight=weight,
    )


def _inner(model: Any) -> Any:
    return getattr(model, "regressor_", model)


def _path(kind: type) -> str:
    """Return the shortest import path of a class, as people write it."""
    homes = accumulate(kind.__module__.split("."), "{}.{}".format)
    shown = (home for home in homes if getattr(sys.modules.get(home), kind.__name__, None) is kind)
    return f"{next(shown, kind.__module__)}.{kind.__name__}"


def _arguments(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Yield the plain arguments that are not the defaults."""
    defaults = inspect.signature(type(estimator)).parameters
    for name, value in sorted(estimator.get_params(deep=False).items()):
        default = defaults[name].default if name in defaults else None
        if name not in GIVEN and isinstance(value, PLAIN) and value != default:
            yield name, tuples(value)
