"""The fitted pipeline itself: for analysis, and for estimators that have no compiled form.

Unpickling runs code, so the bytes are compared with the manifest's hash first. Nothing on the
way of a compiled form comes here.
"""

import io
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from lockgate.artifact.parts import PIPELINE, Parts, open_parts
from lockgate.artifact.runtime import Form, Scores
from lockgate.errors import BundleError
from lockgate.features.inputs import Features, columns_of
from lockgate.learning.pipelines import predicted
from lockgate.tables import Columns

_LARGEST = float(np.finfo(np.float32).max)


def load_pipeline(directory: str | Path) -> Any:
    """Return the primary model's fitted scikit-learn pipeline.

    Raises
    ------
    BundleError
        When the bundle is damaged, or was trained with another scikit-learn.
    """
    return unpickled(open_parts(Path(directory)))


def unpickled(parts: Parts) -> Any:
    """Return the pipeline of a verified bundle; errors as of `load_pipeline`."""
    trained, installed = parts.manifest.libraries["scikit-learn"], version("scikit-learn")
    if trained != installed:
        raise BundleError(
            f"the pipeline was fitted with scikit-learn {trained}, and {installed} is installed",
            where=str(parts.directory),
            hint=f"pip install scikit-learn=={trained}, or train again",
        )
    import joblib

    return joblib.load(io.BytesIO(parts.read(PIPELINE)))


def pickled(pipeline: Any) -> bytes:
    """Return the pipeline as joblib bytes."""
    import joblib

    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    return buffer.getvalue()


def pipeline_form(pipeline: Any) -> Form:
    """Return a form that asks the pipeline, on the scale of the link as every form does.

    It raises FloatingPointError where the estimator's answer is no finite number, and whatever
    the estimator raises.
    """
    model = pipeline["model"]
    model = getattr(model, "regressor_", model)
    ask = getattr(model, "predict_proba", model.predict)

    def run(features: Features) -> Scores:
        with np.errstate(over="ignore", invalid="ignore"):
            matrix = pipeline["preprocess"].transform(_frame(columns_of(features)))
            # scikit-learn refuses infinities, and its trees all that a float32 cannot hold.
            scores = np.asarray(ask(np.clip(matrix, -_LARGEST, _LARGEST)), dtype=float)
        if not np.isfinite(scores).all():
            raise FloatingPointError("the estimator's answer is no finite number")
        return scores

    return run


def pipeline_answers(pipeline: Any, features: Columns, classes: int) -> Scores:
    """Return what scikit-learn itself predicts.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Fitted on a DataFrame of features.
    features : Columns
        As `lockgate.features.compute` returns them, each of shape (rows,).
    classes : int
        How many classes the schema has; 0 for regression.

    Returns
    -------
    array of float
        Numbers of shape (rows,), or uncalibrated probabilities of shape (rows, classes).

    Raises
    ------
    TrainingError
        When the pipeline has no finite answer, or no probabilities.
    """
    return predicted(pipeline, _frame(features), classes)


def _frame(features: Columns) -> Any:
    import pandas as pd

    return pd.DataFrame(features)
