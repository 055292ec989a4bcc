"""Fitting a scikit-learn pipeline and asking it, with errors that a user understands."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lockgate.errors import LockgateError, TrainingError
from lockgate.features import Feature
from lockgate.learning.estimators import ENTRIES
from lockgate.tables import Columns

if TYPE_CHECKING:
    from pandas import DataFrame

Array = npt.NDArray[Any]


def frame(columns: Columns, features: Sequence[Feature]) -> "DataFrame":
    """Return the features as a pipeline takes them: a DataFrame, one column each, in order."""
    from pandas import DataFrame

    return DataFrame({feature.name: columns[feature.name] for feature in features})


def fitted(pipeline: Any, inputs: "DataFrame", y: Array) -> Any:
    """Return a copy of a pipeline, fitted.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline, or an ensemble of such
        As `lockgate.learning.estimators.build` makes it; stays as it is.
    inputs : DataFrame
        As `frame` makes it.
    y : array, shape (rows,)
        As `lockgate.features.target.target_values` returns it.

    Raises
    ------
    TrainingError
        When the estimator refuses its arguments or the rows.
    """
    from sklearn.base import clone

    with complaints(pipeline, "cannot be fitted"):
        return clone(pipeline).fit(inputs, y)


def predicted(pipeline: Any, inputs: "DataFrame", classes: int) -> Array:
    """Return what a fitted pipeline says of each row.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline, or an ensemble of such
        As `fitted` returns it.
    inputs : DataFrame
        As `frame` makes it.
    classes : int
        How many classes the schema has; 0 for regression.

    Returns
    -------
    array of float
        Numbers, of shape (rows,), or probabilities, of shape (rows, classes), where a class
        that the pipeline has not seen has none.

    Raises
    ------
    TrainingError
        When the estimator gives no probabilities, or something that is not a finite number.
    ValueError
        From scikit-learn, when it cannot take the rows.
    """
    if classes and not hasattr(pipeline, "predict_proba"):
        raise TrainingError(
            f"{_name(pipeline)} gives no probabilities",
            where=ENTRIES,
            hint="choose a classifier with predict_proba",
        )
    if classes:
        answers = np.zeros((len(inputs), classes))
        answers[:, pipeline.classes_] = pipeline.predict_proba(inputs)
    else:
        answers = np.asarray(pipeline.predict(inputs), dtype=np.float64)
    if not np.isfinite(answers).all():
        raise TrainingError(
            f"{_name(pipeline)} predicts values that are not finite numbers", where=ENTRIES
        )
    return answers


@contextmanager
def complaints(pipeline: Any, what: str) -> Iterator[None]:
    """Turn what an estimator says of its arguments or the rows into a `TrainingError`."""
    try:
        yield
    except LockgateError:
        raise
    except Exception as problem:
        # scikit-learn goes on to recommend other estimators, line after line.
        reason = str(problem).partition("\n")[0]
        raise TrainingError(
            f"{_name(pipeline)} {what}: {type(problem).__name__}: {reason}",
            where=ENTRIES,
            hint="mend its params, or choose another entry in train.model; encoding: onehot if "
            "it takes no missing values",
        ) from problem


def _name(pipeline: Any) -> str:
    if not hasattr(pipeline, "named_steps"):
        return type(pipeline).__name__
    model = pipeline["model"]
    return type(getattr(model, "regressor", model)).__name__
