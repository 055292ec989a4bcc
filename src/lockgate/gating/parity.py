"""How far the served form is from the fitted pipeline."""

from typing import Any

import numpy as np

from lockgate.artifact.bundle import Bundle
from lockgate.artifact.golden import golden_rows, relative_difference
from lockgate.artifact.manifest import RegressionEntry
from lockgate.artifact.pipelines import pipeline_answers
from lockgate.features import Feature, compute
from lockgate.learning.calibration import apply_temperature
from lockgate.tables import Columns

HARD_ROWS_FROM = 32


def parity(bundle: Bundle, pipeline: Any, test: Columns) -> tuple[float, int]:
    """Compare served form and pipeline on the test part and on rows made hard.

    Parameters
    ----------
    bundle : Bundle
        Its primary model is asked.
    pipeline : sklearn.pipeline.Pipeline
        The fitted pipeline of the same bundle.
    test : Columns
        The contract's columns, each of shape (rows,).

    Returns
    -------
    difference : float
        The largest, as `lockgate.artifact.golden.relative_difference` measures it; infinite
        where the served form has no finite answer.
    rows : int
        How many rows were compared.
    """
    rows = _with_hard_rows(test, bundle.features)
    features = compute(bundle.features, rows)
    answer = bundle.primary.answer(features)
    expected = pipeline_answers(pipeline, features, len(bundle.schema.classes))
    entry = bundle.manifest.primary.answer
    if isinstance(entry, RegressionEntry):
        expected, actual = entry.link.bounded(expected), answer["value"]
    else:
        expected, actual = apply_temperature(expected, entry.beta), answer["probabilities"]
    return relative_difference(expected, actual), len(expected)


def _with_hard_rows(test: Columns, features: tuple[Feature, ...]) -> Columns:
    rows = len(next(iter(test.values())))
    chosen = np.unique(np.linspace(0, rows - 1, HARD_ROWS_FROM).astype(int))
    hard = [
        golden_rows({name: values[[row]] for name, values in test.items()}, features)
        for row in chosen
    ]
    return {name: np.concatenate([test[name], *(rows[name] for rows in hard)]) for name in hard[0]}
