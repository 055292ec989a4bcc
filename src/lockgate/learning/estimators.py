"""From an entry of ``train.models`` to an unfitted scikit-learn pipeline."""

import inspect
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lockgate.errors import TrainingError, did_you_mean
from lockgate.features import Feature
from lockgate.learning.encodings import names_of_kind, preprocess
from lockgate.learning.links import Link
from lockgate.params import LevelParams, ModelParams

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

ENTRIES = "params.yaml, train.models"
FULL_PATH = "give the full import path of an estimator, such as sklearn.linear_model.Ridge"


def build(
    entry: ModelParams,
    features: Sequence[Feature],
    *,
    link: Link | None,
    levels: LevelParams,
    seed: int,
) -> "Pipeline":
    """Build the pipeline: step ``preprocess``, then step ``model``.

    The input is a DataFrame with one column a feature: float64 with NaN, object with str.
    ``preprocess`` is what `lockgate.learning.encodings.preprocess` makes of the entry's encoding.
    For regression, ``model`` is a TransformedTargetRegressor that learns on the link's scale.

    Parameters
    ----------
    entry : ModelParams
        Import path, encoding and arguments.
    features : sequence of Feature
        The inputs.
    link : Link or None
        The target's scale for the entry's regressor; None for its classifier.
    levels : LevelParams
        How many levels a category may have, and which are rare.
    seed : int
        Given as ``random_state`` to an estimator that takes one, and to the encoding.

    Raises
    ------
    TrainingError
        When the class cannot be imported or refuses an argument.
    """
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.pipeline import Pipeline

    model = _estimator(entry, features, link, seed)
    if link is not None:
        model = TransformedTargetRegressor(
            model, func=link.forward, inverse_func=link.inverse, check_inverse=False
        )
    encoder = preprocess(entry.encoding, features, classes=link is None, levels=levels, seed=seed)
    return Pipeline([("preprocess", encoder), ("model", model)])


def import_estimator(path: str) -> Any:
    """Import the class of an estimator.

    Raises
    ------
    TrainingError
        When there is no such class, or it cannot be loaded.
    """
    module_name, _, name = path.rpartition(".")
    try:
        module = import_module(module_name)
    except Exception as problem:
        raise _not_importable(path, problem) from problem
    if not hasattr(module, name):
        raise TrainingError(
            f"{module_name} has no class '{name}'{did_you_mean(name, dir(module))}", where=ENTRIES
        )
    found = getattr(module, name)
    if not (inspect.isclass(found) and hasattr(found, "fit") and hasattr(found, "predict")):
        raise TrainingError(
            f"'{path}' is no estimator: it is no class with fit and predict",
            where=ENTRIES,
            hint=FULL_PATH,
        )
    return found


def _estimator(
    entry: ModelParams, features: Sequence[Feature], link: Link | None, seed: int
) -> Any:
    kind = "classifier" if link is None else "regressor"
    path = entry.classifier if link is None else entry.regressor
    if path is None:
        raise TrainingError(
            f"the target asks for a {kind}, and the entry names none",
            where=ENTRIES,
            hint=f"add {kind}: and its import path, or choose another entry in train.model",
        )
    estimator = import_estimator(path)
    accepted = inspect.signature(estimator).parameters
    _check_arguments(path, entry.params, accepted)
    offered: dict[str, Any] = {"random_state": seed}
    if entry.encoding == "native":
        numbers = len(names_of_kind(features, "number"))
        categories = len(names_of_kind(features, "category"))
        offered["categorical_features"] = list(range(numbers, numbers + categories))
    injected = {name: value for name, value in offered.items() if name in accepted}
    try:
        return estimator(**{**injected, **entry.params})
    except (TypeError, ValueError) as problem:
        raise TrainingError(f"{path} refuses its arguments: {problem}", where=ENTRIES) from problem


def _not_importable(path: str, problem: Exception) -> TrainingError:
    package = path.partition(".")[0]
    if isinstance(problem, ModuleNotFoundError) and problem.name == package:
        return TrainingError(
            f"'{path}': no package '{package}' is installed{did_you_mean(package, ['sklearn'])}",
            where=ENTRIES,
            hint=f"to try it: .venv/bin/pip install {package}; to keep it: name it under extras "
            "in pyproject.toml, then make lock && scripts/setup extras",
        )
    reason = f"{type(problem).__name__}: {problem}"
    # LightGBM's wheel leaves the runtime of OpenMP to the system.
    hint = "sudo apt-get install libgomp1" if "libgomp" in reason else FULL_PATH
    return TrainingError(f"'{path}' cannot be imported: {reason}", where=ENTRIES, hint=hint)


def _check_arguments(path: str, given: dict[str, Any], accepted: Any) -> None:
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in accepted.values()):
        return
    for name in given:
        if name not in accepted:
            raise TrainingError(
                f"{path} takes no argument '{name}'{did_you_mean(name, accepted)}",
                where=ENTRIES,
            )
