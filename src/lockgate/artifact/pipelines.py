"""The fitted pipeline itself: for analysis, and for estimators that have no compiled form.

Unpickling runs code, so the bytes are compared with the manifest's hash first. Nothing on the
way of a compiled form comes here.
"""

import io
from copy import copy
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from lockgate.artifact.parts import PIPELINE, Parts, open_parts
from lockgate.artifact.runtime import Form, Scores
from lockgate.errors import BundleError
from lockgate.features.inputs import Features, columns_of
from lockgate.learning.pipelines import predicted
from lockgate.tables import Columns

# What runs compiled forms; a pickle holds nothing of theirs that depends on the version.
COMPILED_LIBRARIES = {"numpy", "onnxruntime"}
_LARGEST = float(np.finfo(np.float32).max)


def load_pipeline(directory: str | Path) -> Any:
    """Return the primary model's fitted scikit-learn pipeline.

    Raises
    ------
    BundleError
        When the bundle is damaged, or was trained with another version of a library.
    """
    return unpickled(open_parts(Path(directory)))


def unpickled(parts: Parts) -> Any:
    """Return the pipeline of a verified bundle; errors as of `load_pipeline`."""
    for name, trained in sorted(parts.manifest.libraries.items()):
        if name not in COMPILED_LIBRARIES and trained != _installed(name):
            raise BundleError(
                f"the pipeline was fitted with {name} {trained}, and {_installed(name)} is "
                "installed",
                where=str(parts.directory),
                hint=f"pip install {name}=={trained}, or train again",
            )
    import joblib

    return joblib.load(io.BytesIO(parts.read(PIPELINE)))


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def pickled(pipeline: Any) -> bytes:
    """Return the pipeline as joblib bytes, compressed: a forest to a third of its size."""
    import joblib

    buffer = io.BytesIO()
    # Of bzip2 there is one implementation, which gives the same bytes everywhere.
    joblib.dump(pipeline, buffer, compress=("bz2", 1))
    return buffer.getvalue()


def pipeline_form(model: Any) -> Form:
    """Return a form that asks the fitted pipeline, or ensemble of pipelines, itself.

    As every form does, it answers on the scale of the link, and an ensemble in the target's
    unit. It raises FloatingPointError where the answer is no finite number, and whatever the
    estimator raises.
    """
    asked = _held_ensemble(model) if hasattr(model, "estimators_") else _Held(model)
    ask = asked.predict_proba if hasattr(model, "predict_proba") else asked.predict

    def run(features: Features) -> Scores:
        with np.errstate(over="ignore", invalid="ignore"):
            scores = np.asarray(ask(_frame(columns_of(features))), dtype=float)
        if not np.isfinite(scores).all():
            raise FloatingPointError("the estimator's answer is no finite number")
        return scores

    return run


class _Held:
    """A pipeline without its way back to the target's unit, unless told otherwise.

    scikit-learn refuses infinities, and its trees all that a float32 cannot hold: its model is
    asked nothing that is larger.
    """

    def __init__(self, pipeline: Any, *, unit: bool = False) -> None:
        self._transform = pipeline["preprocess"].transform
        model = pipeline["model"]
        self._model = model if unit else getattr(model, "regressor_", model)

    def predict(self, frame: Any) -> Any:
        return self._model.predict(self._matrix(frame))

    def predict_proba(self, frame: Any) -> Any:
        return self._model.predict_proba(self._matrix(frame))

    def _matrix(self, frame: Any) -> Any:
        return np.clip(self._transform(frame), -_LARGEST, _LARGEST)


def _held_ensemble(ensemble: Any) -> Any:
    held = copy(ensemble)
    held.estimators_ = [_Held(pipeline, unit=True) for pipeline in ensemble.estimators_]
    return held


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
