"""Fitted scikit-learn objects to served forms; the only place that looks inside estimators."""

from typing import Any

from lockgate.artifact.compile.ensembles import compile_ensemble
from lockgate.artifact.compile.estimators import compile_pipeline
from lockgate.artifact.compile.members import is_ensemble
from lockgate.artifact.compile.unsupported import Unsupported
from lockgate.artifact.ensemble import CompiledEnsemble
from lockgate.artifact.spec import Compiled

__all__ = ["Compiled", "CompiledEnsemble", "compile_form"]


def compile_form(model: Any) -> Compiled | CompiledEnsemble | None:
    """Compile a fitted pipeline, or an ensemble of such pipelines.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline, or a voting or stacking ensemble
        Fitted. A pipeline has the steps ``preprocess`` (a ColumnTransformer) and ``model``. A
        TransformedTargetRegressor is compiled without its target transform, which the bundle
        keeps as a link.

    Returns
    -------
    Compiled, CompiledEnsemble or None
        None when the class of an estimator, or an option that it was fitted with, has no
        compiled form.
    """
    try:
        return compile_ensemble(model) if is_ensemble(model) else compile_pipeline(model)
    except Unsupported:
        return None
